// What the hub's broker will not take waits for a person, who reads it, sends it once more or gives it up; what is grave goes by itself when the cause is gone.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTestCertificates } from '../peers/certificates.ts';
import { eventually, freePort, openGateway } from '../peers/gateway.ts';
import { openHub } from '../peers/hub.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
import { fallMessage, fallRadar, fallToken } from './site.ts';

interface Letters {
  readonly letters: readonly { id: number; class: string; code: number; about: string; entryId: string }[];
}

it('a refused alarm is read, retried and dropped by name', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-acl-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const rights = join(folder, 'acl');
  await writeFile(rights, 'topic readwrite #\ntopic deny bongsu/v1/52710/gw-1/alarm/#\n', { mode: 0o644 });
  const certificates = stack.use(await openTestCertificates());
  const broker = stack.use(await openMosquitto({ certificates, config: [`acl_file ${rights}`] }));
  const hub = stack.use(await openHub(broker.url));
  const port = await freePort();
  const { ca, client } = certificates;
  const gateway = stack.use(
    await openGateway(async (place) => ({
      uplink: { url: broker.tlsUrl, tls: { ca, cert: client.cert, key: client.key }, retryMin: '100ms', retryMax: '1s' },
      sensors: { webhook: await fallRadar(place, port) },
    })),
  );
  const push = async (id: string, status: 'fall confirmed' | 'fall exit'): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}/webhook/radar`, {
      method: 'POST',
      body: fallMessage(id, status),
      headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
    });
    expect(response.status).toBe(200);
  };
  const dead = async (count: number): Promise<Letters['letters']> =>
    eventually(`${count} dead letters`, async () => {
      const { letters } = (await gateway.query('outbox', 'dead', 'list')) as Letters;
      return letters.length === count ? letters : undefined;
    });

  await push('one', 'fall confirmed');
  await push('two', 'fall exit');
  const [raised, cleared] = await dead(2);
  expect(raised).toMatchObject({ class: 'alarm', code: 0x87, about: expect.stringMatching(/^fall fall-1\//) });
  expect(await gateway.cli(['status'])).toContain('2 refused');
  const shown = (await gateway.query('outbox', 'dead', 'show', String(raised?.id))) as { value: { step: string } };
  expect(shown.value.step).toBe('raised');

  expect(await gateway.cli(['outbox', 'dead', 'drop', String(cleared?.id), '--reason', 'told by telephone'])).toContain('1 are given up');
  const gap = await hub.wait('the gap', ({ topic }) => topic.includes('/gap/'));
  expect(gap.body['data']).toMatchObject({ class: 'alarm', count: 1 });
  expect(await gateway.cli(['outbox', 'dead', 'show', String(cleared?.id)], { status: 1 })).toContain('no such dead letter');

  // Too early: it is refused again.
  expect(await gateway.query('outbox', 'dead', 'retry', String(raised?.id))).toEqual({ count: 1 });
  const [again] = await dead(1);
  expect(again).toMatchObject({ entryId: raised?.entryId, code: 0x87 });
  expect(again?.id).toBeGreaterThan(cleared?.id ?? 0);

  await broker.stop();
  await writeFile(rights, 'topic readwrite #\n');
  await broker.start();
  // Of its own accord: it is critical.
  const { body } = await hub.wait('the alarm', ({ topic }) => topic.endsWith('/alarm/fall/fall-1'));
  expect(body['id']).toBe(raised?.entryId);
  await dead(0);
  expect(JSON.stringify(await gateway.query('audit', 'verify'))).toContain('"valid":true');
});
