// The sensors' section of the configuration: buses that are asked, webhook sources that tell, and the site's own templates.
import { z } from 'zod';
import { durationOption } from '#base';
import { idPattern } from '#model';
import { findClashes } from './clashes.ts';
import { grammarOption } from './grammar-option.ts';
import { lineOption, shippedGrammars } from './line-options.ts';
import { mqttOptions } from './mqtt-options.ts';
import { onem2mOptions } from './onem2m-options.ts';
import { evenIfWrong, id, identity } from './option-fields.ts';
import { pollsOption } from './poll-options.ts';
import { shippedReach } from './shipped-templates.ts';
import { templateOption } from './template.ts';
import { webhookOptions } from './webhook-options.ts';

export { unwatchedLines } from './line-watch.ts';
export { type MessageMap, type MessageSourceOptions, shippedMaps } from './message-options.ts';
export type { MqttBrokerOptions, MqttConnectionOptions, MqttOptions, MqttSourceOptions } from './mqtt-options.ts';
export { type Reach, reachOf, shippedTemplates } from './shipped-templates.ts';
export { channelOf, pointsOf, type Template, thingOf } from './template.ts';
export type { Point, Register } from './template-point.ts';
export type { Rule } from './template-rule.ts';

const unit = z.strictObject({
  ...identity,
  unit: z.int().min(1).max(247).describe('Modbus unit id, 1 to 247, unique on the bus.'),
  template: z.string().describe('What it is: a shipped template, or a name under sensors.templates.'),
});

const bus = {
  id: id('Name of the bus'),
  responseTimeout: durationOption({ min: '20ms', max: '10s', default: '500ms' }).describe(
    'How long a unit may take to answer. 20ms to 10s.',
  ),
  pollInterval: durationOption({ min: '100ms', max: '1h', default: '1s' }).describe('How often each unit is asked. 100ms to 1h.'),
  units: z.array(unit).min(1).max(247).describe('The sensors on this bus, 1 to 247.'),
  writable: z
    .boolean()
    .default(false)
    .describe('true: a technician may write to its units with bongsu sensor write. The gateway itself never writes.'),
};
const baud = z
  .literal([1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200])
  .default(9600)
  .describe('Bits a second: 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200.');

const rtuBus = z.strictObject({
  ...bus,
  driver: z.literal('modbus-rtu').describe('Modbus RTU on a serial line.'),
  port: z
    .string()
    .min(1)
    .max(200)
    .describe('Serial port; a name that stays the same is under /dev/serial/by-id or /dev/serial/by-path. Up to 200 characters.'),
  baud,
  parity: z.enum(['none', 'even', 'odd']).default('even').describe('Parity: none, even or odd; even is Modbus’s own default.'),
  stopBits: z.literal([1, 2]).default(1).describe('Stop bits: 1 or 2.'),
});

const tcpBus = z.strictObject({
  ...bus,
  driver: z.literal('modbus-tcp').describe('Modbus TCP.'),
  host: z.string().min(1).max(253).describe('Address or name of the device or gateway. Up to 253 characters.'),
  port: z.int().min(1).max(65_535).default(502).describe('TCP port, 1 to 65535.'),
});

const rtuTcpBus = z.strictObject({
  ...bus,
  driver: z.literal('modbus-rtu-tcp').describe('Modbus RTU through a serial server that passes bytes on as they are (raw TCP).'),
  host: z.string().min(1).max(253).describe('Address or name of the serial server. Up to 253 characters.'),
  port: z.int().min(1).max(65_535).describe('Its TCP port for this line, 1 to 65535.'),
  baud: baud.describe('Bits a second as the serial server is set: it sets parity and stop bits by itself. One of those of modbus-rtu.'),
});

/** The `sensors` section. */
export const sensorsOptions = z
  .strictObject({
    buses: z
      .array(z.discriminatedUnion('driver', [rtuBus, tcpBus, rtuTcpBus]))
      .max(64)
      .default([])
      .describe('Modbus buses, up to 64.'),
    mqtt: mqttOptions.prefault({}).describe('MQTT: brokers of others that are asked, and one for the site’s own devices.'),
    onem2m: onem2mOptions.optional().describe('HTTP listener that platforms of oneM2M (Mobius, ThingPlug …) notify; none when left out.'),
    polls: pollsOption,
    webhook: webhookOptions.optional().describe('HTTP listener for senders that push; none when left out.'),
    lines: z
      .array(lineOption)
      .max(64)
      .default([])
      .describe('Text lines: fire panels with a printer or reporting port, and other senders. Up to 64.'),
    grammars: z
      .record(z.string().regex(idPattern), grammarOption)
      .default({})
      .describe('The site’s own grammars of text lines: name to grammar.'),
    templates: z
      .record(z.string().regex(idPattern), templateOption)
      .default({})
      .describe('The site’s own types of sensors: name to template.'),
    templateFolder: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe('Folder with more of them, a file NAME.yaml each, up to 500; a relative path starts at the configuration’s own folder.'),
  })
  .superRefine((value, context) => {
    for (const { path, ...params } of findClashes(value, { templates: shippedReach, grammars: shippedGrammars })) {
      const message = 'text' in params ? params.text.en : `expected one of ${params.known.join(', ')}`;
      context.addIssue({ code: 'custom', message, path: [...path], params });
    }
  }, evenIfWrong);

/** The `sensors` section, parsed. */
export type SensorsOptions = z.output<typeof sensorsOptions>;
export type BusOptions = SensorsOptions['buses'][number];
export type WebhookOptions = z.output<typeof webhookOptions>;
