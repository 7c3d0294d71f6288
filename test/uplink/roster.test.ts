// Who waits, in order: whoever leaves leaves nothing behind.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRoster, type Place } from '../../src/uplink/roster.ts';

describe('openRoster', () => {
  it('is what a list is from which anybody may go at any time', () => {
    const act = fc.oneof(fc.constant('add' as const), fc.constant('shift' as const), fc.nat(40));
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
        const roster = openRoster<number>();
        const places: Place<number>[] = [];
        let model: number[] = [];
        for (const [at, what] of acts.entries()) {
          if (what === 'add') {
            places.push(roster.add(at));
            model.push(at);
          } else if (what === 'shift') expect(roster.shift()).toBe(model.shift());
          else {
            const place = places[what];
            const item = place?.item;
            expect(place !== undefined && roster.leave(place)).toBe(item !== undefined && model.includes(item));
            model = model.filter((each) => each !== item);
          }
          expect([roster.size, roster.first, roster.all()]).toEqual([model.length, model[0], model]);
        }
      }),
    );
  });

  it('holds nothing in a place that was left, nor lets it point on: old ones would keep all that came after', () => {
    const roster = openRoster<object>();
    const places = [roster.add({}), roster.add({}), roster.add({})];
    roster.shift();
    for (const place of places.slice(1)) roster.leave(place);
    for (const place of places) expect(Object.values(place).every((value) => value === undefined)).toBe(true);
    expect(roster.leave(places[0] as Place<object>)).toBe(false);
  });

  it('does not take the place of another', () => {
    const [one, other] = [openRoster<string>(), openRoster<string>()];
    const place = one.add('a');
    expect([other.leave(place), one.size, other.size]).toEqual([false, 1, 0]);
  });
});
