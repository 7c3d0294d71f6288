// The store's section of the configuration.
import { z } from 'zod';
import { durationOption, sizeOption } from '#base';

export const storeOptions = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(500)
    .default('/var/lib/bongsu/bongsu.db')
    .describe('The SQLite file. Its folder must exist on a local disk and belong to the gateway’s user.'),
  queueLimit: z
    .int()
    .min(1000)
    .max(100_000)
    .default(20_000)
    .describe(
      'How many calls may wait for the writer, 1000 to 100000; a thousand of these places, but no more than half, are kept for critical and major alarms and for delivery. Beyond it a driver is told to wait and a pushing sensor is answered 503.',
    ),
  limit: sizeOption({ min: '64MiB', max: '1TiB', default: '4GiB' }).describe(
    'Most that the file may take, 64MiB to 1TiB. Before it is reached, what only other destinations than the hub lack, confirmed history, readings, conditions and lesser alarms give way.',
  ),
  reserved: z
    .number()
    .min(1)
    .max(50)
    .default(5)
    .describe('Percent of the limit that no flood can take, 1 to 50: for ledger, registry and gaps. At least 4MiB.'),
  reserveFile: sizeOption({ min: '0KiB', max: '1GiB', default: '16MiB' }).describe(
    'Size of a file beside the store that is given up when the disk is full, so that the ledger can still be written, 0KiB to 1GiB.',
  ),
  hungAfter: durationOption({ min: '500ms', max: '1m', default: '2s' }).describe(
    'A disk that has not answered for so long counts as failing, 500ms to 1m; alarms then travel from memory.',
  ),
  checkLimit: durationOption({ min: '100ms', max: '10m', default: '500ms' }).describe(
    'How long the look for damage may delay the start, 100ms to 10m; the rest of the file is looked at while idle.',
  ),
});
export type StoreOptions = z.output<typeof storeOptions>;
