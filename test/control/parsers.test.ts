// Times and durations of the command line as a table.
import { expect, it } from 'vitest';
import { openParsers } from '../../src/control/cli/parsers.ts';
import { speaker } from '../../src/control/messages/catalogue.ts';

const { duration, moment } = openParsers(speaker('en'));

it.each([
  ['2h', { agoMs: 7_200_000 }],
  ['2026-11-20', new Date(2026, 10, 20).getTime()],
  ['2026-11-20T13:00', new Date(2026, 10, 20, 13).getTime()],
  ['2026-11-20 13:00:05', new Date(2026, 10, 20, 13, 0, 5).getTime()],
  ['2026-11-20T13:00Z', Date.UTC(2026, 10, 20, 13)],
  ['2026-11-20T13:00+09:00', Date.UTC(2026, 10, 20, 4)],
])('reads %s', (text, expected) => {
  expect(moment(text)).toEqual(expected);
});

it.each(['', 'yesterday', '2026-13-40', '11-20', '-2h', '2026-11-20T25:00', '2h 3m'])('refuses %j as a time', (text) => {
  expect(() => moment(text)).toThrow();
});

it('reads durations with their unit alone', () => {
  expect(duration('90m')).toBe(5_400_000);
  expect(() => duration('90')).toThrow();
});
