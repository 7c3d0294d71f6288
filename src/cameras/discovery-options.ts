// The section `cameras.discovery` of the configuration.
import { z } from 'zod';
import { durationOption, isCalendar, type Text } from '#base';
import { parseRange } from './ranges.ts';

const rangeForm: Text = {
  en: 'expected 10.0.0.5, 10.0.0.0/22 or 10.0.0.10-10.0.0.90',
  ko: '10.0.0.5, 10.0.0.0/22 또는 10.0.0.10-10.0.0.90 형식이어야 합니다',
};
const calendarForm: Text = { en: 'expected five cron fields: 30 3 * * 0', ko: 'cron 다섯 항목이어야 합니다: 30 3 * * 0' };

const range = z
  .string()
  .max(40)
  .refine((text) => parseRange(text) !== undefined, { params: { text: rangeForm }, error: rangeForm.en });

/** How cameras are looked for. */
export const discoveryOptions = z.strictObject({
  ranges: z
    .array(range)
    .max(256)
    .default([])
    .describe(
      'Ranges of addresses that `bongsu discover` looks at when it is given none, and the scheduled look: 10.0.0.5, 10.0.0.0/22 or 10.0.0.10-10.0.0.90; together up to 262144 addresses.',
    ),
  ports: z
    .array(z.int().min(1).max(65_535))
    .min(1)
    .max(16)
    .default([80, 443, 8080, 8000, 8899, 2020])
    .describe(
      'HTTP ports at which cameras are looked for where they do not answer to WS-Discovery, 1 to 16 ports; 443 and 8443 are asked over HTTPS.',
    ),
  interfaces: z
    .array(z.string().min(1).max(15))
    .max(32)
    .default([])
    .describe('Names of the network interfaces that are asked and listened to by multicast; none: all but loopback.'),
  listen: z
    .boolean()
    .default(true)
    .describe('Whether Hello and Bye of cameras are listened to, so that a camera that moved is found at once.'),
  schedule: z
    .string()
    .max(100)
    .refine(isCalendar, { params: { text: calendarForm }, error: calendarForm.en })
    .optional()
    .describe('When the ranges are looked at by themselves: five cron fields in local time. Left out: never.'),
  follow: z
    .boolean()
    .default(true)
    .describe('Whether a registered camera that has certainly moved is followed to its new address; false proposes it to a person.'),
  followAfter: durationOption({ min: '0s', max: '1h', default: '2m' }).describe(
    'How long its registered address must have been silent before a camera is followed to another one, 0s to 1h.',
  ),
  rate: z.int().min(10).max(50_000).default(5000).describe('New probes a second, UDP and TCP together, 10 to 50000.'),
  atOnce: z.int().min(16).max(16_384).default(4096).describe('Probes under way at the same time, 16 to 16384.'),
  wait: durationOption({ min: '200ms', max: '10s', default: '1200ms' }).describe(
    'How long an address may take to answer one probe, 200ms to 10s.',
  ),
  requestTimeout: durationOption({ min: '500ms', max: '30s', default: '5s' }).describe(
    'How long a host that was found may take to answer one question, 500ms to 30s.',
  ),
  port: z.int().min(1).max(65_535).default(3702).describe('UDP port of WS-Discovery.'),
});

export type DiscoveryOptions = z.output<typeof discoveryOptions>;
