// The board of states: one alarm of many rules, repeats, first values after a break, ends that are never said, hours at which a kind is an alarm.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alarm } from '#model';
import { boardKey, openBoard, type Told } from '../../src/cameras/events/board.ts';
import type { Treatment } from '../../src/cameras/events/handling.ts';
import type { Notification } from '../../src/cameras/events/notification.ts';
import { kindOf } from '../../src/cameras/events/subject.ts';
import { timeoutOf } from '../../src/cameras/events/timeouts.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { at, read, said } from './said.ts';

const field = (rule: string, state: string, operation: Notification['operation'] = 'changed') =>
  read(said('RuleEngine/FieldDetector/ObjectsInside', { IsInside: state }, { VideoSource: 'src0', Rule: rule }, operation));
const key = boardKey('1', 'intrusion');

function alarm(kind: Alarm['kind'] = 'intrusion', channel = '1'): Alarm {
  const dates = { raisedAt: 1, clearedAt: undefined, updates: 0 };
  return { alarmId: 'a', device: 'cam', channel, kind, severity: 'major', test: false, detail: { zone: 'x' }, ...dates };
}
const open = (...alarms: Alarm[]) => new Map(alarms.map((one) => [boardKey(one.channel, one.kind), one]));
const words = (told: readonly Told[]) =>
  told.map(({ as, sighting }) => [as, kindOf(sighting.about), sighting.state, ...(sighting.reason ? [sighting.reason] : [])].join(' '));

function board(treatment: () => Treatment = () => 'alarm', clock = openFakeClock(at)) {
  return openBoard({
    handling: ({ about }) => ('alarm' in about ? treatment() : 'condition' in about ? 'alarm' : 'local'),
    timeout: (about, isMoment) => timeoutOf(about, isMoment, {}),
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
  });
}

describe('states', () => {
  it('are told when they change', () => {
    const states = board();
    expect(words(states.see(field('a', '1')))).toEqual(['alarm intrusion active']);
    expect(states.see(field('a', '1'))).toEqual([]);
    expect(words(states.see(field('a', '0')))).toEqual(['alarm intrusion inactive']);
    expect(states.see(field('a', '0'))).toEqual([]);
  });

  it('end with the last of their rules', () => {
    const states = board();
    states.see(field('a', '1'));
    expect(states.see(field('b', '1'))).toMatchObject([{ as: 'alarm', sighting: { state: 'active', zone: 'b' } }]);
    expect(states.see(field('a', '0'))).toEqual([]);
    expect(words(states.see(field('b', '0')))).toEqual(['alarm intrusion inactive']);
  });

  it('are judged once each when time is looked at, however many of them a camera holds', () => {
    let judged = 0;
    const states = board(() => {
      judged += 1;
      return 'local';
    });
    for (let rule = 0; rule < 512; rule += 1) states.see(field(`r${rule}`, '1'));
    judged = 0;
    expect(states.due()).toEqual([]);
    expect(judged).toBeLessThanOrEqual(1024);
  });

  it('that stood when they were asked for are alarms, also when they are over before all was said', () => {
    const states = board();
    states.begin(open());
    states.collect(field('a', '1', 'initialized'));
    states.collect(field('b', '0', 'initialized'));
    expect(words(states.see(field('a', '0')))).toEqual(['alarm intrusion active', 'alarm intrusion inactive']);
    expect(states.settle(true)).toEqual([]);
    states.begin(open(alarm()));
    states.collect(field('a', '1', 'initialized'));
    expect(words(states.see(field('a', '0')))).toEqual(['alarm intrusion inactive']);
  });

  it('that flap without end are told so often in a minute, and end when it is over', async () => {
    const clock = openFakeClock(at);
    const states = board(() => 'alarm', clock);
    let told = 0;
    for (let turn = 0; turn < 2000; turn += 1) told += states.see(field('a', turn % 2 === 0 ? '1' : '0')).length;
    expect(told).toBe(599);
    expect(states.due()).toEqual([]);
    expect(states.dueInMs).toBe(60_000);
    clock.advance(60_000);
    expect(words(states.due())).toEqual(['alarm intrusion inactive']);
    expect(states.dueInMs).toBeUndefined();
    expect(words(states.see(field('a', '1')))).toEqual(['alarm intrusion active']);
    expect(words(states.see(field('a', '0')))).toEqual(['alarm intrusion inactive']);
  });

  it('end with their property', () => {
    const states = board();
    states.see(field('a', '1'));
    expect(words(states.see(field('a', '', 'deleted')))).toEqual(['alarm intrusion inactive']);
  });

  it('of a detector that sees a fire where it saw a person are two alarms, and end as what was seen', () => {
    const states = board();
    const object = (state: string, classes: string) => read(said('OpenApp/WiseAI/ObjectDetection', { State: state, ClassTypes: classes }));
    expect(words(states.see(object('1', 'Person')))).toEqual(['alarm motion active']);
    expect(words(states.see(object('1', 'Person Fire')))).toEqual(['alarm motion inactive', 'alarm fire active']);
    expect(words(states.see(object('0', '')))).toEqual(['alarm fire inactive']);
  });

  it('are kept apart for 512 origins, and passed on beyond', () => {
    const states = board();
    for (let index = 0; index < 512; index += 1) states.see(field(String(index), '0'));
    expect(states.see(field('x', '1'))).toHaveLength(1);
    expect(states.see(field('x', '1'))).toHaveLength(1);
    expect(words(states.see(field('7', '1')))).toEqual(['alarm intrusion active']);
  });

  it('that a camera says of itself are told, also the first that all is well', () => {
    const states = board(() => 'ignore');
    const loss = (state: string) => read(said('VideoSource/SignalLoss', { State: state }));
    expect(words(states.see(loss('0')))).toEqual(['alarm video-loss inactive']);
    expect(states.see(loss('0'))).toEqual([]);
    expect(words(states.see(loss('1')))).toEqual(['alarm video-loss active']);
  });
});

