// Events without an end on a text line: named by the panel's own time, so that a line which is said again after a restart is the same event.
import { expect, it } from 'vitest';
import { sensorsOptions } from '#sensors/options';
import { seedPanel, stepPanel } from '../../src/sensors/line/panel.ts';
import { openReader } from '../../src/sensors/line/reader.ts';

const grammar = sensorsOptions.parse({
  grammars: {
    own: {
      patterns: [
        { says: 'alarm', kind: 'tamper', state: 'pulse', match: '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d) DOOR (?<door>\\d)' },
        { says: 'alarm', kind: 'tamper', state: 'pulse', match: '(?<hour>\\d\\d):(?<minute>\\d\\d) DOOR (?<door>\\d)' },
        { says: 'alarm', kind: 'fire', match: '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d) FIRE' },
      ],
    },
  },
}).grammars['own'];
const noon = Date.UTC(2026, 10, 20, 3, 0, 30);

/** What a gateway that was just started says of one line. */
function occurrenceOf(line: string, wallMs = noon): string | undefined {
  if (!grammar) throw new Error('no grammar');
  const read = openReader(grammar).read(Buffer.from(line), wallMs);
  if (!read?.meaning) throw new Error('no meaning');
  const { says } = stepPanel({ device: 'door-1', grammar }, seedPanel([]), { meaning: read.meaning, wallMs, monotonicMs: 0 });
  const [said] = says;
  return said && 'report' in said ? said.report.occurrence : undefined;
}

it('names an event by the panel’s time to the second, its point and its facts, and nothing else', () => {
  const name = occurrenceOf('12:00:07 DOOR 1');
  expect(name).toMatch(/^line:[0-9a-f]{40}$/);
  expect(occurrenceOf('12:00:07 DOOR 1', noon + 60_000)).toBe(name);
  expect(occurrenceOf('12:00:08 DOOR 1')).not.toBe(name);
  expect(occurrenceOf('12:00:07 DOOR 2')).not.toBe(name);
  expect(occurrenceOf('12:00:07 DOOR 1', noon + 86_400_000)).not.toBe(name);
  expect(occurrenceOf('12:00 DOOR 1')).toBeUndefined();
  expect(occurrenceOf('12:00:07 FIRE')).toBeUndefined();
});
