// What a camera may say, as plain values: notifications without XML, and how they are read.
import { type Circumstances, interpret, type Sighting } from '../../src/cameras/events/meaning.ts';
import { type Item, type Notification, plainTopic } from '../../src/cameras/events/notification.ts';

/** The time at which all of it is received. */
export const at = Date.UTC(2026, 10, 20, 4);
export const circumstances: Circumstances = {
  receivedAt: at,
  clockOffsetMs: 0,
  channels: new Map([
    ['src0', 1],
    ['src1', 2],
  ]),
  rules: () => undefined,
};
const items = (values: Record<string, string>): Item[] => Object.entries(values).map(([name, value]) => ({ name, value }));

/** A notification. */
export function said(
  topic: string,
  data: Record<string, string>,
  source: Record<string, string> = { Source: 'src0' },
  operation: Notification['operation'] = 'changed',
  utcTime = '2026-11-20T04:00:00Z',
): Notification {
  return { topic: plainTopic(topic), operation, utcTime, source: items(source), data: items(data), keyed: false };
}

/** What it says; throws when it says nothing. */
export function read(notification: Notification, more: Partial<Circumstances> = {}): Sighting {
  const result = interpret(notification, { ...circumstances, ...more });
  if (result.result !== 'sighting') throw new Error(result.result);
  return result.sighting;
}
