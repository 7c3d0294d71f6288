// The alarms' section of the configuration.
import { z } from 'zod';
import { durationOption } from '#base';

export const alarmsOptions = z.strictObject({
  keep: durationOption({ min: '1d', max: '3650d', default: '30d' }).describe(
    'How long a cleared alarm stays readable on the gateway (`bongsu alarm list`), 1d to 3650d. Default 30d. What the hub has not confirmed is never removed by it.',
  ),
});
export type AlarmsOptions = z.output<typeof alarmsOptions>;
