// Which streams of a camera are taken, and how often it is asked what it is: parts of the room's section of the configuration.
import { z } from 'zod';
import { isCalendar } from '#base';
import { idPattern } from '#model';

const size = z
  .string()
  .regex(/^\d{1,5}x\d{1,5}$/, 'expected WIDTHxHEIGHT, as 1920x1080')
  .transform((text) => {
    const [width = 0, height = 0] = text.split('x').map(Number);
    return width * height;
  });

const rule = (what: string) => ({
  codec: z
    .enum(['any', 'h264', 'h265', 'jpeg'])
    .default('any')
    .describe(`Codec of the ${what} stream that goes before all others; any takes H.264 and H.265 alike.`),
  maxSize: size.optional().describe(`Largest picture of the ${what} stream; a larger one is taken only where there is no other.`),
  maxKbps: z
    .int()
    .min(16)
    .max(1_000_000)
    .optional()
    .describe(`Highest bit rate of the ${what} stream in kbit/s (16 … 1000000); a higher one is taken only where there is no other.`),
});
const profileName = z.string().min(1).max(200);

/** How streams are chosen. */
export const streamsOptions = z.strictObject({
  main: z.strictObject(rule('main')).prefault({}).describe('The main stream.'),
  sub: z
    .strictObject({ ...rule('sub'), maxSize: size.prefault('1280x720').describe('Largest picture of the sub stream (default 1280x720).') })
    .prefault({})
    .describe('The sub stream.'),
  chosen: z
    .array(
      z.strictObject({
        camera: z.string().regex(idPattern).describe('Id of the camera.'),
        channel: z.int().min(1).max(1024).default(1).describe('Number of its channel (1 … 1024).'),
        main: profileName.optional().describe('Token or name of the profile for its main stream.'),
        sub: profileName.optional().describe('Token or name of the profile for its sub stream.'),
      }),
    )
    .max(4000)
    .default([])
    .describe('Profiles that were chosen by hand for single cameras; they go before the rules.'),
});

/** When cameras are asked at length. */
export const refreshOptions = z.strictObject({
  at: z
    .string()
    .default('20 4 * * *')
    .refine(isCalendar, 'expected five cron fields, as 20 4 * * *')
    .describe('When all cameras are asked anew what they are and can do: five cron fields, local time.'),
  atOnce: z.int().min(1).max(32).default(4).describe('How many cameras are asked at the same time (1 … 32).'),
});

export type StreamsOptions = z.output<typeof streamsOptions>;
