import { describe, expect, it } from 'vitest';
import { isId } from '#model';
import { openCounters } from '../../src/cameras/events/counters.ts';
import { interpret, type Sighting } from '../../src/cameras/events/meaning.ts';
import { openPulses } from '../../src/cameras/events/pulses.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { at, circumstances, read, said } from './said.ts';

describe('what topics mean', () => {
  it('knows what is of no interest, and what is unknown', () => {
    expect(interpret(said('tns1:Monitoring/ProcessorUsage', { Value: '12' }), circumstances).result).toBe('known');
    expect(interpret(said('tns1:Some/Other', {}), circumstances).result).toBe('unknown');
  });

  it.each(['true', ' TRUE ', '1', 'active', 'On'])('takes %j for true', (value) => {
    expect(read(said('Device/Trigger/DigitalInput', { LogicalState: value })).state).toBe('active');
  });
  it.each(['false', 'False', '0', 'inactive', ' off'])('takes %j for false', (value) => {
    expect(read(said('Device/Trigger/DigitalInput', { LogicalState: value })).state).toBe('inactive');
  });
  it.each(['', ' ', 'unknown', '2', 'null', 'truefalse'])('takes %j for neither', (value) => {
    const result = interpret(said('Device/Trigger/DigitalInput', { LogicalState: value }), circumstances);
    expect(result).toEqual({ result: 'unclear', value: `LogicalState=${value}` });
  });

  it('takes a deleted property as over, and a first value of a pulse as nothing', () => {
    expect(read(said('VideoSource/MotionAlarm', {}, {}, 'deleted')).state).toBe('inactive');
    expect(interpret(said('RuleEngine/LineDetector/Crossed', { ObjectId: '1' }, {}, 'initialized'), circumstances).result).toBe('known');
  });

  it.each([
    [{ Source: 'src1' }, '2'],
    [{ VideoSourceConfigurationToken: 'src0' }, '1'],
    [{ VideoSource: '모름' }, /^source-[0-9a-f]{8}$/],
    [{}, '1'],
  ])('finds the channel of %j', (source, channel) => {
    expect(read(said('VideoSource/MotionAlarm', { State: '1' }, source as Record<string, string>)).channel).toMatch(channel);
  });

  it('names digital inputs by their token', () => {
    const channelOf = (token: string) => read(said('Device/Trigger/DigitalInput', { LogicalState: '1' }, { InputToken: token })).channel;
    expect(channelOf('1')).toBe('input-1');
    expect(channelOf('input-1')).toBe('input-1');
    expect(channelOf('A_1')).not.toBe(channelOf('A-1'));
    expect(isId(channelOf('x'.repeat(100)))).toBe(true);
  });
});

describe('time and name of an occurrence', () => {
  const motion = said('VideoSource/MotionAlarm', { State: 'true' });
  const crossed = (id: string, utcTime?: string) => said('RuleEngine/LineDetector/Crossed', { ObjectId: id }, {}, 'event', utcTime);
  it('are the same for the same pulse', () =>
    expect(read(crossed('1')).occurrence).toBe(read(crossed('1'), { receivedAt: at + 500 }).occurrence));
  it('differ for another pulse', () => expect(read(crossed('1')).occurrence).not.toBe(read(crossed('2')).occurrence));
  it('are not given to a state: a contact may bounce within a second of the camera’s clock', () =>
    expect(read(motion).occurrence).toBeUndefined());
  it('trust a right clock, correct a wrong one', () => {
    expect(read(motion)).toMatchObject({ time: at, clockQuality: 'synchronised' });
    expect(read(motion, { clockOffsetMs: 60_000, receivedAt: at - 60_000 })).toMatchObject({
      time: at - 60_000,
      clockQuality: 'corrected',
    });
  });
  it('do not repeat with a clock that starts anew at 1970', () => {
    const old = crossed('1', '1970-01-01T00:01:00Z');
    const first = read(old, { clockOffsetMs: 60_000 - at });
    const second = read(old, { receivedAt: at + 3_600_000, clockOffsetMs: 60_000 - at - 3_600_000 });
    expect(first.occurrence).not.toBe(second.occurrence);
    expect(second).toMatchObject({ time: at + 3_600_000, clockQuality: 'corrected' });
  });
  it.each(['0000-00-00T00:00:00Z', '', 'yesterday', '2020-01-01T00:00:00Z'])('fall back to the receipt for %j', (utcTime) => {
    expect(read(said('VideoSource/MotionAlarm', { State: 'true' }, {}, 'changed', utcTime))).toMatchObject({
      time: at,
      clockQuality: 'receipt',
    });
  });
  it('bound the detail', () => {
    const many = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`이름${index}`, '값'.repeat(200)]));
    const { detail } = read(said('VideoSource/MotionAlarm', { State: '1', ...many }));
    expect(Buffer.byteLength(JSON.stringify(detail))).toBeLessThan(2048);
    expect(Object.keys(detail).length).toBeLessThanOrEqual(32);
  });
});

describe('pulses', () => {
  const crossed = (id = '1') => read(said('RuleEngine/LineDetector/Crossed', { ObjectId: id }, {}, 'event'));
  const names = (told: readonly Sighting[]) => told.map(({ occurrence }) => occurrence);

  it('that are alike in one second are told apart, and by the same names when a new subscription brings them again', () => {
    const pulses = openPulses(openFakeClock(at));
    const first = [1, 2, 3].flatMap(() => names(pulses.take(crossed())));
    expect(new Set(first).size).toBe(3);
    pulses.begin();
    expect([1, 2, 3].flatMap(() => names(pulses.take(crossed())))).toEqual(first);
    expect(names(pulses.take(crossed('2')))[0]).not.toBe(first[0]);
  });

  it('beyond 60 of a kind in a minute become one with their number', () => {
    const clock = openFakeClock(at);
    const pulses = openPulses(clock);
    const told = Array.from({ length: 1000 }, (_, index) => pulses.take(crossed(String(index)))).flat();
    expect(told).toHaveLength(60);
    const fire = { ...crossed(), about: { alarm: 'fire' } } as const;
    expect(pulses.take(fire)).toHaveLength(1);
    clock.advance(59_999);
    expect(pulses.due()).toEqual([]);
    clock.advance(1);
    expect(pulses.due()).toMatchObject([{ about: { alarm: 'line-crossing' }, state: 'pulse', detail: { ObjectId: '999', repeats: 940 } }]);
    expect(pulses.due()).toEqual([]);
    expect(pulses.take(crossed())).toHaveLength(1);
  });

  it('tell the number of a minute that is over with the first of the next', () => {
    const clock = openFakeClock(at);
    const pulses = openPulses(clock);
    for (let index = 0; index < 70; index += 1) pulses.take(crossed(String(index)));
    clock.advance(60_000);
    expect(pulses.take(crossed('next')).map(({ detail }) => detail['repeats'])).toEqual([10, undefined]);
  });
});

it('unknown topics are counted, at most 256 of them', () => {
  const counters = openCounters();
  for (let index = 0; index < 1000; index += 1) counters.countUnknown(`t${index}`);
  counters.countUnknown('t0');
  expect(counters.unknownTopics.size).toBe(256);
  expect(counters.unknownTopics.get('t0')).toBe(2);
  expect(counters.unknownTopics.get('(other)')).toBe(745);
  counters.countUnclear('Device/Trigger/DigitalInput', `LogicalState=${'x'.repeat(300)}`);
  expect([...counters.unknownValues]).toEqual([[`Device/Trigger/DigitalInput LogicalState=${'x'.repeat(51)}`, 1]]);
});