describe('first values', () => {
  it.each([
    ['0', [], []],
    ['0', [alarm()], ['alarm intrusion inactive']],
    ['1', [], ['alarm intrusion active']],
    ['1', [alarm()], []],
  ] as const)('%s with open alarms %j', (state, alarms, told) => {
    const states = board();
    states.begin(open(...alarms));
    states.collect(field('a', state, 'initialized'));
    expect(words(states.settle(true))).toEqual(told);
    expect(states.collected).toBe(0);
  });

  it('clear nothing while another rule is active', () => {
    const states = board();
    states.begin(open(alarm()));
    states.collect(field('a', '0', 'initialized'));
    states.collect(field('b', '1', 'initialized'));
    expect(states.settle(true)).toEqual([]);
  });

  it('give way to a live change', () => {
    const states = board();
    states.begin(open());
    states.collect(field('a', '0', 'initialized'));
    expect(states.see(field('a', '1'))).toHaveLength(1);
    expect(states.settle(true)).toEqual([]);
  });

  it('raise again what a person has cleared meanwhile', () => {
    const states = board();
    states.see(field('a', '1'));
    states.begin(open());
    states.collect(field('a', '1', 'initialized'));
    expect(words(states.settle(true))).toEqual(['alarm intrusion active']);
  });

  it('end what was a first value before and is none any more, when all of them have come', () => {
    for (const complete of [true, false]) {
      const states = board();
      states.begin(open());
      states.collect(field('a', '1', 'initialized'));
      states.collect(field('b', '0', 'initialized'));
      expect(words(states.settle(true))).toEqual(['alarm intrusion active']);
      states.begin(open(alarm()));
      states.collect(field('b', '0', 'initialized'));
      expect(words(states.settle(complete))).toEqual(complete ? ['alarm intrusion inactive timeout'] : []);
    }
  });

  it('of a synchronisation that broke off count no more', () => {
    const states = board();
    states.begin(open());
    states.collect(field('a', '1', 'initialized'));
    states.begin(open());
    expect(states.settle(true)).toEqual([]);
  });
});

