// A camera's voice while the store is sick: a report waits for no condition, and conditions that wait are bounded and told in their order.
import { describe, expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import type { Condition, Report } from '#model';
import { openTeller } from '../../src/cameras/events/tell.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { at, read, said } from './said.ts';

const env = { clock: openFakeClock(at), random: systemRandom, log: openLog('silent') };
const loss = (source: string, state: string) => read(said('VideoSource/SignalLoss', { State: state }, { Source: source }));
const crossed = read(said('RuleEngine/FieldDetector/ObjectsInside', { IsInside: '1' }, { VideoSource: 'src0', Rule: 'a' }));
const turn = () => new Promise((resolve) => setImmediate(resolve));

function sick() {
  const reports: Report[] = [];
  const conditions: Condition[] = [];
  const well = Promise.withResolvers<void>();
  const voice = openTeller(
    'cam',
    {
      async report(report) {
        reports.push(report);
        return { result: 'raised', alarmId: 'a' };
      },
      async condition(step) {
        conditions.push(step);
        await well.promise;
      },
      openAlarms: async () => [],
    },
    env,
  );
  return { voice, reports, conditions, recover: well.resolve };
}

describe('while the store takes no condition', () => {
  it('an alarm behind one is told, and the conditions later in their order', async () => {
    const { voice, reports, conditions, recover } = sick();
    const { signal } = new AbortController();
    const telling = (async () => {
      await voice.tell(loss('src0', '1'), signal);
      await voice.tell(loss('src1', '1'), signal);
      await voice.tell(loss('src0', '0'), signal);
      await voice.tell(crossed, signal);
    })();
    await turn();
    expect(reports).toMatchObject([{ kind: 'intrusion', state: 'active' }]);
    expect(conditions).toHaveLength(1);
    recover();
    await telling;
    await turn();
    expect(conditions.map(({ channel, state }) => `${channel} ${state}`)).toEqual(['1 raised', '2 raised', '1 cleared']);
  });

  it('of many steps of one condition the newest is kept', async () => {
    const { voice, conditions, recover } = sick();
    const { signal } = new AbortController();
    for (let step = 0; step < 1000; step += 1) await voice.tell(loss('src0', step % 2 === 0 ? '1' : '0'), signal);
    recover();
    await turn();
    expect(conditions.length).toBeLessThanOrEqual(100);
    expect(conditions.at(-1)).toMatchObject({ state: 'cleared' });
  });

  it('nothing is told after the end', async () => {
    const { voice, conditions, recover } = sick();
    const stop = new AbortController();
    await voice.tell(loss('src0', '1'), stop.signal);
    await voice.tell(loss('src1', '1'), stop.signal);
    stop.abort();
    recover();
    await turn();
    expect(conditions).toHaveLength(1);
  });
});
