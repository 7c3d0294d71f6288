// Values as a technician writes them on the command line: each is read, or refused with the form that was expected.
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '#base';
import type { Asked } from '../contract.ts';
import type { Say } from '../messages/catalogue.ts';

type Moment = NonNullable<Asked<'alarm.search'>['from']>;

/** Readers of option values. Each throws commander's `InvalidArgumentError` whose message says what was expected. */
export interface Parsers {
  /** 0 to 999999999. */
  wholeNumber(text: string): number;
  /** 1 to 65535. */
  portNumber(text: string): number;
  /** Degrees and the like. */
  decimalNumber(text: string): number;
  /** `http://…`, as it was written: braces stay braces. */
  webAddress(text: string): string;
  /** Milliseconds of `30m`, `2h`, `1d`. */
  duration(text: string): number;
  /** `2026-11-20`, `2026-11-20T13:00`, both in the machine's time zone unless one is written, or `2h`: so long ago. */
  moment(text: string): Moment;
}

/** Opens the readers of one language. */
export function openParsers(say: Say): Parsers {
  const reader =
    <T>(read: (text: string) => T | undefined, expected: string) =>
    (text: string): T => {
      const value = read(text);
      if (value === undefined) throw new InvalidArgumentError(expected);
      return value;
    };
  return {
    wholeNumber: reader(readWholeNumber, say('usage.expectNumber')),
    portNumber: reader(readPort, say('usage.expectPort')),
    decimalNumber: reader(readDecimal, say('usage.expectDecimal')),
    webAddress: reader(readWebAddress, say('usage.expectAddress')),
    duration: reader(parseDuration, say('usage.expectDuration')),
    moment: reader(readMoment, say('usage.expectMoment')),
  };
}

function readWholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function readPort(text: string): number | undefined {
  const port = readWholeNumber(text);
  return port !== undefined && port >= 1 && port <= 65_535 ? port : undefined;
}

function readDecimal(text: string): number | undefined {
  return /^-?\d{1,3}(\.\d{1,12})?$/.test(text) ? Number(text) : undefined;
}

function readWebAddress(text: string): string | undefined {
  return URL.canParse(text) && new URL(text).protocol === 'http:' ? text : undefined;
}

function readMoment(text: string): Moment | undefined {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return { agoMs };
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)) return undefined;
  // A date alone would be read as UTC.
  const ms = new Date(text.length === 10 ? `${text}T00:00` : text).getTime();
  return Number.isNaN(ms) ? undefined : ms;
}