describe('a person who ends an alarm', () => {
  const act = { channel: '1', kind: 'intrusion' } as const;

  it('is heard: the next word raises a new one, of its own time, and its end is told', () => {
    const states = board();
    states.see(field('a', '1'));
    expect(states.see(field('a', '1'))).toEqual([]);
    states.ended({ channel: '2', kind: 'intrusion' });
    states.ended({ channel: '1', kind: 'fire' });
    expect(states.see(field('a', '1'))).toEqual([]);
    states.ended(act);
    const next = { ...field('a', '1'), time: at + 5000 };
    expect(states.see(next)).toMatchObject([{ as: 'alarm', sighting: { state: 'active', time: at + 5000 } }]);
    expect(states.see(field('a', '1'))).toEqual([]);
    expect(words(states.see(field('a', '0')))).toEqual(['alarm intrusion inactive']);
  });

  it('is heard for every rule of it, and a second one joins the new alarm', () => {
    const states = board();
    for (const rule of ['a', 'b']) states.see(field(rule, '1'));
    states.ended(act);
    expect(states.see(field('b', '1'))).toMatchObject([{ sighting: { state: 'active', zone: 'b' } }]);
    expect(states.see(field('a', '1'))).toMatchObject([{ sighting: { state: 'active', zone: 'a' } }]);
    expect(states.see(field('b', '0'))).toEqual([]);
    expect(words(states.see(field('a', '0')))).toEqual(['alarm intrusion inactive']);
  });

  it('is told of no end by time, and the first word is said whichever it is', () => {
    const states = board();
    states.see(field('a', '1'));
    states.ended(act);
    expect(states.due()).toEqual([]);
    expect(words(states.see(field('a', '0')))).toEqual(['alarm intrusion inactive']);
    expect(states.see(field('a', '0'))).toEqual([]);
  });

  it('sees it raised neither by hours nor by a new connection, but by what the camera says when it is asked', () => {
    let treatment: Treatment = 'alarm';
    const states = board(() => treatment);
    states.see(field('a', '1'));
    states.ended(act);
    treatment = 'local';
    expect(states.due()).toEqual([]);
    treatment = 'alarm';
    expect(states.due()).toEqual([]);
    states.begin(open());
    expect(states.due()).toEqual([]);
    states.collect(field('a', '1', 'initialized'));
    expect(words(states.settle(true))).toEqual(['alarm intrusion active']);
  });

  it('ends what stands from before a restart: it does not end once more', () => {
    const clock = openFakeClock(at);
    const states = board(undefined, clock);
    states.begin(open(alarm()));
    states.ended(act);
    clock.advance(1e9);
    expect(states.due()).toEqual([]);
    expect(words(states.see(field('a', '1')))).toEqual(['alarm intrusion active']);
  });
});

