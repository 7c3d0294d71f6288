// What time alone decides of a sensor that tells: dwell, hold, quiet, hours and a value that stays, without another message, also after a restart and with a store that fails.
import { describe, expect, it } from 'vitest';
import { type Env, openLog, resolvedSecret, systemEnv } from '#base';
import { openSensorMemory } from '../../src/sensors/memory.ts';
import { openMessageSource } from '../../src/sensors/messages/index.ts';
import { sensorsOptions, type Template } from '../../src/sensors/options.ts';
import { shippedTemplate } from '../../src/sensors/templates/index.ts';
import { type FakeClock, openFakeClock } from '../fakes/clock.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const noon = Date.UTC(2026, 10, 20, 3);
const minute = 60_000;
const hour = 60 * minute;
const spot = { name: 'spot', path: 'spot', words: { in: 1, out: 0 } };
const counter = { name: 'count', path: 'count' };

/** One rule on one point, as a site would write it. */
const withRule = (rule: object, point: object = spot, silence: object = {}): object => ({ points: [point], rules: [rule], silence });

interface Stage {
  readonly clock: FakeClock;
  readonly recorder: Recorder;
  tell(content: object): Promise<void>;
  /** Moves the time, step by step where `every` is given, and lets what is due happen. */
  pass(ms: number): Promise<void>;
  /** The gateway dies and starts again after `downMs`. */
  restart(downMs?: number): Promise<void>;
  /** Reports as words, and conditions. */
  said(): string[];
}

async function openStage(template: object | string): Promise<Stage> {
  const clock = openFakeClock(noon);
  const env: Env = { ...systemEnv(openLog('silent')), clock };
  const recorder = openRecorder();
  const own = typeof template === 'string' ? {} : { templates: { own: template } };
  const source = {
    id: 's',
    device: 'd',
    token: resolvedSecret('0123456789abcdef'),
    template: typeof template === 'string' ? template : 'own',
  };
  const options = sensorsOptions.parse({ ...own, webhook: { sources: [source] } });
  const templateOf = (name: string): Template => {
    const found = options.templates[name] ?? shippedTemplate(name);
    if (!found) throw new Error(name);
    return found;
  };
  const live = async () => {
    const life = new AbortController();
    const memory = openSensorMemory(recorder.notes, env);
    const [stated] = options.webhook?.sources ?? [];
    if (!stated) throw new Error('no source');
    const opened = openMessageSource(stated, {
      deps: recorder,
      env,
      memory,
      signal: life.signal,
      template: templateOf,
      map: () => ({ detail: {}, rules: [] }),
    });
    const done = memory.service.run(life.signal);
    await settle();
    const end = async (): Promise<void> => {
      life.abort();
      await done;
    };
    return { opened, end };
  };
  let life = await live();
  let sent = 0;
  return {
    clock,
    recorder,
    async tell(content) {
      sent += 1;
      const body = Buffer.from(JSON.stringify({ ...content, sent }));
      await life.opened.take({ content, body, id: `m${sent}` }, () => {});
    },
    async pass(ms) {
      const step = ms > 3 * hour ? 5 * minute : 30_000;
      for (let left = ms; left > 0; left -= step) {
        clock.advance(Math.min(left, step));
        await settle();
      }
    },
    async restart(downMs = 0) {
      await life.end();
      recorder.open.splice(0);
      for (const { device, channel, kind, state } of recorder.reports) {
        const at = recorder.open.findIndex((alarm) => alarm.channel === channel && alarm.kind === kind);
        if (at >= 0) recorder.open.splice(at, 1);
        if (state === 'active') recorder.open.push({ ...openAlarm, device, channel, kind });
      }
      clock.advance(downMs);
      life = await live();
    },
    said: () => recorder.reports.map(({ channel, kind, state, time }) => `${channel} ${kind} ${state} ${(time - noon) / minute}`),
  };
}

const openAlarm = { alarmId: 'a', severity: 'major', raisedAt: 1, updates: 0, detail: {}, clearedAt: undefined, test: false } as const;

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

const parking = { point: 'spot', alarm: 'hydrant-parking', when: { equals: 1 } };

