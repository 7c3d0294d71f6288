// The backlog's bench: its instruments on their own, and that it runs to its end and accounts for every row.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { backlogBench } from '../../bench/backlog.ts';
import { rateOf } from '../../bench/backlog-hub.ts';
import { openDelayLine } from '../../bench/delay-line.ts';
import { steadyMs } from '../../bench/measure.ts';

describe('the rate of a counter', () => {
  const samples = (...messages: number[]) => messages.map((count, second) => ({ ms: 500 + second * 1000, messages: count }));

  it.each([
    ['without the beginning and the end, which are no full looks', samples(0, 100, 1100, 2100, 3100, 3150), 1000],
    ['without what lies idle before and behind', samples(0, 0, 0, 100, 1100, 2100, 3100, 3150, 3150, 3150), 1000],
    ['of few looks from the first', samples(0, 600, 1200), 600],
    ['of one look', samples(7), 0],
    ['of none', [], 0],
  ])('%s', (_, looks, expected) => {
    expect(rateOf(looks)).toBeCloseTo(expected, 6);
  });
});

describe('the delayed line', () => {
  it('holds every piece back for its time, and none for another', { timeout: 20_000 }, async () => {
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using line = await openDelayLine({ port, delayMs: 40 });
    const socket = connect({ host: '127.0.0.1', port: line.port, noDelay: true });
    await once(socket, 'connect');
    const sentMs: number[] = [];
    const backMs: number[] = [];
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      while (backMs.length < Math.floor(bytes / 1000)) backMs.push(steadyMs());
    });
    for (let piece = 0; piece < 40; piece += 1) {
      sentMs.push(steadyMs());
      socket.write(Buffer.alloc(1000, piece));
      await sleep(2);
    }
    while (backMs.length < 40) await sleep(10);
    socket.destroy();
    server.close();
    const times = sentMs.map((ms, index) => (backMs[index] ?? Number.NaN) - ms);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(79);
    // One after the other they would take 40 × 80 ms.
    expect(times.at(-1)).toBeLessThan(1000);
    expect(times.toSorted((a, b) => a - b)[20]).toBeLessThan(200);
  });
});

describe('npm run bench -- backlog', () => {
  const run = (...parameters: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, '../../bench/run.ts'), 'backlog', ...parameters], {
      encoding: 'utf8',
      timeout: 170_000,
    });

  it.each([[['--rows', '19999']], [['--rows', '10000001']], [['--rows', '1e5.5']], [['--rows', '']]])('refuses %j', (parameters) => {
    const { status, stdout } = run(...parameters);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('drains all rows, and so does the bridge', { timeout: 180_000 }, () => {
    const { status, stdout, stderr } = run('--rows', '50000', '--brief', '--json');
    expect(status, stderr).toBe(0);
    const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(Object.keys(figures).toSorted()).toEqual(Object.keys(backlogBench.figures).toSorted());
    expect(figures).toMatchObject({ left: 0, mosquittoBridgeMessages: 50_000 });
    // What the gateway itself has to say at its start comes to it.
    expect(figures['waiting']).toSatisfy((waiting: number) => waiting >= 50_000 && waiting < 50_100);
    expect(figures['drainedAlarms']).toSatisfy((drained: number) => drained > 20_000 && drained <= 50_500);
    expect(figures['roundTripMs']).toSatisfy((ms: number) => ms >= 30 && ms < 100);
    expect(figures['aim']).toBeCloseTo(50 + (figures['roundTripMs'] ?? 0), 2);
    // One way alone takes half of it.
    expect(figures['alarmP50MsAt128']).toBeGreaterThanOrEqual(15);
    expect(figures['payloadBytes']).toSatisfy((bytes: number) => bytes > 400 && bytes < 1000);
    for (const name of [
      'readyMs',
      'rssMiB',
      'drainAlarmsPerSecond',
      'drainReadingsPerSecond',
      'mosquittoBridgePerSecond',
      'mosquittoRssMiB',
    ])
      expect(figures[name], name).toBeGreaterThan(0);
  });
});
