// A disk that fails for real: every sync of the daemon is answered with EIO, or hangs; alarms reach the hub all the same, are stored afterwards, and
// systemd has no reason to kill. No fire waits behind a condition, which waits for the disk.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually, freePort, openGateway } from '../peers/gateway.ts';
import { openNotifySocket } from '../peers/notify-socket.ts';
import { openFault } from '../peers/strace.ts';
import { fallMessage, fallRadar, fallToken, openProvince } from './site.ts';

/** A panel on a line that says its power and its fires. */
const grammar = {
  patterns: [
    { says: 'fault', as: 'power-fault', channel: 'mains', fault: '정전', match: '\\[정전\\]' },
    { says: 'alarm', kind: 'fire-panel', channel: 'zone-{zone}', match: '\\[화재\\] (?<zone>\\d+)' },
    { says: 'reset', match: '\\[복구\\]' },
  ],
};

/** Shorter than the disk hangs. */
const watchdogMs = 3000;

it.each([
  ['errs', 'error=EIO'],
  ['hangs', 'delay_enter=8000000'],
])('a disk that %s costs no alarm', async (_, fault) => {
  await using province = await openProvince();
  await using systemd = await openNotifySocket();
  const port = await freePort();
  const linePort = await freePort();
  const lines = [{ id: 'line', device: 'panel-1', grammar: 'own', via: 'tcp-listen', listen: { port: linePort }, from: ['127.0.0.1'] }];
  await using gateway = await openGateway(
    async (folder) => ({ uplink: province.uplink, sensors: { webhook: await fallRadar(folder, port), lines, grammars: { own: grammar } } }),
    systemd.environment(watchdogMs),
  );
  const push = async (id: string, status: 'fall confirmed' | 'fall exit'): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}/webhook/radar`, {
      method: 'POST',
      body: fallMessage(id, status),
      headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(15_000),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const settled = (): Promise<boolean> =>
    eventually('an empty outbox', async () => {
      const { destinations } = (await gateway.query('outbox', 'status')) as { destinations: { pending: number }[] };
      return destinations.every(({ pending }) => pending === 0) || undefined;
    });
  expect(await push('well', 'fall confirmed')).toBe(200);
  expect(await push('well-exit', 'fall exit')).toBe(200);
  await settled();
  const before = province.hub.alarms({ unique: true }).length;
  {
    await using _sick = await openFault(gateway.pid, ['fdatasync', 'fsync'], fault);
    await sleep(200);
    const panel = connect(linePort, '127.0.0.1').on('error', () => {});
    panel.write('[정전]\r\n[화재] 3\r\n');
    await province.hub.wait(
      'the fire behind the power fault',
      ({ topic, body }) => topic.endsWith('/alarm/fire-panel/panel-1') && JSON.stringify(body).includes('raised'),
    );
    panel.end('[복구]\r\n');
    expect(await push('sick', 'fall confirmed')).toBe(200);
    await province.hub.wait(
      'the alarm from memory',
      ({ topic, body }) =>
        topic.endsWith('/alarm/fall/fall-1') &&
        JSON.stringify(body).includes('raised') &&
        !province.hub.alarms().slice(0, before).includes(body),
    );
    expect(await push('sick-exit', 'fall exit')).toBe(200);
  }
  await eventually(
    'the alarm in the store',
    async () => {
      const { alarms } = (await gateway.query('alarm', 'list')) as { alarms: { clearedAt?: number }[] };
      return (alarms.length === 3 && alarms.every(({ clearedAt }) => clearedAt !== undefined)) || undefined;
    },
    40_000,
  );
  await settled();
  await province.hub.wait('the power fault', ({ topic }) => topic.endsWith('/condition/power-fault/panel-1'));
  expect(province.hub.alarms({ device: 'panel-1', unique: true }).map(({ type }) => String(type).split('.')[3])).toEqual([
    'raised',
    'cleared',
  ]);
  const told = province.hub.alarms({ device: 'fall-1', unique: true }).slice(before);
  expect(told.map(({ type }) => type)).toEqual(['kr.bongsu.alarm.raised.v1', 'kr.bongsu.alarm.cleared.v1']);
  expect(new Set(told.map(({ alarmid }) => alarmid)).size).toBe(1);
  await eventually('five pings', () => systemd.pings.length > 4 || undefined);
  const silences = systemd.pings.slice(1).map((ping, index) => ping - (systemd.pings[index] ?? 0));
  expect(silences.length).toBeGreaterThan(3);
  expect(Math.max(...silences)).toBeLessThan(watchdogMs);
});
