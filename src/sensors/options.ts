// The sensors' section of the configuration: buses that are asked, webhook sources that tell, and the site's own templates.
import { z } from 'zod';
import { durationOption, sameText } from '#base';
import { idPattern, severities } from '#model';
import { id, identity, kind, text } from './option-fields.ts';
import { type webhookMap, webhookOptions } from './webhook-options.ts';

export { shippedWebhookTemplates } from './webhook-options.ts';

/** Templates for Modbus sensors that the product ships. */
export const shippedModbusTemplates = ['smoke-contact', 'smoke-ug3', 'smoke-ug3-inputs', 'smoke-analog'] as const;

const point = z
  .strictObject({
    name: id('Name of the point; the channel of its alarms'),
    function: z
      .literal([1, 2, 3, 4])
      .describe('Modbus function that reads it: 1 coil, 2 discrete input, 3 holding register, 4 input register.'),
    address: z
      .int()
      .min(0)
      .max(65_535)
      .describe('Address as it is sent, from 0: the coil numbered 1 in a manual has address 0. 0 to 65535.'),
    type: z
      .enum(['bit', 'uint16', 'int16', 'uint32', 'int32', 'float32'])
      .describe('How the value is written: bit for functions 1 and 2, a number for 3 and 4.'),
    wordOrder: z.enum(['high-first', 'low-first']).default('high-first').describe('Which register of a 32-bit value comes first.'),
    scale: z.number().default(1).describe('The number read is multiplied by this. Any number but 0.'),
    unit: z.string().max(20).default('').describe('UCUM unit of the scaled value, for example %/m or Cel. Up to 20 characters.'),
  })
  .refine((value) => (value.type === 'bit') === value.function <= 2, 'functions 1 and 2 read type bit, functions 3 and 4 a number')
  .refine((value) => value.scale !== 0, 'scale must not be 0')
  .refine((value) => value.address < 65_535 || !value.type.endsWith('32'), 'a 32-bit value needs two registers');

const after = (what: string) =>
  z
    .strictObject({
      count: z.int().min(1).max(100).default(1).describe('Polls in a row that must agree. 1 to 100.'),
      time: durationOption({ min: '0s', max: '1h', default: '0s' }).describe('How long they must agree. 0s to 1h.'),
    })
    .prefault({})
    .describe(what);

const words = z.string().min(1).max(200);

const rule = z
  .strictObject({
    point: z.string().describe('Name of the point that is judged.'),
    alarm: kind.optional().describe('Kind of the alarm to raise. Either this or fault.'),
    fault: z
      .union([words.transform(sameText), z.strictObject({ ko: words.describe('In Korean.'), en: words.describe('In English.') })])
      .optional()
      .describe('Instead of an alarm: raises sensor-fault with this text, one for all or ko and en. Up to 200 characters each.'),
    severity: z.enum(severities).optional().describe('Severity of the alarm instead of the kind’s own.'),
    when: z
      .strictObject({
        equals: z.union([z.boolean(), z.number()]).optional().describe('Active while the value is this one; true or false for a bit.'),
        above: z.number().optional().describe('Active from above this value.'),
        below: z.number().optional().describe('Active from below this value.'),
        clearAt: z.number().optional().describe('With above or below: inactive again only at this value or beyond (hysteresis).'),
      })
      .refine(({ equals, above, below }) => [equals, above, below].filter((part) => part !== undefined).length === 1, {
        message: 'expected exactly one of equals, above, below',
      })
      .refine(({ above, clearAt }) => clearAt === undefined || clearAt <= (above ?? Infinity), 'clearAt must not be above it')
      .refine(({ equals, below, clearAt }) => clearAt === undefined || (equals === undefined && clearAt >= (below ?? -Infinity)), {
        message: 'clearAt goes with above (at or under it) or below (at or over it)',
      })
      .describe('When the rule is active.'),
    raiseAfter: after('Debounce before it is raised.'),
    clearAfter: after('Debounce before it is cleared.'),
  })
  .refine((value) => (value.alarm === undefined) !== (value.fault === undefined), 'expected exactly one of alarm, fault');

const template = z
  .strictObject({
    maker: text('Maker of this type of sensor.'),
    model: text('Model of this type of sensor.'),
    points: z.array(point).min(1).max(64).describe('What is read, 1 to 64 points.'),
    rules: z.array(rule).min(1).max(64).describe('What the values mean, 1 to 64 rules.'),
    silence: z
      .strictObject({
        polls: z.int().min(1).max(100).default(3).describe('Polls without an answer until sensor-silent is raised. 1 to 100.'),
      })
      .prefault({})
      .describe('When the sensor counts as silent.'),
  })
  .refine(({ points }) => new Set(points.map(({ name }) => name)).size === points.length, 'two points have the same name')
  .refine(
    ({ points, rules }) => rules.every((each) => points.some(({ name }) => name === each.point)),
    'a rule names no point of this template',
  )
  .refine(({ rules }) => new Set(rules.map((each) => `${each.point} ${each.alarm ?? 'fault'}`)).size === rules.length, {
    message: 'two rules raise the same thing on one point',
  });

