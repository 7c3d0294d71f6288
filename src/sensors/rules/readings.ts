// Which values of a sensor are worth sending as readings, pure: one in a while, and every change that matters.
import type { Reading } from '#model';
import type { Template } from '../options.ts';

/** What was last sent of each point that is sent at all. `at`: monotonic milliseconds. */
export type SentReadings = ReadonlyMap<string, { readonly at: number; readonly value: number }>;

/** Values of one observation, and when it was. */
export interface Measured {
  readonly good: ReadonlyMap<string, number>;
  /** Outside of what the sensor can measure. */
  readonly beyond: ReadonlyMap<string, number>;
  readonly monotonicMs: number;
  /** Wall milliseconds that the readings carry. */
  readonly time: number;
}

/** The readings to send, and what is then remembered. */
export function stepReadings(
  sensor: { readonly device: string; readonly template: Template },
  sent: SentReadings,
  measured: Measured,
): { readonly sent: SentReadings; readonly readings: readonly Reading[] } {
  const { good, beyond, monotonicMs, time } = measured;
  const readings: Reading[] = [];
  let next: Map<string, { at: number; value: number }> | undefined;
  for (const { name, reading, unit } of sensor.template.points) {
    const value = reading && (good.get(name) ?? beyond.get(name));
    if (reading === undefined || value === undefined) continue;
    const last = sent.get(name);
    const isDue = last === undefined || monotonicMs - last.at >= reading.every;
    if (!isDue && (reading.change === undefined || Math.abs(value - last.value) < reading.change)) continue;
    const quality = beyond.has(name) ? 'bad' : 'good';
    readings.push({ device: sensor.device, channel: name, kind: reading.kind, value, unit, quality, time });
    next ??= new Map(sent);
    next.set(name, { at: monotonicMs, value });
  }
  return { sent: next ?? sent, readings };
}
