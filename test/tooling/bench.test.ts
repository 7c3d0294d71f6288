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
    expect({ status, last: stdout.trim().split('\n').at(-1) }).toEqual({ status: 0, last: 'NAME: outbox, backlog' });
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
    const { slowDisk, ...own } = figures;
    // A flush that is held up by 10 ms takes so long.
    expect(slowDisk).toMatchObject({ fsyncP50Ms: expect.toSatisfy((ms: number) => ms >= 10 && ms < 1000) });
    const isDelay = (name: string): boolean => name.startsWith('loopDelay');
    const all = [own, slowDisk].flatMap((part) => Object.entries(part ?? {}));
    expect(all.filter(([name, value]) => !(value > 0 || (isDelay(name) && value === 0)))).toEqual([]);
  });
});
