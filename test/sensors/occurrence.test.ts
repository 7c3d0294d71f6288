// The names of webhook messages: one for a happening and its retries, another for the next happening, whatever the clock does.
import { describe, expect, it } from 'vitest';
import { type OccurrenceName, openOccurrenceNames } from '../../src/sensors/messages/occurrence.ts';
import { type FakeClock, openFakeClock } from '../fakes/clock.ts';

/** Whether the store takes the second for a retry of the first. */
function isRetry(first: OccurrenceName, second: OccurrenceName): boolean {
  const { occurrence, occurrenceAfter = occurrence } = second;
  return first.occurrence === occurrence || (first.occurrence > occurrenceAfter && first.occurrence <= occurrence);
}

describe('a message', () => {
  it.each<[string, (clock: FakeClock) => void]>([
    [
      'the clock was never set, at the same time of another boot',
      (clock) => {
        clock.reboot();
        clock.jump(-700_000);
      },
    ],
    ['the clock was set back to where it stood', (clock) => clock.jump(-700_000)],
    ['it came to the very end of its window on a clock that is slowed down', (clock) => clock.jump(-100_001)],
    ['the gateway was started anew, with a clock that was set back', (clock) => clock.jump(-700_000)],
  ])('without an id is another happening when the window is over and %s', (what, meanwhile) => {
    const clock = openFakeClock(1_200_000);
    const open = () => openOccurrenceNames(clock, 600_000);
    const press = (names: ReturnType<typeof open>) =>
      names.nameOf('bells', {
        id: undefined,
        body: Buffer.from('sos'),
        meaning: { channel: 'sos', kind: 'emergency-call', state: 'pulse' },
      });
    const names = open();
    const first = press(names);
    clock.advance(700_000);
    meanwhile(clock);
    expect(isRetry(first, press(what.includes('anew') || what.includes('boot') ? open() : names))).toBe(false);
  });

  it('without an id is a retry when the gateway alone is started anew within the window, wherever that falls and whatever the clock does', () => {
    const clock = openFakeClock(1_760_000_000_000);
    const name = (names = openOccurrenceNames(clock, 600_000)) =>
      names.nameOf('s', { id: undefined, body: Buffer.from('{}'), meaning: { channel: 'c', kind: 'fall', state: 'pulse' } });
    clock.advance(598_000);
    const first = name();
    for (const laterMs of [1000, 1000, 590_000]) {
      clock.advance(laterMs);
      clock.jump(86_400_000);
      expect(isRetry(first, name())).toBe(true);
    }
    clock.advance(8000);
    expect(isRetry(first, name()), 'the window is over').toBe(false);
  });

  it('without an id is another happening when the window is over, also where a retry of the first came after the gateway was started anew', () => {
    const clock = openFakeClock(0);
    const body = Buffer.from('{}');
    const meaning = { channel: 'c', kind: 'fall', state: 'pulse' };
    const first = openOccurrenceNames(clock, 600_000).nameOf('s', { id: undefined, body, meaning });
    const names = openOccurrenceNames(clock, 600_000);
    clock.advance(590_000);
    expect(isRetry(first, names.nameOf('s', { id: undefined, body, meaning }))).toBe(true);
    clock.advance(300_000);
    expect(isRetry(first, names.nameOf('s', { id: undefined, body, meaning }))).toBe(false);
  });

  it('without an id has one name within the window, however the calendar falls, and another afterwards', () => {
    const clock = openFakeClock(599_000);
    const names = openOccurrenceNames(clock, 600_000);
    const meaning = { channel: 'c', kind: 'fall', state: 'active' };
    const name = (body: string, id?: string) => names.nameOf('s', { id, body: Buffer.from(body), meaning }).occurrence;
    const first = name('{}');
    clock.advance(590_000);
    expect(name('{}')).toBe(first);
    expect(name('{ }')).not.toBe(first);
    clock.advance(20_000);
    expect(name('{}')).not.toBe(first);
    expect(name('{}', 'a')).toBe(name('[]', 'a'));
    expect(name('{}', 'a')).not.toBe(name('{}', 'b'));
    expect(names.nameOf('other', { id: 'a', body: Buffer.from('{}'), meaning }).occurrence).not.toBe(name('{}', 'a'));
  });
});
