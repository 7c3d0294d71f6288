// The log: JSON lines to standard output through pino; secrets are redacted by name before they are written.
import { pino } from 'pino';

/** Structured log. Fields come first, one short English sentence second. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

/** Least severe level that is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const secretNames = ['password', 'token', 'secret', 'key', 'authorization'];

/** Opens the log on standard error (`fd` 2) or another descriptor, one JSON object a line. */
export function openLog(level: LogLevel, fd = 2): Log {
  const redact = secretNames.flatMap((name) => [name, `*.${name}`]);
  return pino({ level, redact, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd, sync: true }));
}
