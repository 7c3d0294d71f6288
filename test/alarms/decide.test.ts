// The rule of an alarm's life as a table.
import { expect, it } from 'vitest';
import { type Act, decide, isRetry, type OpenState, type Sighting } from '../../src/alarms/decide.ts';

const standing: OpenState = { severity: 'critical', detail: { zone: 1 }, latched: false, ended: false };
const latched: OpenState = { ...standing, latched: true };
const ended: OpenState = { ...latched, ended: true };
const fresh: Sighting = { state: 'active', occurrence: undefined, severity: 'critical', detail: undefined };

const table: [string, Partial<Sighting>, OpenState | undefined, Act][] = [
  ['active, none open', {}, undefined, 'raise'],
  ['active and named, none open', { occurrence: 'k' }, undefined, 'raise'],
  ['active, open, nothing new', {}, standing, 'nothing'],
  ['active, open, the same detail', { detail: { zone: 1 } }, standing, 'nothing'],
  ['active, open, another detail', { detail: { zone: 2 } }, standing, 'update'],
  ['active, open, another severity', { severity: 'minor' }, standing, 'update'],
  ['active and named, open, nothing new', { occurrence: 'k' }, standing, 'update'],
  ['inactive, open', { state: 'inactive' }, standing, 'clear'],
  ['inactive, none open', { state: 'inactive' }, undefined, 'nothing'],
  ['inactive, latched', { state: 'inactive' }, latched, 'hold'],
  ['inactive again, latched', { state: 'inactive' }, ended, 'nothing'],
  ['active again after the end, latched', {}, ended, 'update'],
  ['active, latched, nothing new', {}, latched, 'nothing'],
  ['pulse, none open', { state: 'pulse' }, undefined, 'pulse'],
  ['pulse, open', { state: 'pulse', occurrence: 'k' }, standing, 'pulse'],
];

it.each(table)('%s', (_, changes, open, expected) => {
  expect(decide({ ...fresh, ...changes }, open)).toBe(expected);
});

const repeats: [string, Parameters<typeof isRetry>[0], string | undefined, boolean][] = [
  ['given, its alarm open', { state: 'active' }, 'a', true],
  ['given, its alarm cleared', { state: 'active' }, undefined, true],
  ['given, the end of an alarm that is over', { state: 'inactive' }, undefined, true],
  ['given, the end once more while another alarm stands', { state: 'inactive' }, 'b', true],
  ['derived, its alarm open', { state: 'active', occurrenceKind: 'derived' }, 'a', true],
  ['derived, its alarm cleared', { state: 'active', occurrenceKind: 'derived' }, undefined, false],
  ['derived, another alarm open', { state: 'active', occurrenceKind: 'derived' }, 'b', false],
  ['derived, the end of an alarm that is over', { state: 'inactive', occurrenceKind: 'derived' }, undefined, true],
  ['derived, the end while an alarm stands', { state: 'inactive', occurrenceKind: 'derived' }, 'b', false],
  ['derived, a pulse', { state: 'pulse', occurrenceKind: 'derived' }, 'b', true],
];

it.each(repeats)('a key seen before, %s', (_, sighting, open, expected) => {
  expect(isRetry(sighting, 'a', open)).toBe(expected);
});
