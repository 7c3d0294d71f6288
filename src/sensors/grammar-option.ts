// A grammar of text lines, declared: how they are framed and written, and what each means.
import { z } from 'zod';
import { durationOption, sameText } from '#base';
import { type ConditionKind, severities } from '#model';
import { kind, text } from './option-fields.ts';

/** Groups that are the panel's own time and no facts. */
export const timeGroups: readonly string[] = ['year', 'month', 'day', 'hour', 'minute', 'second', 'half'];

const bytes = (what: string) =>
  z
    .string()
    .min(1)
    .max(16)
    .regex(/^[\0-\xff]+$/, 'expected characters up to \\xff')
    .describe(`${what} One character is one byte, written like "\\r\\n" or "\\x03". 1 to 16.`);
const pause = durationOption({ min: '10ms', max: '1m', default: '2s' }).describe(
  'So long without a byte, and what was begun is given up: a line is not put together of two halves. 10ms to 1m.',
);
const framing = z
  .discriminatedUnion('by', [
    z.strictObject({
      by: z.literal('delimiter').describe('A frame ends with a delimiter.'),
      delimiters: z
        .array(bytes('The delimiter.'))
        .min(1)
        .max(8)
        .default(['\r\n', '\n', '\r'])
        .describe('Delimiters, 1 to 8; the longest that fits counts.'),
      pause,
    }),
    z.strictObject({
      by: z.literal('marks').describe('A frame stands between two marks; what is outside is passed over.'),
      start: bytes('Before the text.'),
      end: bytes('After the text.'),
      pause,
    }),
    z.strictObject({
      by: z.literal('length').describe('All frames are equally long.'),
      bytes: z.int().min(1).max(4096).describe('Bytes of a frame. 1 to 4096.'),
      pause,
    }),
    z.strictObject({
      by: z.literal('idle').describe('A frame ends when nothing more comes for a while.'),
      after: durationOption({ min: '10ms', max: '10s', default: '300ms' }).describe('How long nothing comes. 10ms to 10s.'),
      delimiters: z
        .array(bytes('A delimiter that ends it at once.'))
        .max(8)
        .default([])
        .describe('Delimiters that end it at once, up to 8.'),
    }),
  ])
  .prefault({ by: 'delimiter' })
  .describe('How the bytes are cut into lines; a frame has at most 4 KiB.');
/** How bytes are cut. */
export type Framing = z.output<typeof framing>;

const channel = z
  .string()
  .min(1)
  .max(100)
  .regex(/^(?:[a-z0-9-]|\{[a-zA-Z]\w{0,31}\})+$/, 'expected a–z, 0–9, hyphen and {group}')
  .describe('Channel; {group} stands for what the group caught: zone-{zone}. Up to 100 characters.');
const words = z.string().min(1).max(200);
const match = z
  .string()
  .min(1)
  .max(1000)
  .describe(
    'Regular expression (RE2: no look-around, no back references) that the whole line must fit; its named groups travel as facts. Up to 1000 characters.',
  );
const state = z.enum(['active', 'inactive']).default('active').describe('active raises, inactive clears.');
const faultKinds = ['sensor-fault', 'battery-low', 'power-fault'] as const satisfies readonly ConditionKind[];

