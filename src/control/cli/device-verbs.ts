// The verb about work on a device: maintenance, begun for a time with a reason, and ended.
import { exits, UsageFault, type Verb, withGateway } from './context.ts';
import { timeText } from './words.ts';

/** Options of `device maintenance`. */
export interface MaintenanceOptions {
  /** Milliseconds. */
  readonly for?: number;
  readonly reason?: string;
  readonly end?: boolean;
}

export const deviceMaintenanceVerb: Verb<MaintenanceOptions> = async (context, { for: forMs, reason, end = false }, device) => {
  const { say, screen } = context;
  if (end && forMs === undefined) {
    const answer = await withGateway(context, (client) => client.call('device.maintenance-end', { device, reason }));
    if (context.json) screen.json({ device, ...answer });
    else screen.line(say(answer.ended ? 'device.maintenanceOver' : 'device.notMaintained', { device }));
    return exits.done;
  }
  if (end || forMs === undefined || reason === undefined) throw new UsageFault(say('usage.maintenance'));
  const answer = await withGateway(context, (client) => client.call('device.maintenance', { device, forMs, reason }));
  if (context.json) screen.json({ device, ...answer });
  else screen.line(say('device.maintained', { device, time: timeText(answer.until) }));
  return exits.done;
};
