// The rule of an alarm's life as a table.
import { expect, it } from 'vitest';
import { type Act, decide, type Sighting, type Standing } from '../../src/alarms/decide.ts';

const standing: Standing = { severity: 'critical', detail: { zone: 1 } };
const fresh: Sighting = { state: 'active', occurrence: undefined, severity: 'critical', detail: undefined };

const table: [string, Partial<Sighting>, Standing | undefined, Act][] = [
  ['active, none open', {}, undefined, 'raise'],
  ['active and named, none open', { occurrence: 'k' }, undefined, 'raise'],
  ['active, open, nothing new', {}, standing, 'nothing'],
  ['active, open, the same detail', { detail: { zone: 1 } }, standing, 'nothing'],
  ['active, open, another detail', { detail: { zone: 2 } }, standing, 'update'],
  ['active, open, another severity', { severity: 'minor' }, standing, 'update'],
  ['active and named, open, nothing new', { occurrence: 'k' }, standing, 'update'],
  ['inactive, open', { state: 'inactive' }, standing, 'clear'],
  ['inactive, none open', { state: 'inactive' }, undefined, 'nothing'],
  ['pulse, none open', { state: 'pulse' }, undefined, 'pulse'],
  ['pulse, open', { state: 'pulse', occurrence: 'k' }, standing, 'pulse'],
];

it.each(table)('%s', (_, changes, open, expected) => {
  expect(decide({ ...fresh, ...changes }, open)).toBe(expected);
});
