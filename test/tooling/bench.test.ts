// The bench harness: what it says when it is asked wrongly, and that the benches run to their end and print what they promise.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outboxBench } from '../../bench/outbox.ts';

const run = (...parameters: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../../bench/run.ts'), ...parameters], { encoding: 'utf8', timeout: 60_000 });

describe('npm run bench', () => {
  it('lists the benches when none is named', () => {
    const { status, stdout } = run();
    expect({ status, last: stdout.trim().split('\n').at(-1) }).toEqual({ status: 0, last: 'NAME: outbox' });
  });

  it.each([[['nothing']], [['toString']], [['outbox', 'outbox']], [['outbox', '--fast']]])('refuses %j', (parameters) => {
    const { status, stdout, stderr } = run(...parameters);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('NAME: outbox');
  });

  it('measures the outbox: each figure is there, in one JSON object on the last line', { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = run('outbox', '--brief', '--json');
    expect(stderr).toContain('report to wire');
    expect(status).toBe(0);
    const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(Object.keys(figures).toSorted()).toEqual(Object.keys(outboxBench.figures).toSorted());
    const { loopDelayP99Ms, ...others } = figures;
    expect(loopDelayP99Ms).toBeGreaterThanOrEqual(0);
    expect(Object.entries(others).filter(([, value]) => !(value > 0))).toEqual([]);
  });
});
