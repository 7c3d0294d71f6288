// kill -9 at random moments while a sender pushes alarms: whatever was answered reaches the hub, and nothing twice after its id.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually, freePort, openGateway } from '../peers/gateway.ts';
import { fallRadar, fallToken, openProvince } from './site.ts';

/** The shipped map, and the message's id in the facts that travel, so that the hub can tell the occurrences apart. */
const map = {
  id: 'id',
  detail: { message: 'id' },
  rules: [{ kind: 'fall', state: 'active', when: { path: 'payload.status', equals: ['fall confirmed'] } }],
};

const alarms = 2000;
const kills = 20;

/** Sends one message until it is answered 2xx, as a maker's cloud does. */
async function sendUntilAnswered(url: string, id: string): Promise<void> {
  const body = JSON.stringify({ id, type: 1, payload: { status: 'fall confirmed', timestamp: new Date().toISOString() } });
  for (;;) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(5000),
      });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // Nobody answered: the gateway is down or was killed before it could.
    }
    await sleep(50);
  }
}

it('loses no answered occurrence and gives none two names', { timeout: 300_000 }, async () => {
  await using province = await openProvince();
  const port = await freePort();
  await using gateway = await openGateway(async (folder) => ({
    uplink: province.uplink,
    sensors: { webhook: await fallRadar(folder, port, { map }) },
  }));
  const answered: string[] = [];
  let sent = 0;
  let killing = true;
  let rounds = 0;
  const sender = async (): Promise<void> => {
    while (sent < alarms) {
      const id = `fall-${sent++}`;
      await sendUntilAnswered(`http://127.0.0.1:${port}/webhook/radar`, id);
      answered.push(id);
      // The pushes last as long as the kills, so that each kill meets some under way.
      while (killing && answered.length > ((rounds + 1) * alarms) / kills) await sleep(5);
    }
  };
  const killer = async (): Promise<void> => {
    for (; rounds < kills; rounds += 1) {
      await eventually('some pushes between two kills', () => answered.length >= ((rounds + 0.5) * alarms) / kills || undefined, 60_000);
      await sleep(Math.random() * 100);
      await gateway.stop('SIGKILL');
      await gateway.start();
    }
    killing = false;
  };
  await Promise.all([killer(), ...Array.from({ length: 8 }, sender)]);
  expect(rounds).toBe(kills);
  expect(answered).toHaveLength(alarms);

  const occurrences = (): Map<unknown, Set<unknown>> => {
    const ids = new Map<unknown, Set<unknown>>();
    for (const alarm of province.hub.alarms({ device: 'fall-1' })) {
      const occurrence = (alarm['data'] as { detail: { message?: string } }).detail.message;
      ids.set(occurrence, (ids.get(occurrence) ?? new Set()).add(alarm['id']));
    }
    return ids;
  };
  await eventually(
    'an empty outbox',
    async () => {
      const { destinations } = (await gateway.query('outbox', 'status')) as { destinations: { pending: number }[] };
      return destinations.every(({ pending }) => pending === 0) ? true : undefined;
    },
    60_000,
  );
  const byOccurrence = occurrences();
  expect(answered.filter((id) => !byOccurrence.has(id))).toEqual([]);
  expect([...byOccurrence.values()].filter((ids) => ids.size !== 1)).toEqual([]);
});
