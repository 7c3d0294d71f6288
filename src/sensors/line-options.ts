// The part of the sensors' section about text lines: over what they come, and by which grammar they are read.
import { z } from 'zod';
import { durationOption } from '#base';
import { id, identity } from './option-fields.ts';

/** Grammars that the product ships: the files in line/grammars. */
export const shippedGrammars = ['edwards-io1000', 'est3x', 'gst9000', 'korean-r-type', 'nmea-fir'] as const;

/** Those of them that miss a panel which says nothing for long; a test holds this against the files. */
export const watchedGrammars: readonly string[] = ['edwards-io1000', 'korean-r-type'];

const line = {
  ...identity,
  id: id('Name of the line'),
  grammar: z.string().describe('How it speaks: a shipped grammar, or a name under sensors.grammars.'),
  template: z
    .string()
    .optional()
    .describe(
      'Where its lines carry values (says: values): a shipped template, or a name under sensors.templates. Its paths are names of groups.',
    ),
  devices: z
    .array(
      z.strictObject({
        ...identity,
        key: z.string().min(1).max(100).describe('What the grammar’s address group catches of its lines.'),
        template: z.string().optional().describe('What it is, where its lines carry values.'),
      }),
    )
    .max(250)
    .default([])
    .describe(
      'Where several panels share the line: whom the grammar’s address means, up to 250. A line of another one, or without an address, is the line’s own device’s.',
    ),
  silentAfter: durationOption({ min: '0s', max: '30d', default: '0s' }).describe(
    'Without a line that is understood for so long, sensor-silent is raised. 0s to 30d; 0s: as the grammar says.',
  ),
};
const tcpPort = (what: string) => z.int().min(0).max(65_535).describe(`${what} 1 to 65535.`);
const listen = z.strictObject({
  host: z.string().min(1).max(253).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for all.'),
  port: tcpPort('Port; 0 takes any that is free.'),
});
const from = z
  .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'expected an address or a range like 192.168.10.0/24'))
  .min(1)
  .max(64)
  .describe('Who may send: addresses, or ranges like 192.168.10.0/24. 1 to 64.');

export const lineOption = z.discriminatedUnion('via', [
  z.strictObject({
    ...line,
    via: z.literal('serial').describe('A serial port.'),
    port: z
      .string()
      .min(1)
      .max(200)
      .describe('Serial port; a name that stays the same is under /dev/serial/by-id or /dev/serial/by-path. Up to 200 characters.'),
    baud: z
      .literal([300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200])
      .default(9600)
      .describe('Bits a second: 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200.'),
    parity: z.enum(['none', 'even', 'odd']).default('none').describe('Parity: none, even or odd.'),
    dataBits: z.literal([7, 8]).default(8).describe('Data bits: 7 or 8.'),
    stopBits: z.literal([1, 2]).default(1).describe('Stop bits: 1 or 2.'),
  }),
  z.strictObject({
    ...line,
    via: z.literal('tcp').describe('A serial server that is connected to.'),
    host: z.string().min(1).max(253).describe('Address or name of the serial server. Up to 253 characters.'),
    port: tcpPort('Its TCP port.'),
  }),
  z.strictObject({
    ...line,
    via: z.literal('tcp-listen').describe('Panels that connect.'),
    listen: listen.describe('Where they connect to.'),
    from,
  }),
  z.strictObject({
    ...line,
    via: z.literal('udp').describe('Datagrams, each with whole lines.'),
    listen: listen.describe('Where they are sent to.'),
    from,
  }),
]);
/** One line. */
export type LineOptions = z.output<typeof lineOption>;
