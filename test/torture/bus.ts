// The torture `bus`: the adapter of a Modbus bus is pulled out and put back, again and again; each alarm behind it must be at the hub once, and over.
import { setTimeout as sleep } from 'node:timers/promises';
import { openProvince } from '../flows/site.ts';
import { eventually, openGateway } from '../peers/gateway.ts';
import { openModbusServer } from '../peers/modbus.ts';
import { openPtyPair } from '../peers/pty.ts';
import type { Ordeal, TortureOptions } from './torture.ts';

const device = 'smoke-bus';
const defaultRounds = 100;
/** The port is looked for again after 1 to 5 s; what then goes wrong at once is tried again as late. */
const backWithinMs = 15_000;
/** Every tenth time it is away for so long that it must be said. */
const longMs = 6000;

/** The torture `bus`; tells how long an alarm took to the hub from the moment that the adapter was back, and what was lost or told twice. */
export async function busTorture({ rounds = defaultRounds, tell }: Pick<TortureOptions, 'rounds' | 'tell'>): Promise<Ordeal> {
  await using province = await openProvince();
  await using pty = await openPtyPair();
  const bus = {
    id: 'bus',
    driver: 'modbus-rtu',
    port: pty.a,
    baud: 115_200,
    parity: 'none',
    responseTimeout: '100ms',
    pollInterval: '100ms',
  };
  await using _ = await openGateway(() => ({
    uplink: province.uplink,
    sensors: { buses: [{ ...bus, units: [{ device, unit: 7, template: 'smoke-contact' }] }] },
  }));
  const count = (step: string): number =>
    province.hub.alarms({ device, unique: true }).filter(({ data }) => (data as { step: string }).step === step).length;
  const faults = (step: string): number =>
    new Set(
      province.hub.messages
        .filter(({ topic, body }) => topic.endsWith('/condition/bus-fault/gateway') && String(body['type']).includes(step))
        .map(({ body }) => body['id']),
    ).size;
  const tookMs: number[] = [];
  let [lost, raised, cleared] = [0, 0, 0];
  for (let round = 1; round <= rounds; round += 1) {
    const server = await openModbusServer({ rtu: pty.b }, [7]);
    await server.set(7, 'discrete', 0, 1);
    const before = performance.now();
    const came = await eventually('the alarm', () => count('raised') > raised || undefined, backWithinMs).catch(() => false);
    if (came) tookMs.push(performance.now() - before);
    else lost += 1;
    await server.set(7, 'discrete', 0, 0);
    await eventually('its end', () => count('cleared') > cleared || undefined, backWithinMs).catch(() => {});
    [raised, cleared] = [count('raised'), count('cleared')];
    await sleep(13 * (round % 9));
    await pty.unplug();
    await server[Symbol.asyncDispose]();
    await sleep(round % 10 === 3 ? longMs : 150 * (round % 5));
    await pty.replug();
    if (round % 10 === 0) tell(`${round} rounds`);
  }
  const last = await openModbusServer({ rtu: pty.b }, [7]);
  await eventually('the bus', () => faults('raised') === faults('cleared') || undefined, 30_000).catch(() => {});
  await last[Symbol.asyncDispose]();
  const figures = {
    rounds,
    lost,
    twice: raised - rounds + lost,
    standing: raised - cleared,
    faultsRaised: faults('raised'),
    faultsCleared: faults('cleared'),
    slowestMs: Math.round(Math.max(...tookMs)),
    medianMs: Math.round(tookMs.toSorted((left, right) => left - right)[tookMs.length >> 1] ?? -1),
  };
  return { figures, stood: lost === 0 && figures.twice === 0 && figures.standing === 0 && figures.faultsRaised === figures.faultsCleared };
}