const unit = z.strictObject({
  ...identity,
  unit: z.int().min(1).max(247).describe('Modbus unit id, 1 to 247, unique on the bus.'),
  template: z.string().describe(`What it is: ${shippedModbusTemplates.join(', ')}, or a name under sensors.templates.`),
});

const bus = {
  id: id('Name of the bus'),
  responseTimeout: durationOption({ min: '20ms', max: '10s', default: '500ms' }).describe(
    'How long a unit may take to answer. 20ms to 10s.',
  ),
  pollInterval: durationOption({ min: '100ms', max: '1h', default: '1s' }).describe('How often each unit is asked. 100ms to 1h.'),
  units: z.array(unit).min(1).max(247).describe('The sensors on this bus, 1 to 247.'),
};

const rtuBus = z.strictObject({
  ...bus,
  driver: z.literal('modbus-rtu').describe('Modbus RTU on a serial line.'),
  port: z
    .string()
    .min(1)
    .max(200)
    .describe('Serial port; a name that stays the same is under /dev/serial/by-id or /dev/serial/by-path. Up to 200 characters.'),
  baud: z
    .literal([1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200])
    .default(9600)
    .describe('Bits a second: 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200.'),
  parity: z.enum(['none', 'even', 'odd']).default('even').describe('Parity: none, even or odd; even is Modbus’s own default.'),
  stopBits: z.literal([1, 2]).default(1).describe('Stop bits: 1 or 2.'),
});

const tcpBus = z.strictObject({
  ...bus,
  driver: z.literal('modbus-tcp').describe('Modbus TCP.'),
  host: z.string().min(1).max(253).describe('Address or name of the device or gateway. Up to 253 characters.'),
  port: z.int().min(1).max(65_535).default(502).describe('TCP port, 1 to 65535.'),
});
/** The `sensors` section. */
export const sensorsOptions = z
  .strictObject({
    buses: z
      .array(z.discriminatedUnion('driver', [rtuBus, tcpBus]))
      .max(64)
      .default([])
      .describe('Modbus buses, up to 64.'),
    webhook: webhookOptions.optional().describe('HTTP listener for senders that push; none when left out.'),
    templates: z
      .record(z.string().regex(idPattern), template)
      .default({})
      .describe('The site’s own types of Modbus sensors: name to template.'),
  })
  .superRefine((value, context) => {
    for (const problem of findClashes(value)) context.addIssue({ code: 'custom', ...problem });
  });

/** The `sensors` section, parsed. */
export type SensorsOptions = z.output<typeof sensorsOptions>;
export type BusOptions = SensorsOptions['buses'][number];
export type WebhookOptions = z.output<typeof webhookOptions>;
export type WebhookMap = z.output<typeof webhookMap>;
/** What a type of Modbus sensor says and means. */
export type Template = z.output<typeof template>;

interface Clash {
  readonly message: string;
  readonly path: (string | number)[];
}

function findClashes(value: { buses: BusOptions[]; webhook?: WebhookOptions | undefined; templates: Record<string, Template> }): Clash[] {
  const problems: Clash[] = [];
  const once = (what: string) => {
    const seen = new Set<string | number>();
    return (name: string | number, path: (string | number)[]): void => {
      if (seen.has(name)) problems.push({ message: `${what} ${name} is there twice`, path });
      seen.add(name);
    };
  };
  const device = once('device');
  const busId = once('bus');
  const port = once('port');
  const known = new Set<string>([...shippedModbusTemplates, ...Object.keys(value.templates)]);
  for (const name of shippedModbusTemplates) {
    if (Object.hasOwn(value.templates, name)) problems.push({ message: 'a shipped template has this name', path: ['templates', name] });
  }
  for (const [index, each] of value.buses.entries()) {
    const path = ['buses', index];
    busId(each.id, [...path, 'id']);
    port(each.driver === 'modbus-rtu' ? each.port : `${each.host}:${each.port}`, [...path, 'port']);
    const unitId = once('unit');
    for (const [place, unit] of each.units.entries()) {
      const at = [...path, 'units', place];
      unitId(unit.unit, [...at, 'unit']);
      device(unit.device, [...at, 'device']);
      if (!known.has(unit.template)) problems.push({ message: `expected one of ${[...known].join(', ')}`, path: [...at, 'template'] });
    }
  }
  const sourceId = once('source');
  for (const [index, each] of value.webhook?.sources.entries() ?? []) {
    const path = ['webhook', 'sources', index];
    sourceId(each.id, [...path, 'id']);
    device(each.device, [...path, 'device']);
    const key = once('key');
    for (const [place, member] of each.devices.entries()) {
      device(member.device, [...path, 'devices', place, 'device']);
      key(String(member.key), [...path, 'devices', place, 'key']);
    }
  }
  return problems;
}
