// What a template says of one rule: when it is active, how long that must last, and what it then raises.
import { z } from 'zod';
import { durationOption, hoursOption, sameText, statedDuration } from '#base';
import { alarmKinds, type ConditionKind, severities } from '#model';
import { id, kind } from './option-fields.ts';

const after = (what: string) =>
  z
    .strictObject({
      count: z.int().min(1).max(100).default(1).describe('Values in a row that must agree. 1 to 100.'),
      time: durationOption({ min: '0s', max: '1d', default: '0s' }).describe('How long they must agree. 0s to 1d.'),
    })
    .prefault({})
    .describe(what);

const clearAtFits = 'clearAt goes with above (at or under it) or below (at or over it)';
const threshold = {
  equals: z.union([z.boolean(), z.number()]).optional().describe('Active while the value is this one; true or false for a bit.'),
  above: z.number().optional().describe('Active from above this value.'),
  below: z.number().optional().describe('Active from below this value.'),
};

const clearAt = z.number().optional().describe('With above or below: inactive again only at this value or beyond (hysteresis).');

/** Whether an end lies beyond what raises. */
function isBeyond({
  above,
  below,
  clearAt,
}: {
  above?: number | undefined;
  below?: number | undefined;
  clearAt?: number | undefined;
}): boolean {
  if (clearAt === undefined) return true;
  return above === undefined ? below !== undefined && clearAt >= below : clearAt <= above;
}

/** Whether a band has no value that raises. */
function isApart({ equals, above, below, between, clearBetween }: Bounds): boolean {
  if (!clearBetween) return true;
  const [low, high] = clearBetween;
  if (equals !== undefined) return Number(equals) < low || Number(equals) > high;
  if (above !== undefined) return high <= above;
  if (below !== undefined) return low >= below;
  return between !== undefined && (high < between[0] || low > between[1]);
}

interface Bounds {
  readonly equals?: number | boolean | undefined;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  readonly between?: readonly [number, number] | undefined;
  readonly clearBetween?: readonly [number, number] | undefined;
}

const move = (way: string) =>
  z
    .strictObject({
      by: z.number().positive().describe('How much, in the point’s unit. Above 0.'),
      within: statedDuration({ min: '1s', max: '7d' }).describe('In how long. 1s to 7d.'),
    })
    .optional()
    .describe(`Active while the value has ${way} so much in so long.`);

const when = z
  .strictObject({
    ...threshold,
    clearAt,
    clearBetween: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'expected the lower bound first')
      .optional()
      .describe(
        'With equals, above, below or between: inactive again only at a value between these two, both included. Left out: at every value that does not raise. For what must not end because a wire burns: the band of the normal state.',
      ),
    between: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'expected the lower bound first')
      .optional()
      .describe('Active while the value lies between these two, both included: a supervised line shows by its resistance what it is.'),
    margin: z.number().positive().optional().describe('With between: inactive again only so far outside of it (hysteresis). Above 0.'),
    rises: move('risen'),
    falls: move('fallen'),
    stuckFor: statedDuration({ min: '1s', max: '30d' })
      .optional()
      .describe('Active when the value has not changed at all for so long while the sensor answers. 1s to 30d.'),
    atLeast: z
      .strictObject({
        count: z.int().min(1).max(16).describe('How many of them must hold. 1 to 16.'),
        of: z
          .array(
            z
              .strictObject({ point: z.string().describe('Name of the point.'), ...threshold, clearAt })
              .refine((value) => countOf([value.equals, value.above, value.below]) === 1, 'expected exactly one of equals, above, below')
              .refine(isBeyond, clearAtFits),
          )
          .min(1)
          .max(16)
          .describe('The parts, 1 to 16; each looks at the newest value of its point.'),
        within: durationOption({ min: '1s', max: '30d', default: '1h' }).describe(
          'How old a value may be to count, 1s to 30d. A point that is older, or out of its range, neither raises nor ends anything.',
        ),
      })
      .refine(({ count, of }) => count <= of.length, 'count is larger than the number of parts')
      .optional()
      .describe('Active while enough of several points say so (two of three).'),
  })
  .refine(
    ({ equals, above, below, between, rises, falls, stuckFor, atLeast }) =>
      countOf([equals, above, below, between, rises, falls, stuckFor, atLeast]) === 1,
    { message: 'expected exactly one of equals, above, below, between, rises, falls, stuckFor, atLeast' },
  )
  .refine(({ between, margin }) => margin === undefined || between !== undefined, 'margin goes with between')
  .refine(isBeyond, clearAtFits)
  .refine(isApart, 'clearBetween goes with equals, above, below or between, and has no value that raises')
  .describe('When the rule is active.');

const words = z.string().min(1).max(200);
/** Conditions that a rule may raise. */
const faultKinds = ['sensor-fault', 'battery-low', 'power-fault'] as const satisfies readonly ConditionKind[];

/** One rule of a template. */
export const ruleOption = z
  .strictObject({
    point: z.string().describe('Name of the point that is judged; with atLeast, of the point whose channel the alarm has.'),
    channel: id('Channel of the alarm or fault; the point’s name when left out').optional(),
    alarm: kind.optional().describe('Kind of the alarm to raise. Either this or fault.'),
    fault: z
      .union([words.transform(sameText), z.strictObject({ ko: words.describe('In Korean.'), en: words.describe('In English.') })])
      .optional()
      .describe('Instead of an alarm: raises a condition with this text, one for all or ko and en. Up to 200 characters each.'),
    as: z
      .enum(faultKinds)
      .default('sensor-fault')
      .describe('Kind of the condition that a fault raises: sensor-fault, battery-low or power-fault.'),
    severity: z.enum(severities).optional().describe('Severity of the alarm instead of the kind’s own.'),
    when,
    raiseAfter: after('Debounce before it is raised.'),
    clearAfter: after('Debounce before it is cleared.'),
    hold: durationOption({ min: '0s', max: '1d', default: '0s' }).describe('Once raised it stands for so long at least. 0s to 1d.'),
    quiet: durationOption({ min: '0s', max: '1d', default: '0s' }).describe(
      'After its end it is not raised again for so long, unless it then still stands; what was suppressed is counted. Not for critical alarms. 0s to 1d.',
    ),
    during: z.array(hoursOption).min(1).max(16).optional().describe('Hours at which it holds, 1 to 16 windows. Left out: always.'),
    latch: z.boolean().optional().describe('true: the alarm stands until a person resets it. Left out: as alarms.latch says of its kind.'),
  })
  .refine((value) => (value.alarm === undefined) !== (value.fault === undefined), 'expected exactly one of alarm, fault')
  .refine((value) => value.alarm !== undefined || value.latch === undefined, 'latch goes with alarm')
  .refine((value) => value.alarm === undefined || value.quiet === 0 || (value.severity ?? alarmKinds[value.alarm]) !== 'critical', {
    message: 'quiet is not for critical alarms',
  });
export type Rule = z.output<typeof ruleOption>;

function countOf(parts: readonly unknown[]): number {
  return parts.filter((part) => part !== undefined).length;
}
