// A type of sensor, declared: its points, its rules, when it counts as silent, and its name in two languages.
import { z } from 'zod';
import { durationOption } from '#base';
import { text } from './option-fields.ts';
import { pointOption } from './template-point.ts';
import { type Rule, ruleOption } from './template-rule.ts';

const title = z.string().min(1).max(100);

/** One template, as a file of its own or under `sensors.templates`. */
export const templateOption = z
  .strictObject({
    title: z
      .strictObject({ ko: title.describe('In Korean.'), en: title.describe('In English.') })
      .optional()
      .describe('What it is, for people. Up to 100 characters each.'),
    maker: text('Maker of this type of sensor.'),
    model: text('Model of this type of sensor.'),
    points: z.array(pointOption).min(1).max(64).describe('What is read, 1 to 64 points.'),
    rules: z.array(ruleOption).max(64).default([]).describe('What the values mean, up to 64 rules.'),
    silence: z
      .strictObject({
        polls: z
          .int()
          .min(1)
          .max(100)
          .default(3)
          .describe('Of a sensor that is asked: polls without an answer until sensor-silent is raised. 1 to 100.'),
        after: durationOption({ min: '0s', max: '30d', default: '0s' }).describe(
          'Of a sensor that tells: time without a message until sensor-silent is raised. 0s to 30d; 0s: never.',
        ),
      })
      .prefault({})
      .describe('When the sensor counts as silent.'),
  })
  .refine(({ points }) => new Set(points.map(({ name }) => name)).size === points.length, 'two points have the same name')
  .refine(({ points, rules }) => rules.every((rule) => pointsOf(rule).every((name) => points.some((point) => point.name === name))), {
    message: 'a rule names no point of this template',
  })
  .refine(({ rules }) => new Set(rules.map(thingOf)).size === rules.length, { message: 'two rules raise the same thing on one channel' });
/** What a type of sensor says and means. */
export type Template = z.output<typeof templateOption>;

/** The channel of what a rule raises. */
export function channelOf(rule: Pick<Rule, 'channel' | 'point'>): string {
  return rule.channel ?? rule.point;
}

/** Every point that a rule looks at. */
export function pointsOf(rule: Pick<Rule, 'point' | 'when'>): readonly string[] {
  return [rule.point, ...(rule.when.atLeast?.of.map(({ point }) => point) ?? [])];
}

/** What a rule raises and where: no two rules of a template raise the same. */
export function thingOf(rule: Pick<Rule, 'channel' | 'point' | 'alarm' | 'as'>): string {
  return `${channelOf(rule)} ${rule.alarm ?? rule.as}`;
}
