// The store's section of the configuration.
import { z } from 'zod';

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
      'How many calls may wait for the writer, 1000 to 100000. Beyond it a driver is told to wait and a pushing sensor is answered 503.',
    ),
});
export type StoreOptions = z.output<typeof storeOptions>;
