// A camera's clock: how far it is from ours, without which its UsernameToken checks fail and its times mislead.
import { descend, textAt, type XmlElement } from '../xml/index.ts';
import { composeEnvelope } from './envelope.ts';

/** The question that every camera must answer without a login (ONVIF Core §8.4.1: PRE_AUTH). */
export const clockQuestion = composeEnvelope('<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>');

/** The camera's UTC time in milliseconds; undefined when it does not say one. */
export function readCameraClock(body: XmlElement): number | undefined {
  const utc = descend(body, 'GetSystemDateAndTimeResponse', 'SystemDateAndTime', 'UTCDateTime');
  const part = (group: string, name: string): number => {
    const text = textAt(utc, group, name);
    return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  };
  const ms = Date.UTC(
    part('Date', 'Year'),
    part('Date', 'Month') - 1,
    part('Date', 'Day'),
    part('Time', 'Hour'),
    part('Time', 'Minute'),
    part('Time', 'Second'),
  );
  return Number.isFinite(ms) ? ms : undefined;
}

/**
 * How far a clock that says whole seconds is ahead of ours: it was read half a round trip ago, and half a second is cut off on average.
 */
export function clockOffset(cameraMs: number, nowMs: number, tookMs: number): number {
  return Math.round(cameraMs + 500 - (nowMs - tookMs / 2));
}