describe('a sensor that tells once', () => {
  it.each<[string, object, readonly (object | number)[], readonly unknown[]]>([
    ['dwells', withRule({ ...parking, raiseAfter: { time: '1m' } }), [{ spot: 'in' }, 2 * minute], ['spot hydrant-parking active 1']],
    [
      'leaves before its dwell is over',
      withRule({ ...parking, raiseAfter: { time: '1m' } }),
      [{ spot: 'in' }, 30_000, { spot: 'out' }, 5 * minute],
      [],
    ],
    [
      'comes again: its dwell begins anew',
      withRule({ ...parking, raiseAfter: { time: '1m' } }),
      [{ spot: 'in' }, 30_000, { spot: 'out' }, 5_000, { spot: 'in' }, 59_000, { spot: 'out' }, hour],
      [],
    ],
    [
      'is cleared after a time',
      withRule({ ...parking, clearAfter: { time: '30s' } }),
      [{ spot: 'in' }, minute, { spot: 'out' }, 5 * minute],
      ['spot hydrant-parking active 0', 'spot hydrant-parking inactive 1.5'],
    ],
    [
      'stands as long as it is held',
      withRule({ ...parking, hold: '10m' }),
      [{ spot: 'in' }, minute, { spot: 'out' }, hour],
      ['spot hydrant-parking active 0', 'spot hydrant-parking inactive 10'],
    ],
    [
      'still stands when the quiet time is over',
      withRule({ ...parking, quiet: '10m' }),
      [{ spot: 'in' }, minute, { spot: 'out' }, minute, { spot: 'in' }, hour],
      ['spot hydrant-parking active 0', 'spot hydrant-parking inactive 1', 'spot hydrant-parking active 11'],
    ],
    [
      'was silent between two values: they are not in a row',
      withRule({ ...parking, raiseAfter: { count: 2 } }, spot, { after: '30m' }),
      [{ spot: 'in' }, hour, { spot: 'in' }, minute, { spot: 'in' }],
      ['spot hydrant-parking active 61'],
    ],
    [
      'needs two values besides the time',
      withRule({ ...parking, raiseAfter: { count: 2, time: '1m' } }),
      [{ spot: 'in' }, 10 * minute, { spot: 'in' }, minute],
      ['spot hydrant-parking active 10'],
    ],
    [
      'counts no more',
      withRule({ point: 'count', alarm: 'no-activity', when: { stuckFor: '1d' } }, counter),
      [{ count: 4 }, hour, { count: 5 }, 30 * hour],
      [`count no-activity active ${25 * 60}`],
    ],
    [
      'rose, and then stayed: the rise is over with its window',
      withRule({ point: 'count', alarm: 'flood', when: { rises: { by: 5, within: '1h' } } }, counter),
      [{ count: 4 }, minute, { count: 10 }, 2 * hour],
      ['count flood active 1', expect.stringMatching(/^count flood inactive 6[0-3]/)],
    ],
    [
      'is silent: what it told last counts no longer',
      withRule({ point: 'count', alarm: 'no-activity', when: { stuckFor: '1d' } }, counter, { after: '12h' }),
      [{ count: 4 }, 48 * hour],
      [],
    ],
  ])('%s', async (_, template, story, expected) => {
    const stage = await openStage(template);
    for (const step of story) await (typeof step === 'number' ? stage.pass(step) : stage.tell(step));
    expect(stage.said()).toEqual(expected);
  });

  it('is judged when its hours begin and end', async () => {
    const begin = new Date(noon + 10 * minute);
    const at = (date: Date): string => `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
    const during = [{ from: at(begin), to: at(new Date(noon + 70 * minute)) }];
    const stage = await openStage(withRule({ ...parking, during }));
    await stage.tell({ spot: 'in' });
    await stage.pass(3 * hour);
    expect(stage.said()).toEqual(['spot hydrant-parking active 10', 'spot hydrant-parking inactive 70']);
  });

  it('tells of itself as it did with the message', async () => {
    const stage = await openStage('hydrant');
    await stage.tell({ parking: 'occupied' });
    await stage.pass(minute);
    expect(stage.recorder.reports).toMatchObject([
      { device: 'd', channel: 'parking', kind: 'hydrant-parking', state: 'active', clockQuality: 'receipt' },
    ]);
    expect(stage.recorder.reports[0]?.occurrence).toBeUndefined();
  });
});

describe('a restart', () => {
  it.each<[string, object, readonly (object | number | 'restart')[], readonly string[]]>([
    [
      'within the dwell',
      withRule({ ...parking, raiseAfter: { time: '5m' } }),
      [{ spot: 'in' }, 2 * minute, 'restart', 10 * minute],
      ['spot hydrant-parking active 5'],
    ],
    [
      'that takes longer than the dwell',
      withRule({ ...parking, raiseAfter: { time: '1m' } }),
      [{ spot: 'in' }, 30_000, 'restart', minute],
      ['spot hydrant-parking active 1.5'],
    ],
    [
      'within the time until the clear',
      withRule({ ...parking, clearAfter: { time: '5m' } }),
      [{ spot: 'in' }, minute, { spot: 'out' }, minute, 'restart', hour],
      ['spot hydrant-parking active 0', 'spot hydrant-parking inactive 6'],
    ],
    [
      'while it is held',
      withRule({ ...parking, hold: '10m' }),
      [{ spot: 'in' }, minute, 'restart', { spot: 'out' }, hour],
      ['spot hydrant-parking active 0', 'spot hydrant-parking inactive 10'],
    ],
    [
      'while nobody moves',
      withRule({ point: 'count', alarm: 'no-activity', when: { stuckFor: '1d' } }, counter),
      [{ count: 5 }, 20 * hour, 'restart', 10 * hour],
      [`count no-activity active ${24 * 60 + 1}`],
    ],
    [
      'while a level rises',
      withRule({ point: 'count', alarm: 'flood', when: { rises: { by: 5, within: '1h' } } }, counter),
      [{ count: 4 }, 30 * minute, 'restart', { count: 9.5 }],
      ['count flood active 31'],
    ],
    [
      'of what is raised already',
      withRule({ ...parking, raiseAfter: { time: '1m' } }),
      [{ spot: 'in' }, 2 * minute, 'restart', hour],
      ['spot hydrant-parking active 1'],
    ],
  ])('%s', async (_, template, story, expected) => {
    const stage = await openStage(template);
    for (const step of story) {
      if (step === 'restart') await stage.restart(minute);
      else await (typeof step === 'number' ? stage.pass(step) : stage.tell(step));
    }
    expect(stage.said()).toEqual(expected);
  });

  it('of the machine counts the time by the wall clock', async () => {
    const stage = await openStage(withRule({ ...parking, raiseAfter: { time: '1h' } }));
    await stage.tell({ spot: 'in' });
    await stage.pass(10 * minute);
    stage.clock.reboot();
    await stage.restart(20 * minute);
    await stage.pass(29 * minute);
    expect(stage.said()).toEqual([]);
    await stage.pass(minute);
    expect(stage.said()).toEqual(['spot hydrant-parking active 60']);
  });

  it('leaves no note behind when nothing is to come, and none of a sensor that is no more', async () => {
    const stage = await openStage('hydrant');
    await stage.tell({ parking: 'occupied' });
    expect([...stage.recorder.noted.keys()]).toEqual(['d']);
    await stage.pass(2 * minute);
    expect([...stage.recorder.noted.keys()]).toEqual([]);
    stage.recorder.noted.set('gone', '{}');
    await stage.restart();
    expect([...stage.recorder.noted.keys()]).toEqual([]);
  });
});

describe('a store that fails', () => {
  it('delays what time has decided, and loses nothing of it', async () => {
    const stage = await openStage('hydrant');
    await stage.tell({ parking: 'occupied' });
    stage.recorder.failing = true;
    await stage.pass(10 * minute);
    expect(stage.said()).toEqual([]);
    stage.recorder.failing = false;
    await stage.pass(2000);
    expect(stage.recorder.reports).toMatchObject([{ kind: 'hydrant-parking', state: 'active' }]);
  });
});