describe('time', () => {
  it('ends what is not heard of any more, says so, and takes it up again', () => {
    const clock = openFakeClock(at);
    const states = board(undefined, clock);
    states.see(field('a', '1'));
    clock.advance(20 * 60_000);
    states.see(field('a', '1'));
    expect(states.dueInMs).toBe(30 * 60_000);
    clock.advance(30 * 60_000 - 1);
    expect(states.due()).toEqual([]);
    clock.advance(1);
    const [ended] = states.due();
    expect(ended).toMatchObject({
      as: 'alarm',
      sighting: { state: 'inactive', reason: 'timeout', time: clock.now(), occurrence: undefined },
    });
    expect(states.due()).toEqual([]);
    expect(states.dueInMs).toBeUndefined();
    expect(states.see(field('a', '0'))).toEqual([]);
    expect(words(states.see(field('a', '1')))).toEqual(['alarm intrusion active']);
  });

  it('ends what stands from before a restart and is never spoken of again', () => {
    const clock = openFakeClock(at);
    const states = board(undefined, clock);
    states.begin(open(alarm()));
    clock.advance(30 * 60_000);
    expect(words(states.due())).toEqual(['alarm intrusion inactive timeout']);
    expect(states.due()).toEqual([]);
  });

  it.each(['fire', 'smoke', 'digital-input', 'fall', 'drowning'] as const)('never ends %s', (kind) => {
    const clock = openFakeClock(at);
    const states = board(undefined, clock);
    states.begin(open(alarm(kind)));
    clock.advance(1e9);
    expect(states.due()).toEqual([]);
  });

  it('ends a condition that was told as a moment, an hour after the last', () => {
    const clock = openFakeClock(at);
    const states = board(undefined, clock);
    const failed = () => read(said('Device/SecurityPolicy/AuthFailed', { User: 'x' }, {}, 'event'));
    expect(words(states.see(failed()))).toEqual(['alarm camera-login-failures active']);
    clock.advance(1_800_000);
    expect(states.see(failed())).toEqual([]);
    clock.advance(1_800_000);
    expect(states.due()).toEqual([]);
    clock.advance(1_800_000);
    expect(words(states.due())).toEqual(['alarm camera-login-failures inactive timeout']);
  });

  it('raises what is active when its hour comes, and ends it when the hour is over', () => {
    let treatment: Treatment = 'local';
    const states = board(() => treatment);
    expect(words(states.see(field('a', '1')))).toEqual(['local intrusion active']);
    treatment = 'alarm';
    expect(words(states.due())).toEqual(['alarm intrusion active']);
    expect(states.due()).toEqual([]);
    treatment = 'local';
    expect(words(states.due())).toEqual(['alarm intrusion inactive handling']);
    expect(words(states.see(field('a', '0')))).toEqual(['local intrusion inactive']);
  });

  it('ends what stands and is no alarm any more by the configuration', () => {
    const states = board(() => 'local');
    states.begin(open(alarm()));
    expect(words(states.due())).toEqual(['alarm intrusion inactive handling']);
    states.begin(open(alarm()));
    states.collect(field('a', '1', 'initialized'));
    expect(words(states.settle(true))).toEqual(['local intrusion active', 'alarm intrusion inactive handling']);
  });
});

it('whatever is said, lost and synchronised: afterwards the alarms room has what the camera has', () => {
  const rules = ['a', 'b', 'c'] as const;
  const act = fc.oneof(
    fc.record({ do: fc.constant('change' as const), rule: fc.constantFrom(...rules), on: fc.boolean(), lost: fc.boolean() }),
    fc.record({ do: fc.constant('restart' as const) }),
    fc.record({ do: fc.constant('reconnect' as const) }),
    fc.record({ do: fc.constant('remove' as const), rule: fc.constantFrom(...rules) }),
    fc.record({ do: fc.constant('person' as const) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const camera = new Map<string, boolean>(rules.map((rule) => [rule, false]));
      let standing = false;
      let states = board();
      const perform = (told: readonly Told[]) => {
        for (const { as, sighting } of told) if (as === 'alarm') standing = sighting.state === 'active';
      };
      const synchronise = () => {
        states.begin(open(...(standing ? [alarm()] : [])));
        for (const [rule, on] of camera) states.collect(field(rule, on ? '1' : '0', 'initialized'));
        perform(states.settle(true));
        if (camera.size > 0) expect(standing).toBe([...camera.values()].includes(true));
      };
      synchronise();
      for (const one of acts) {
        if (one.do === 'change') {
          const isNew = !camera.has(one.rule);
          camera.set(one.rule, one.on);
          if (one.lost) continue;
          // A property that comes into being is told as a first value.
          if (isNew) states.collect(field(one.rule, one.on ? '1' : '0', 'initialized'));
          perform(isNew ? states.settle(false) : states.see(field(one.rule, one.on ? '1' : '0')));
        } else if (one.do === 'remove') camera.delete(one.rule);
        else if (one.do === 'person') {
          if (standing) states.ended({ channel: '1', kind: 'intrusion' });
          standing = false;
          perform(states.due());
          expect(standing).toBe(false);
        } else {
          if (one.do === 'restart') states = board();
          synchronise();
        }
      }
      synchronise();
    }),
    { numRuns: 500 },
  );
  expect(key).toBe('1 intrusion');
});
