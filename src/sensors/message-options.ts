// What every driver whose sensors tell has in common in the configuration: whom a message is from, and what it means.
import { z } from 'zod';
import { durationOption } from '#base';
import { severities } from '#model';
import { entriesOf, fieldsOf, id, identity, kind } from './option-fields.ts';
import { messagePath } from './template-point.ts';

/** Maps of messages that the product ships. */
export const shippedMaps = ['fall-webhook', 'chirpstack-v4'] as const;

export const messageMap = z.strictObject({
  id: messagePath('Where the message’s own id is; the same on every retry of one message.').optional(),
  time: messagePath(
    'Where the time of the event is: ISO 8601 with offset, or seconds or milliseconds since 1970. Leave out when the sender’s clock is not kept.',
  ).optional(),
  device: messagePath('Where the key of the device is, when the source speaks for many (devices).').optional(),
  root: messagePath('Where the values begin that a template’s paths lead on from; the message itself when left out.').optional(),
  detail: z
    .record(z.string().regex(/^[a-zA-Z][\w-]{0,31}$/), messagePath('Where the value is.'))
    .default({})
    .describe('Facts that travel with the alarm: name to path, at most 16.')
    .refine((value) => Object.keys(value).length <= 16, 'at most 16 facts'),
  rules: z
    .array(
      z.strictObject({
        kind: kind.describe('Kind of the alarm.'),
        channel: id('Channel of the alarm; the kind when left out').optional(),
        state: z
          .enum(['active', 'inactive', 'pulse'])
          .describe('What the message says: active raises, inactive clears, pulse is an event without an end.'),
        severity: z.enum(severities).optional().describe('Severity instead of the kind’s own.'),
        when: z
          .strictObject({
            path: messagePath('Where the value is.'),
            equals: z
              .array(z.union([z.string().max(200), z.number(), z.boolean()]))
              .min(1)
              .max(32)
              .describe('Values that mean it, 1 to 32.'),
          })
          .describe('When the rule fits.'),
      }),
    )
    .max(64)
    .default([])
    .describe(
      'What messages mean by themselves; the first rule that fits counts, a message that fits none is accepted and says nothing. Up to 64.',
    ),
});
/** What the messages of one source mean. */
export type MessageMap = z.output<typeof messageMap>;

/** The keys of a source that tells; a driver adds how it is reached. */
export const messageSource = {
  ...identity,
  id: id('Name of the source'),
  map: z
    .union([z.enum(shippedMaps), messageMap])
    .optional()
    .describe(`How its messages are made: a shipped map (${shippedMaps.join(', ')}) or one of its own. Left out: a bare object of values.`),
  template: z
    .string()
    .optional()
    .describe('What the sensor is: a shipped template, or a name under sensors.templates. Its paths lead to the values.'),
  devices: z
    .array(
      z.strictObject({
        ...identity,
        key: z.union([z.string().min(1).max(200), z.number()]).describe('Value at map.device that means this sensor.'),
        template: z.string().optional().describe('What this sensor is, instead of the source’s template.'),
      }),
    )
    .max(5000)
    .default([])
    .describe(
      'Where one source speaks for many sensors: whom map.device means, up to 5000. A message without that value is the source’s own (device above), one with another value is refused.',
    ),
  silentAfter: durationOption({ min: '0s', max: '30d', default: '0s' }).describe(
    'Without a message for so long, sensor-silent is raised, for the source and for each of its devices. 0s to 30d; 0s: as the template says.',
  ),
  repeatWindow: durationOption({ min: '1s', max: '1d', default: '10m' }).describe(
    'For messages without an id: the same body again within this time is the same message. 1s to 1d.',
  ),
};
const wholeSource = z.object(messageSource);
/** A source that tells, whichever way. */
export type MessageSourceOptions = z.output<typeof wholeSource>;

/** What is wrong between the keys of one source, whatever it is: message and path, at most one. `isKeyed`: a device's key comes beside the message too. */
export function clashOf(source: unknown, isKeyed = false): { readonly message: string; readonly path: string } | undefined {
  const { map, template, devices } = fieldsOf(source);
  // What is wrong by itself is said already.
  if (map !== undefined && !shippedMaps.some((name) => name === map) && fieldsOf(map) !== map) return undefined;
  const { rules, device: key } = fieldsOf(map);
  const members = entriesOf(devices);
  const hasRules = entriesOf(rules).length > 0 || map === 'fall-webhook';
  if (template === undefined && !hasRules && !members.some(([, member]) => member['template'] !== undefined))
    return { message: 'expected a template, or a map with rules', path: 'template' };
  const speaksForMany = isKeyed || map === 'chirpstack-v4' || key !== undefined;
  if (members.length > 0 ? !speaksForMany : key !== undefined) return { message: 'devices and map.device go together', path: 'devices' };
  return undefined;
}
