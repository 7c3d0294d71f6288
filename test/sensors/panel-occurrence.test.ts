// Events without an end on a text line: named by the panel's own time, so that a line which is said again after a restart is the same event.
import { expect, it } from 'vitest';
import type { Report } from '#model';
import { sensorsOptions } from '#sensors/options';
import { seedPanel, stepPanel } from '../../src/sensors/line/panel.ts';
import { openReader } from '../../src/sensors/line/reader.ts';

const grammar = sensorsOptions.parse({
  grammars: {
    own: {
      patterns: [
        { says: 'alarm', kind: 'tamper', state: 'pulse', match: '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d) DOOR (?<door>\\d)' },
        { says: 'alarm', kind: 'tamper', state: 'pulse', match: '(?<hour>\\d\\d):(?<minute>\\d\\d) DOOR (?<door>\\d)' },
        { says: 'reset', match: 'RESET' },
        { says: 'alarm', kind: 'fire', match: '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d) FIRE' },
      ],
    },
  },
}).grammars['own'];
const noon = Date.UTC(2026, 10, 20, 3, 0, 30);

type Named = Pick<Report, 'occurrence' | 'occurrenceKind' | 'occurrenceAfter'>;
const minute = 60_000;

/** A gateway that was just started; how it names what lines say, that come so long after its start. */
function openPanel(wallAtStart = noon): (line: string, afterMs?: number) => Named | undefined {
  if (!grammar) throw new Error('no grammar');
  let state = seedPanel([]);
  return (line, afterMs = 0) => {
    const wallMs = wallAtStart + afterMs;
    const read = openReader(grammar).read(Buffer.from(line), wallMs);
    if (!read?.meaning) throw new Error('no meaning');
    const sinceBoot = { boot: 'b', ms: wallMs - noon + 3_600_000 };
    const step = stepPanel({ device: 'door-1', grammar }, state, { meaning: read.meaning, wallMs, monotonicMs: afterMs, sinceBoot });
    ({ state } = step);
    const [said] = step.says;
    return said && 'report' in said ? said.report : undefined;
  };
}

const occurrenceOf = (line: string, wallMs = noon): string | undefined => openPanel(wallMs)(line)?.occurrence;

it('names an event by the panel’s time to the second, its point and its facts, and nothing else', () => {
  const name = occurrenceOf('12:00:07 DOOR 1');
  expect(name).toMatch(/^line:[0-9a-f]{40}$/);
  expect(occurrenceOf('12:00:07 DOOR 1', noon + 60_000)).toBe(name);
  expect(occurrenceOf('12:00:08 DOOR 1')).not.toBe(name);
  expect(occurrenceOf('12:00:07 DOOR 2')).not.toBe(name);
  expect(occurrenceOf('12:00:07 DOOR 1', noon + 86_400_000)).not.toBe(name);
  expect(occurrenceOf('12:00 DOOR 1')).toMatch(/^line:[0-9a-f]{40}:b:0000003600000$/);
  expect(occurrenceOf('12:00:07 FIRE')).toBeUndefined();
});

it('loses no event of a panel whose clock stands still or is wrong: each has a name of its own, by our time', () => {
  const hear = openPanel();
  const names = Array.from({ length: 12 }, (_, call) => hear('12:00:07 DOOR 1', call * 11 * minute));
  expect(new Set(names.map((name) => name?.occurrence)).size).toBe(12);
  expect(names.map((name) => name?.occurrenceKind)).toEqual(['given', ...Array.from({ length: 11 }, () => 'derived')]);
  const wrong = openPanel(noon + 3 * 3_600_000);
  expect(wrong('12:00:07 DOOR 1')?.occurrenceKind).toBe('derived');
});

it('takes what is said again after a restart for the same for as long as it would have without one, and not behind a reset', () => {
  const first = openPanel()('12:00 DOOR 1');
  const again = openPanel(noon + 9 * minute)('12:00 DOOR 1');
  const isCovered = (name: Named | undefined): boolean =>
    name?.occurrenceAfter !== undefined && first?.occurrence !== undefined && name.occurrenceAfter < first.occurrence;
  expect(isCovered(again)).toBe(true);
  expect(isCovered(openPanel(noon + 11 * minute)('12:00 DOOR 1'))).toBe(false);
  const hear = openPanel(noon + 5 * minute);
  hear('RESET');
  expect(isCovered(hear('12:00 DOOR 1', minute))).toBe(false);
});
