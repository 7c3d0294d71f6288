// The section `cameras.watch` of the configuration: how pictures are watched, and what is told as one.
import { z } from 'zod';
import { durationOption } from '#base';

const pictureOptions = z.strictObject({
  answerEvery: durationOption({ min: '5s', max: '24h', default: '10m' }).describe(
    'How often each channel is asked over RTSP to describe its main stream; no picture is fetched for it (5s … 24h).',
  ),
  frameEvery: durationOption({ min: '5s', max: '7d', default: '2h' }).describe(
    'How often the first frame of the sub stream of each channel is awaited; it stays in memory, and the look is on the audit (5s … 7d).',
  ),
  timeout: durationOption({ min: '1s', max: '1m', default: '10s' }).describe('Longest time of one such look (1s … 1m).'),
  atOnce: z.int().min(1).max(32).default(8).describe('How many such looks there are at the same time (1 … 32).'),
  lostAfter: z
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe('After how many failed looks in a row a channel is reported as without pictures (1 … 10).'),
});

const groupOptions = z.strictObject({
  least: z.int().min(2).max(1000).default(4).describe('How many cameras of one group must be lost together to be told as one (2 … 1000).'),
  share: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.5)
    .describe('Which share of the cameras of a group must be lost together to be told as one (0.05 … 1).'),
  settle: durationOption({ min: '1s', max: '1h', default: '2m' }).describe(
    'How long the cameras of a group have to come back before those still missing are told alone (1s … 1h).',
  ),
  recheck: durationOption({ min: '1s', max: '10m', default: '10s' }).describe(
    'How often a lost group is asked whether it is back (1s … 10m).',
  ),
});

/** How cameras are watched besides hearing them. */
export const watchOptions = z.strictObject({
  pictures: pictureOptions.prefault({}).describe('How it is seen whether pictures come.'),
  groups: groupOptions
    .prefault({})
    .describe('When cameras behind one switch (`camera add --group`, else of one /24 network) are told as one instead of one by one.'),
  certificateDays: z
    .int()
    .min(1)
    .max(365)
    .default(30)
    .describe('How many days before its end the certificate of a camera that is reached by HTTPS is reported (1 … 365).'),
});

export type WatchOptions = z.output<typeof watchOptions>;
