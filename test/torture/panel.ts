// The torture `panel`: a fire panel's serial adapter is pulled out in the middle of a line, again and again; each whole fire line must be at the hub, no half one.
import { setTimeout as sleep } from 'node:timers/promises';
import { openProvince } from '../flows/site.ts';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { openPtyPair, type PtyPair } from '../peers/pty.ts';
import type { Ordeal, TortureOptions } from './torture.ts';

const device = 'panel-1';
const defaultRounds = 100;
const grammar = {
  patterns: [
    { says: 'alarm', kind: 'fire-panel', channel: 'zone-{zone}', match: 'FIRE (?<zone>\\d+) (?<premises>.+)' },
    { says: 'reset', match: 'RESET' },
    { says: 'heartbeat', match: 'OK' },
  ],
};

/** Milliseconds of `lastHeardAt` of the panel. */
async function heardAt(gateway: GatewayPeer): Promise<number> {
  const { sensors } = (await gateway.query('sensor', 'list')) as { sensors: { lastHeardAt?: number }[] };
  return sensors[0]?.lastHeardAt ?? 0;
}

/** Speaks until the gateway hears it: the port is open on both sides. */
async function untilHeard(gateway: GatewayPeer, pty: PtyPair): Promise<void> {
  const before = await heardAt(gateway);
  await eventually('the panel is heard', async () => {
    await pty.say('OK\r\n');
    await sleep(50);
    return (await heardAt(gateway)) > before ? true : undefined;
  });
}

/** The torture `panel`; tells how long a fire line took to the hub, and what was lost or misread. */
export async function panelTorture({ rounds = defaultRounds, tell }: Pick<TortureOptions, 'rounds' | 'tell'>): Promise<Ordeal> {
  await using province = await openProvince();
  await using pty = await openPtyPair();
  await using gateway = await openGateway(() => ({
    uplink: province.uplink,
    sensors: { lines: [{ id: 'panel', via: 'serial', port: pty.a, device, grammar: 'own' }], grammars: { own: grammar } },
  }));
  const seen = (step: string): string[] =>
    province.hub.alarms({ device, unique: true }).flatMap(({ data }) => {
      const told = data as { step: string; channel: string };
      return told.step === step ? [told.channel] : [];
    });
  const tookMs: number[] = [];
  let lost = 0;
  for (let round = 1; round <= rounds; round += 1) {
    await untilHeard(gateway, pty);
    await pty.say(`OK\r\nFIRE ${round}`.slice(0, -(round % 3) || undefined));
    await sleep(10 * (round % 7));
    await pty.unplug();
    await sleep(40 * (round % 5));
    await pty.replug();
    await pty.say(`99 half ${round}\r\n`);
    await untilHeard(gateway, pty);
    const before = performance.now();
    await pty.say(`FIRE ${10_000 + round} floor ${round}\r\n`);
    const came = await eventually('the fire', () => seen('raised').includes(`zone-${10_000 + round}`) || undefined, 10_000).catch(
      () => false,
    );
    if (came) tookMs.push(performance.now() - before);
    else lost += 1;
    if (round % 10 === 0) tell(`${round} rounds`);
  }
  await pty.say('RESET\r\n');
  await eventually('the reset', () => seen('cleared').length >= rounds - lost || undefined, 30_000).catch(() => {});
  const zones = new Set(Array.from({ length: rounds }, (_, at) => `zone-${10_001 + at}`));
  const misread = seen('raised').filter((zone) => !zones.has(zone)).length;
  const standing = rounds - lost - seen('cleared').length;
  const slowestMs = Math.round(Math.max(...tookMs));
  const figures = {
    rounds,
    lost,
    misread,
    standing,
    slowestMs,
    medianMs: Math.round(tookMs.toSorted((a, b) => a - b)[tookMs.length >> 1] ?? -1),
  };
  return { figures, stood: lost === 0 && misread === 0 && standing === 0 && slowestMs <= 1000 };
}
