// The room's section of the configuration.
import { z } from 'zod';
import { durationOption, sizeOption } from '#base';
import { controlOptions } from './control-options.ts';
import { discoveryOptions } from './discovery-options.ts';
import { eventOptions } from './event-options.ts';
import { refreshOptions, streamsOptions } from './profile-options.ts';
import { watchOptions } from './watch-options.ts';

/** Options of the cameras room. */
export const camerasOptions = z.strictObject({
  connectTimeout: durationOption({ min: '200ms', max: '30s', default: '5s' }).describe(
    'Longest time to a connection with a camera, HTTPS included (200ms … 30s).',
  ),
  requestTimeout: durationOption({ min: '500ms', max: '2m', default: '10s' }).describe(
    'Longest time to the first byte of an answer, and from there to its last (500ms … 2m); a pull takes its wait more.',
  ),
  maxReply: sizeOption({ min: '64KiB', max: '16MiB', default: '1MiB' }).describe(
    'Largest reply to requests other than pulls that is read (64KiB … 16MiB).',
  ),
  attempts: z.int().min(1).max(256).default(64).describe('How many cameras are being connected to at the same time (1 … 256).'),
  retryMin: durationOption({ min: '100ms', max: '10m', default: '2s' }).describe(
    'Shortest wait before a camera that failed is tried again (100ms … 10m).',
  ),
  retryMax: durationOption({ min: '1s', max: '1h', default: '1m' }).describe(
    'Longest wait before a camera that failed is tried again (1s … 1h).',
  ),
  lostAfter: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('After how many failed attempts in a row a camera is reported as lost or faulty (1 … 100).'),
  loginRetry: durationOption({ min: '1s', max: '24h', default: '5m' }).describe(
    'How long a refused login is not tried again at a camera, so that the account is not locked (1s … 24h).',
  ),
  factoryLogins: z
    .enum(['mark', 'withhold'])
    .default('mark')
    .describe(
      "What becomes of a camera that took its maker's factory password in an audit: mark tells of it and goes on, withhold gives no pictures of it until it is clean.",
    ),
  clockTolerance: durationOption({ min: '1s', max: '1h', default: '5s' }).describe(
    "From which offset on a camera's clock is reported as wrong (1s … 1h). Times are corrected in any case.",
  ),
  checkEvery: durationOption({ min: '1s', max: '1h', default: '1m' }).describe(
    'How often a camera without events is asked whether it is there (1s … 1h).',
  ),
  streams: streamsOptions.prefault({}).describe('Which of their streams are taken.'),
  refresh: refreshOptions.prefault({}).describe('When cameras are asked what they are and can do.'),
  watch: watchOptions.prefault({}).describe('How cameras are watched besides hearing them.'),
  events: eventOptions.prefault({}).describe('How events of cameras are heard.'),
  control: controlOptions.prefault({}).describe('What may be done with cameras besides looking and hearing.'),
  discovery: discoveryOptions.prefault({}).describe('How cameras are looked for.'),
});

export type CamerasOptions = z.output<typeof camerasOptions>;
