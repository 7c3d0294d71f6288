// The alarms' two sections of the configuration: what is told of them, and how long they are remembered.
import { z } from 'zod';
import { durationOption } from '#base';
import { type AlarmKind, alarmKinds } from '#model';

/** A fire panel and a detector latch by themselves: of these kinds only the report decides. */
const fireKinds: readonly AlarmKind[] = ['smoke', 'heat', 'fire', 'fire-panel'];
const latchable = (Object.keys(alarmKinds) as AlarmKind[]).filter((kind) => !fireKinds.includes(kind));

export const historyOptions = z.strictObject({
  keep: durationOption({ min: '1d', max: '3650d', default: '30d' }).describe(
    'How long a cleared alarm stays readable on the gateway (`bongsu alarm list`), 1d to 3650d. Default 30d. What the hub has not confirmed is never removed by it.',
  ),
});
export type HistoryOptions = z.output<typeof historyOptions>;

export const alarmsOptions = z.strictObject({
  floodLimit: z
    .int()
    .min(5)
    .max(6000)
    .default(60)
    .describe(
      'How many steps of alarms of one device and kind are told one by one in a minute, 5 to 6000. Default 60. The rest is counted and told as one; critical alarms are never held back.',
    ),
  latch: z
    .array(z.enum(latchable as [AlarmKind, ...AlarmKind[]]))
    .max(latchable.length)
    .default([])
    .describe(
      'Kinds of alarms that stand until a person resets them (`bongsu alarm clear`, or the hub), also when the device says that it is over. Default none. Fire kinds latch only where the device says so.',
    ),
});
