// The control section of the configuration: where the technician's socket lies and whether metrics are served over HTTP.
import { z } from 'zod';

const maxSocketPathBytes = 100;

const metricsOptions = z.strictObject({
  host: z.enum(['127.0.0.1', '::1', 'localhost']).default('127.0.0.1').describe('Loopback address that the metrics listener binds to.'),
  port: z.int().min(0).max(65_535).default(9464).describe('TCP port of the metrics listener, 0 (any free one) to 65535.'),
});

/** Configuration of the technician's door. `{}` is valid. */
export const controlOptions = z.strictObject({
  socket: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .refine((path) => Buffer.byteLength(path) <= maxSocketPathBytes, `expected at most ${maxSocketPathBytes} bytes`)
    .default('/run/bongsu/control.sock')
    .describe('Absolute path of the Unix socket that the command line talks to, at most 100 bytes. Its group may use it (mode 0660).'),
  metrics: metricsOptions
    .optional()
    .describe('Serves Prometheus metrics at http://HOST:PORT/metrics on loopback. Off unless it is written here.'),
});

export type ControlOptions = z.output<typeof controlOptions>;
