// When a kind is an alarm: by kind, camera, group, video source, zone and hour of local time, summer time or not.
import { afterEach, describe, expect, it } from 'vitest';
import { type Hours, isWithinHours } from '#base';
import { eventOptions } from '../../src/cameras/event-options.ts';
import { openHandling } from '../../src/cameras/events/handling.ts';
import type { Sighting } from '../../src/cameras/events/meaning.ts';

const zoneOfMachine = process.env['TZ'];
afterEach(() => {
  if (zoneOfMachine === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zoneOfMachine;
});
const now = Date.UTC(2026, 10, 20, 4);
const seen = (
  alarm: 'motion' | 'sound' | 'intrusion' | 'fire',
  channel = '1',
  zone = '',
): Pick<Sighting, 'about' | 'channel' | 'zone'> => ({
  about: { alarm },
  channel,
  zone,
});
const rulesOf = (...handling: unknown[]) => eventOptions.parse({ handling }).handling;
const treat = (rules: unknown[], what: ReturnType<typeof seen>, camera: { id: string; group?: string } = { id: 'cam-1' }, at = now) =>
  openHandling(rulesOf(...rules), camera)(what, at);

describe('handling', () => {
  it('ignores sound, keeps motion here and reports the rest by itself', () => {
    expect(['sound', 'motion', 'intrusion', 'fire'].map((kind) => treat([], seen(kind as 'fire')))).toEqual([
      'ignore',
      'local',
      'alarm',
      'alarm',
    ]);
  });

  it('takes the first rule that fits', () => {
    const rules = [
      { kinds: ['motion'], cameras: ['cam-2'], as: 'alarm' },
      { kinds: ['motion'], groups: ['depot'], as: 'ignore' },
      { kinds: ['intrusion'], zones: ['뒷문'], as: 'local' },
      { kinds: ['intrusion'], channels: [3], as: 'ignore' },
    ];
    expect(treat(rules, seen('motion'))).toBe('local');
    expect(treat(rules, seen('motion'), { id: 'cam-2', group: 'depot' })).toBe('alarm');
    expect(treat(rules, seen('motion'), { id: 'cam-1', group: 'depot' })).toBe('ignore');
    expect(treat(rules, seen('intrusion', '1', '뒷문'))).toBe('local');
    expect(treat(rules, seen('intrusion', '3'))).toBe('ignore');
    expect(treat(rules, seen('intrusion', 'source-1'))).toBe('alarm');
    expect(treat([{ as: 'ignore' }], seen('fire'))).toBe('ignore');
  });

  it('always tells what a camera says of itself, and never a fact', () => {
    const handling = openHandling(rulesOf({ as: 'ignore' }), { id: 'cam-1' });
    expect(handling({ ...seen('fire'), about: { condition: 'video-loss' } }, now)).toBe('alarm');
    expect(handling({ ...seen('fire'), about: { fact: 'relay' } }, now)).toBe('local');
  });

  it('takes every hour for one of alarms while the clock was never set', () => {
    const night = [{ from: '22:00', to: '06:00' }];
    const rules = [
      { kinds: ['motion'], times: night, as: 'alarm' },
      { kinds: ['intrusion'], times: night, as: 'ignore' },
    ];
    expect(treat(rules, seen('motion'), undefined, 0)).toBe('alarm');
    expect(treat(rules, seen('intrusion'), undefined, 0)).toBe('alarm');
  });
});

describe('hours of local time', () => {
  const window = (times: object): Hours => {
    const [first] = rulesOf({ as: 'alarm', times: [times] })[0]?.times ?? [];
    if (!first) throw new Error('no window');
    return first;
  };

  it.each([
    [{ from: '22:00', to: '06:00' }, '2026-11-20T21:59', false],
    [{ from: '22:00', to: '06:00' }, '2026-11-20T22:00', true],
    [{ from: '22:00', to: '06:00' }, '2026-11-21T05:59', true],
    [{ from: '22:00', to: '06:00' }, '2026-11-21T06:00', false],
    // 2026-11-20 is a Friday: its night lasts into Saturday.
    [{ days: ['fri'], from: '22:00', to: '06:00' }, '2026-11-21T03:00', true],
    [{ days: ['fri'], from: '22:00', to: '06:00' }, '2026-11-20T03:00', false],
    [{ days: ['sat'], from: '22:00', to: '06:00' }, '2026-11-21T03:00', false],
    [{ days: ['sat', 'sun'] }, '2026-11-22T23:59', true],
    [{ days: ['sat', 'sun'] }, '2026-11-23T00:00', false],
    [{ days: ['sun'], from: '18:00', to: '09:00' }, '2026-11-23T08:59', true],
    [{ from: '09:00', to: '09:00' }, '2026-11-20T03:00', true],
  ])('%j at %s: %s', (times, local, expected) => {
    process.env['TZ'] = 'Asia/Seoul';
    expect(isWithinHours(window(times), Date.parse(`${local}:00+09:00`))).toBe(expected);
  });

  it('are those of the clock on the wall, also when it is moved twice a year', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const night = window({ from: '02:30', to: '03:30' });
    // 2026-03-29: 02:00 becomes 03:00. 2026-10-25: 03:00 becomes 02:00.
    expect(isWithinHours(night, Date.parse('2026-03-29T00:45:00Z'))).toBe(false);
    expect(isWithinHours(night, Date.parse('2026-03-29T01:15:00Z'))).toBe(true);
    expect(['00:45', '01:15', '01:45', '02:15', '02:45'].map((time) => isWithinHours(night, Date.parse(`2026-10-25T${time}:00Z`)))).toEqual(
      [true, false, true, true, false],
    );
  });

  it.each(['24:01', '7:00', '25:00', '12:60', ''])('refuses %j', (from) => {
    expect(eventOptions.safeParse({ handling: [{ as: 'alarm', times: [{ from }] }] }).success).toBe(false);
  });
});
