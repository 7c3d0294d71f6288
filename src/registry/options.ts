// The configuration of the response to an alarm: which cameras are opened ahead of the hub's question.
import { z } from 'zod';
import { durationOption } from '#base';
import { idPattern, severities } from '#model';

const cameraRef = z
  .string()
  .regex(/^[a-z0-9-]{1,40}(\/[1-9]\d{0,3})?$/, 'expected CAMERA or CAMERA/CHANNEL')
  .transform((text) => {
    const [camera = '', channel = '1'] = text.split('/');
    return { camera, channel: Number(channel) };
  });

const link = z.strictObject({
  device: z.string().regex(idPattern).describe('Id of the sensor or camera that raises the alarm.'),
  cameras: z
    .array(cameraRef)
    .min(1)
    .max(16)
    .describe('Cameras that see what stands there, 1 to 16, the most telling first: CAMERA, or CAMERA/CHANNEL.'),
});

const prewarm = z.strictObject({
  links: z
    .array(link)
    .max(5000)
    .default([])
    .describe('Which cameras belong to a device, up to 5000 devices. They go before those that the sensor itself names, and those nearby.'),
  radiusMetres: z
    .number()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('Cameras so near to the place of the device are opened too, the nearest first, 0 to 10000 metres. Default 0: none.'),
  cameras: z.int().min(1).max(16).default(2).describe('Cameras that are opened for one alarm, 1 to 16. Default 2.'),
  severity: z.enum(severities).default('critical').describe('Least severe alarm that opens cameras. Default critical.'),
  quality: z.enum(['main', 'sub']).default('main').describe('Which stream is opened: the one that the hub asks for. Default main.'),
  keep: durationOption({ min: '5s', max: '5m', default: '30s' }).describe(
    'How long a camera is kept open for the hub to ask, 5s to 5m. Default 30s.',
  ),
  perMinute: z
    .int()
    .min(1)
    .max(600)
    .default(20)
    .describe('Cameras that are opened so in a minute, 1 to 600; beyond it none is. Default 20.'),
});

/** Options of the response. `{}` is complete: nothing is opened ahead. */
export const responseOptions = z.strictObject({
  prewarm: prewarm
    .prefault({})
    .describe('Cameras that are opened ahead when an alarm is raised, so that the first picture is there at once. Nobody sees them.'),
});

export type ResponseOptions = z.output<typeof responseOptions>;