const pattern = z
  .discriminatedUnion('says', [
    z.strictObject({
      says: z.literal('alarm').describe('An alarm.'),
      match,
      kind: kind.describe('Kind of the alarm.'),
      channel: channel.optional(),
      state: z
        .enum(['active', 'inactive', 'pulse'])
        .default('active')
        .describe('active raises, inactive clears, pulse is an event without an end.'),
      severity: z.enum(severities).optional().describe('Severity instead of the kind’s own.'),
    }),
    z.strictObject({
      says: z.literal('fault').describe('A condition of the panel.'),
      match,
      as: z.enum(faultKinds).default('sensor-fault').describe('Kind of the condition: sensor-fault, battery-low or power-fault.'),
      channel: channel.optional(),
      state,
      fault: z
        .union([words.transform(sameText), z.strictObject({ ko: words.describe('In Korean.'), en: words.describe('In English.') })])
        .describe('What is wrong, one text for all or ko and en; {group} stands for what the group caught. Up to 200 characters each.'),
    }),
    z.strictObject({
      says: z.literal('reset').describe('The panel was reset: its alarms are over.'),
      match,
      of: z.enum(['alarms', 'all']).default('alarms').describe('What is over: alarms, or all, with the faults heard since the start.'),
    }),
    z.strictObject({ says: z.literal('values').describe('Values for the line’s template, by group.'), match }),
    z.strictObject({ says: z.literal('heartbeat').describe('The panel lives.'), match }),
    z.strictObject({ says: z.literal('ignore').describe('Known, and of no interest.'), match }),
  ])
  .superRefine((value, context) => {
    const groups = groupsOf(value.match);
    const used = [
      ...('channel' in value ? (value.channel ?? '').matchAll(/\{(\w+)\}/g) : []),
      ...('fault' in value ? `${value.fault.ko}${value.fault.en}`.matchAll(/\{(\w+)\}/g) : []),
    ].map((found) => found[1] ?? '');
    if (groups === undefined)
      context.addIssue({
        code: 'custom',
        message: 'expected a regular expression without look-around or back references',
        path: ['match'],
      });
    else if (groups.length > 24) context.addIssue({ code: 'custom', message: 'at most 24 named groups', path: ['match'] });
    else
      for (const name of used.filter((each) => !groups.includes(each)))
        context.addIssue({ code: 'custom', message: `the expression has no group ${name}`, path: ['match'] });
  });
/** What one kind of line means. */
export type Pattern = z.output<typeof pattern>;

const plainGrammar = z.strictObject({
  title: z
    .strictObject({ ko: words.describe('In Korean.'), en: words.describe('In English.') })
    .optional()
    .describe('What speaks it, for people. Up to 200 characters each.'),
  maker: text('Maker of the panel.'),
  model: text('Model of the panel.'),
  framing,
  charset: z
    .enum(['utf-8', 'cp949', 'gb18030'])
    .default('utf-8')
    .describe('How the text is written: utf-8, cp949 (Korean) or gb18030 (with GB2312, Chinese).'),
  codes: z
    .enum(['strip', 'keep'])
    .default('strip')
    .describe('strip: printer codes (ESC/P), terminal codes and control characters are taken out. keep: they stay.'),
  checksum: z.enum(['none', 'nmea']).default('none').describe('nmea: a line whose *hh does not fit is not believed.'),
  clock: z
    .enum(['receipt', 'panel'])
    .default('receipt')
    .describe(
      'Whose time counts: receipt (the panel’s travels as panelTime), or panel, where its clock is kept and no more than 7 days behind or 5 minutes ahead.',
    ),
  zone: z
    .string()
    .regex(/^[+-](0\d|1[0-4]):[0-5]\d$/, "expected an offset like '+09:00'")
    .default('+09:00')
    .describe("Offset of the panel's clock from UTC."),
  repeatWindow: durationOption({ min: '0s', max: '1d', default: '10m' }).describe(
    'What a line says again within this time, whatever its own time, is the same occurrence. 0s to 1d.',
  ),
  silentAfter: durationOption({ min: '0s', max: '30d', default: '0s' }).describe(
    'Without a line that is understood for so long, sensor-silent is raised. 0s to 30d; 0s: never.',
  ),
  address: z
    .string()
    .regex(/^[a-zA-Z]\w{0,31}$/)
    .optional()
    .describe('Group that says which panel of the line speaks: its text is the key of one of the line’s devices. Up to 32 characters.'),
  patterns: z.array(pattern).min(1).max(64).describe('What lines mean; the first that fits the whole line counts. 1 to 64.'),
});
/** One grammar, as a file of its own or under `sensors.grammars`. */
export const grammarOption = plainGrammar.refine(
  ({ address, patterns }) => address === undefined || patterns.some(({ match: expression }) => groupsOf(expression)?.includes(address)),
  { message: 'no expression has a group of this name', path: ['address'] },
);
/** How a panel speaks. */
export type Grammar = z.output<typeof grammarOption>;

/** Names of the groups of an expression; undefined when it is none, or one of those that RE2 has not. */
function groupsOf(expression: string): readonly string[] | undefined {
  if (/\(\?<?[=!]|\\[1-9]|\\k</.test(expression)) return undefined;
  try {
    return Object.keys(new RegExp(`${expression}|`).exec('')?.groups ?? {});
  } catch {
    return undefined;
  }
}
