// The webhook half of the sensors' section: who may send, and what messages mean.
import { z } from 'zod';
import { durationOption, secretOption } from '#base';
import { severities } from '#model';
import { id, identity, kind } from './option-fields.ts';

/** Maps for webhook senders that the product ships. */
export const shippedWebhookTemplates = ['fall-webhook'] as const;

const jsonPath = (what: string) =>
  z
    .string()
    .max(200)
    .regex(/^[^.[\]\s]+(\[\d{1,4}\])*(\.[^.[\]\s]+(\[\d{1,4}\])*){0,7}$/, 'expected a path like payload.events[0].type')
    .describe(`${what} Written like payload.events[0].type, at most 8 names.`);

export const webhookMap = z.strictObject({
  id: jsonPath('Where the message’s own id is; the same on every retry of one message.').optional(),
  time: jsonPath(
    'Where the time of the event is: ISO 8601 with offset, or seconds or milliseconds since 1970. Leave out when the sender’s clock is not kept.',
  ).optional(),
  device: jsonPath('Where the key of the device is, when the source speaks for many (devices).').optional(),
  detail: z
    .record(z.string().regex(/^[a-zA-Z][\w-]{0,31}$/), jsonPath('Where the value is.'))
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
            path: jsonPath('Where the value is.'),
            equals: z
              .array(z.union([z.string().max(200), z.number(), z.boolean()]))
              .min(1)
              .max(32)
              .describe('Values that mean it, 1 to 32.'),
          })
          .describe('When the rule fits.'),
      }),
    )
    .min(1)
    .max(64)
    .describe('What messages mean; the first rule that fits counts, a message that fits none is accepted and says nothing. 1 to 64.'),
});

const source = z
  .strictObject({
    ...identity,
    id: id('Name of the source; it sends to POST /webhook/NAME'),
    token: secretOption().describe(
      'Bearer token of the source, 16 to 256 characters without spaces: { file: PATH } or { credential: NAME }.',
    ),
    template: z
      .string()
      .optional()
      .describe(`A shipped map: ${shippedWebhookTemplates.join(', ')}. Either this or map.`),
    map: webhookMap.optional().describe('What its messages mean. Either this or template.'),
    devices: z
      .array(
        z.strictObject({
          ...identity,
          key: z.union([z.string().min(1).max(200), z.number()]).describe('Value at map.device that means this sensor.'),
        }),
      )
      .max(5000)
      .default([])
      .describe(
        'Where one source speaks for many sensors: whom map.device means, up to 5000. A message without that value is the source’s own (device above), one with another value is refused.',
      ),
    silentAfter: durationOption({ min: '0s', max: '30d', default: '0s' }).describe(
      'Without a message for so long, sensor-silent is raised, for the source and for each of its devices. 0s to 30d; 0s: never.',
    ),
    repeatWindow: durationOption({ min: '1s', max: '1d', default: '10m' }).describe(
      'For messages without an id: the same body again within this time is the same message. 1s to 1d.',
    ),
  })
  .refine(({ token }) => typeof token !== 'string' || /^[\x21-\x7e]{16,256}$/.test(token), {
    message: 'a token has 16 to 256 printable characters without spaces',
    path: ['token'],
  })
  .refine((value) => (value.template === undefined) !== (value.map === undefined), 'expected exactly one of template, map')
  .refine((value) => value.template === undefined || shippedWebhookTemplates.some((name) => name === value.template), {
    message: `expected one of ${shippedWebhookTemplates.join(', ')}`,
    path: ['template'],
  })
  .refine((value) => value.devices.length > 0 === (value.map?.device !== undefined), {
    message: 'devices and map.device go together',
    path: ['devices'],
  });

export const webhookOptions = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).max(253).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for all.'),
      port: z.int().min(0).max(65_535).default(8480).describe('TCP port, 1 to 65535; 0 takes any that is free.'),
    })
    .prefault({})
    .describe('Where the sources send to.'),
  tls: z
    .strictObject({
      cert: z.string().min(1).max(4096).describe('PEM file with the certificate and its chain.'),
      key: secretOption().describe('Private key in PEM: { file: PATH } or { credential: NAME }.'),
    })
    .optional()
    .describe('HTTPS instead of HTTP; needed wherever the way to the gateway is not trusted, for tokens travel on it.'),
  sources: z.array(source).min(1).max(100).describe('Who may send, 1 to 100.'),
});
