// The bench harness: what it says when it is asked wrongly, and that the benches run to their end and print what they promise.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../bench/bench.ts';
import { outboxBench } from '../../bench/outbox.ts';

const run = (...parameters: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../../bench/run.ts'), ...parameters], { encoding: 'utf8', timeout: 60_000 });

describe('npm run bench', () => {
  it('lists the benches when none is named', () => {
    const { status, stdout } = run();
    expect({ status, last: stdout.trim().split('\n').at(-1) }).toEqual({
      status: 0,
      last: 'NAME: outbox, backlog, discovery, cameras, relay, first-picture, mixed, sensors',
    });
  });

  it.each([[['nothing']], [['toString']], [['outbox', 'outbox']], [['outbox', '--fast']]])('refuses %j', (parameters) => {
    const { status, stdout, stderr } = run(...parameters);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('NAME: outbox');
  });

  it('measures the outbox: each figure is there, in one JSON object on the last line', { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = run('outbox', '--brief', '--json');
    expect(stderr).toContain('the same on a slow disk');
    expect(status).toBe(0);
    const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, Value>;
    expect(Object.keys(figures).toSorted()).toEqual(Object.keys(outboxBench.figures).toSorted());
    const { slowDisk, ...rest } = figures;
    const own = rest as Readonly<Record<string, number>>;
    const slow = slowDisk as unknown as Readonly<Record<string, number>>;
    const isDelay = (name: string): boolean => name.startsWith('loopDelay');
    const all = [own, slow].flatMap((part) => Object.entries(part));
    expect(all.filter(([name, value]) => !(value > 0 || (isDelay(name) && value === 0)))).toEqual([]);
    for (const part of [own, slow])
      for (const name of Object.keys(part).filter((key) => key.endsWith('P50Ms')))
        expect(part[name], name).toBeLessThanOrEqual(part[name.replace('P50Ms', 'P99Ms')] ?? 0);
    // Where each flush is held up by 10 ms, nothing is durable before.
    for (const name of ['fsyncP50Ms', 'commitIdleP50Ms', 'alarmCommitP50Ms', 'reportToWireP50Ms'])
      expect(slow[name], name).toSatisfy((ms: number) => ms >= 10 && ms < 1000);
    const { plainSqlitePerSecond = 0, reportsPerSecond = 0, rowsPerReport = 0, ingestPerSecond } = own;
    // Commits are shared: many reports for what plain SQLite needs for one row.
    expect(reportsPerSecond).toBeGreaterThan(plainSqlitePerSecond);
    expect(ingestPerSecond).toBeGreaterThan(plainSqlitePerSecond);
    expect(own['reportsRatio']).toBeCloseTo(reportsPerSecond / plainSqlitePerSecond, 1);
    expect(own['reportRowsPerSecond']).toBeCloseTo(reportsPerSecond * rowsPerReport, -1);
    // At least the alarm, its step, its key and its entry.
    expect(rowsPerReport).toSatisfy((rows: number) => rows >= 4 && rows <= 10);
  });
});
