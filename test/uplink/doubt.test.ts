// When a final refusal is believed: about one entry soon, about all of them only after a while.
import { describe, expect, it } from 'vitest';
import { knownOf, openDoubt as openRealDoubt } from '../../src/uplink/doubt.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { alarmEntry } from './site.ts';

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `e-${index}`);

/** By ids; `a/x` is of the kind a. */
function openDoubt(clock = openFakeClock(0)) {
  const doubt = openRealDoubt(clock);
  const entry = (id: string) => {
    const [kind = '', name = kind] = id.split('/');
    return knownOf({ ...alarmEntry({ kind: (id.includes('/') ? kind : `kind-of-${name}`) as 'smoke' }), id });
  };
  return { refused: (id: string) => doubt.refused(entry(id)), took: (id: string) => doubt.took(entry(id)) };
}

describe('openDoubt', () => {
  it('believes the third refusal of one entry', () => {
    const doubt = openDoubt();
    expect([1, 2, 3].map(() => doubt.refused('a'))).toEqual([false, false, true]);
  });

  it('believes at once what it has believed of the like, until one of these is taken', () => {
    const doubt = openDoubt();
    for (const last of [false, false, true]) expect(doubt.refused('motion/1')).toBe(last);
    doubt.took('smoke/1');
    expect([doubt.refused('motion/2'), doubt.refused('smoke/2')]).toEqual([true, false]);
    doubt.took('motion/3');
    expect(doubt.refused('motion/4')).toBe(false);
  });

  it('begins to be patient anew when nothing was asked for ten minutes', () => {
    const clock = openFakeClock(0);
    const doubt = openDoubt(clock);
    for (const id of ids(9)) doubt.refused(id);
    clock.advance(600_000);
    expect(doubt.refused('e-3')).toBe(false);
    clock.advance(599_999);
    expect(doubt.refused('e-4')).toBe(false);
    clock.advance(1);
    expect(doubt.refused('e-5')).toBe(true);
  });

  it('believes nothing of eight in a row, until one is taken', () => {
    const doubt = openDoubt();
    const all = ids(8);
    for (let turn = 0; turn < 5; turn += 1) expect(all.map((id) => doubt.refused(id))).toEqual(all.map(() => false));
    doubt.took('e-0');
    expect(all.slice(1).map((id) => doubt.refused(id))).toEqual(all.slice(1).map(() => true));
    expect(doubt.refused('e-0')).toBe(false);
  });

  it('begins to count anew with one that is taken', () => {
    const doubt = openDoubt();
    for (const id of ids(7)) doubt.refused(id);
    doubt.took('well');
    for (const id of ids(7).map((name) => `next-${name}`)) for (const last of [false, false, true]) expect(doubt.refused(id)).toBe(last);
  });

  it('believes all after ten minutes in which none was taken', () => {
    const clock = openFakeClock(0);
    const doubt = openDoubt(clock);
    for (const id of ids(9)) doubt.refused(id);
    for (let minute = 0; minute < 10; minute += 1) {
      expect(doubt.refused('e-3')).toBe(false);
      clock.advance(60_000);
    }
    expect(doubt.refused('e-3')).toBe(true);
    expect(doubt.refused('new')).toBe(true);
    doubt.took('e-4');
    expect(doubt.refused('another')).toBe(false);
  });

  it('remembers so many entries, and no more', () => {
    const doubt = openDoubt();
    doubt.refused('first');
    doubt.refused('first');
    for (let index = 0; index < 20_000; index += 1) doubt.refused(`flood-${index}`);
    doubt.took('flood-0');
    expect(doubt.refused('first')).toBe(false);
  });
});
