// Samples of what nobody understands yet: for each topic of the site one message as XML, bounded, in memory until the daemon ends.
import { writeXml } from '../xml/index.ts';
import type { Notification } from './notification.ts';

/** One message of a topic, or of a value, that means nothing here. */
export interface TopicSample {
  readonly topic: string;
  readonly device: string;
  /** Wall milliseconds of its receipt. */
  readonly at: number;
  /** The notification as the camera sent it, its namespaces declared anew; cut at 4 KiB. */
  readonly xml: string;
}

/** The samples of the site: the first of each topic, at most 200 topics of 4 KiB. */
export interface Samples {
  take(device: string, notification: Notification, at: number): void;
  list(): readonly TopicSample[];
}

const maxSamples = 200;
const maxBytes = 4096;

/** Opens the samples. */
export function openSamples(): Samples {
  const samples = new Map<string, TopicSample>();
  return {
    take(device, { topic, holder }, at) {
      if (!holder || samples.has(topic) || samples.size >= maxSamples) return;
      samples.set(topic, { topic, device, at, xml: cut(writeXml(holder, maxBytes + 1)) });
    },
    list: () => [...samples.values()],
  };
}

/** At most 4 KiB of UTF-8, never in the middle of a character. */
function cut(xml: string): string {
  const bytes = Buffer.from(xml);
  if (bytes.length <= maxBytes) return xml;
  return `${new TextDecoder().decode(bytes.subarray(0, maxBytes - 3), { stream: true })}…`;
}
