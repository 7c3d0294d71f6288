// Calendar work runs in the minutes that its expression names, and only there.
import { describe, expect, it } from 'vitest';
import { openLog, schedule, systemRandom } from '#base';

describe('schedule', () => {
  it('runs a job once in each minute it names, and goes on after a failure', async () => {
    const stop = new AbortController();
    let now = new Date(2026, 10, 20, 3, 14, 30).getTime();
    const runs: string[] = [];
    const clock = {
      now: () => now,
      sinceBoot: () => ({ boot: 'b', ms: 0 }),
      monotonicMs: () => now,
      after: () => ({ [Symbol.dispose]: () => {} }),
      async sleep(ms: number) {
        now += ms;
        if (now > new Date(2026, 10, 20, 3, 20).getTime()) stop.abort();
      },
    };
    const job = {
      name: 'retention',
      at: '15,17 3 * * *',
      async act() {
        runs.push(new Date(now).toTimeString().slice(0, 5));
        throw new Error('full');
      },
    };
    await schedule([job], { clock, random: systemRandom, log: openLog('silent') }).run(stop.signal);
    expect(runs).toEqual(['03:15', '03:17']);
  });
});
