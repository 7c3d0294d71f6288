// The torture harness: what it says when it is asked wrongly. The tortures themselves are run by test/flows and by hand.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const run = (...parameters: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../torture/run.ts'), ...parameters], { encoding: 'utf8', timeout: 60_000 });

describe('npm run torture', { timeout: 60_000 }, () => {
  it('lists the tortures when none is named', () => {
    const { status, stdout } = run();
    expect(status).toBe(0);
    expect(stdout.trim().split('\n').at(-1)).toBe('NAME: kill, hub, disk, cameras, panel, bus, rtsp, sessions');
  });

  it.each([
    [['nothing']],
    [['toString']],
    [['kill', 'kill']],
    [['kill', '--rounds', '0']],
    [['kill', '--rounds', 'x']],
    [['kill', '--outage', '3h']],
    [['kill', '--fast']],
    [['rtsp', '--messages', '5']],
    [['rtsp', '--seed', 'x']],
  ])('refuses %j', (parameters) => {
    const { status, stdout, stderr } = run(...parameters);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('NAME: kill');
  });
});
