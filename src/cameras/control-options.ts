// The section of the configuration on what the gateway may do with cameras besides looking and hearing.
import { z } from 'zod';
import { durationOption } from '#base';

export const controlOptions = z.strictObject({
  moveTimeout: durationOption({ min: '1s', max: '30s', default: '5s' }).describe(
    'Longest time that a camera moves on without being told again; then it stops by itself, also when the gateway has died (1s … 30s).',
  ),
  hold: durationOption({ min: '5s', max: '10m', default: '1m' }).describe(
    'How long after its last command a grant or a technician still holds a camera, so that nobody else moves it (5s … 10m).',
  ),
  idleLook: durationOption({ min: '500ms', max: '30s', default: '3s' }).describe(
    'Time between the two looks by which a camera of the policy idle-only is seen to rest (500ms … 30s).',
  ),
  relays: z
    .boolean()
    .default(false)
    .describe('Whether a technician may switch relay outputs of cameras: they may move gates, lamps and sirens. Default false: list only.'),
  pulseMax: durationOption({ min: '100ms', max: '10m', default: '30s' }).describe(
    'Longest pulse of a relay output; the gateway ends it (100ms … 10m).',
  ),
  setClocks: z
    .boolean()
    .default(false)
    .describe("Whether clocks of cameras that are off by more than clockTolerance and follow no NTP server are set to the gateway's."),
});

export type ControlOptions = z.output<typeof controlOptions>;
