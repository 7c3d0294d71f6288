// The verbs at a Modbus bus: sensor scan, read and write. The gateway asks, so that the bus is shared with its polling.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Asked } from '../contract.ts';
import type { Say } from '../messages/catalogue.ts';
import { scanWords } from '../messages/sensor-bus.ts';
import { exits, UsageFault, type Verb, type VerbContext, withGateway } from './context.ts';
import { openParsers } from './parsers.ts';
import { orDash, word } from './words.ts';

interface ScanFlags {
  readonly from: number;
  readonly to: number;
  readonly timeout: number;
}

/** Ends with Ctrl-C too, and tells what was found until then. Exit 1 when no unit was found. */
const scanVerb: Verb<ScanFlags> = async (context, { from, to, timeout }, bus) => {
  const { say, screen, json, io } = context;
  if (from > to) throw new UsageFault(say('usage.scanRange'));
  let found = 0;
  let asked = 0;
  await withGateway(context, async (client) => {
    for await (const { unit, result, device } of client.follow('sensor.scan', { bus, from, to, limitMs: timeout }, io.signal)) {
      asked += 1;
      if (result === 'found') found += 1;
      if (json) screen.json({ unit, result, device });
      else if (result !== 'silent')
        screen.line(say('scan.unit', { unit, result: word(scanWords, result, context), device: orDash(device) }));
      if (!json) screen.progress(say('scan.progress', { unit, to, found }));
    }
  });
  screen.progress('');
  const isWhole = asked === to - from + 1;
  if (json) screen.json({ summary: { bus, asked, found, complete: isWhole } });
  else screen.line(say(isWhole ? 'scan.done' : 'scan.broken', { asked, found }));
  return found > 0 ? exits.done : exits.failed;
};

interface ReadFlags {
  readonly count: number;
  readonly table: NonNullable<Asked<'sensor.read'>['table']>;
  readonly as: NonNullable<Asked<'sensor.read'>['form']>;
  readonly wordOrder: 'high-first' | 'low-first';
}

const readVerb: Verb<ReadFlags> = async (context, { count, table, as: form, wordOrder }, argument) => {
  const { screen, json } = context;
  const [bus = '', unit, address] = argument.split(' ');
  const asked = { bus, ...placeOf(unit, address, context), table, count, form, wordOrder };
  const answer = await withGateway(context, (client) => client.call('sensor.read', asked));
  if (json) screen.json({ bus, unit: asked.unit, address: asked.address, table, form, ...answer });
  else screen.table(rowsOf(answer, asked, context));
  return exits.done;
};

type Row = readonly string[];

function rowsOf(
  { registers, values }: { readonly registers: readonly number[]; readonly values: readonly number[] },
  { address, table }: { readonly address: number; readonly table: string },
  { say }: VerbContext,
): Row[] {
  const width = registers.length / values.length;
  const isBits = table === 'coil' || table === 'discrete';
  return [
    [say('column.address'), say('column.raw'), say('column.value')],
    ...values.map((value, index) => {
      const raw = registers.slice(index * width, (index + 1) * width);
      const rawText = raw.map((one) => (isBits ? String(one) : `0x${one.toString(16).padStart(4, '0')}`)).join(' ');
      return [String(address + index * width), rawText, String(Number(value.toPrecision(9)))];
    }),
  ];
}

interface WriteFlags extends Omit<ReadFlags, 'count' | 'table'> {
  readonly table: 'coil' | 'holding';
  readonly multiple?: boolean;
  readonly yes?: boolean;
  readonly reason: string;
}

/** Exit 1 when what is read back is not what was written. */
const writeVerb: Verb<WriteFlags> = async (context, { table, as: form, wordOrder, multiple, yes, reason }, argument) => {
  const { say, screen, json } = context;
  const [bus = '', unit, address, ...texts] = argument.split(' ');
  const place = placeOf(unit, address, context);
  const values = texts.map((text) => (/^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN));
  if (values.length === 0 || values.some(Number.isNaN)) throw new UsageFault(say('usage.writeValues'));
  if (!yes) throw new UsageFault(say('usage.writeYes', { bus, unit: place.unit, table, address: place.address, values: values.join(' ') }));
  const asked = { bus, ...place, table, values, form, wordOrder, multiple, reason };
  const { readBack } = await withGateway(context, (client) => client.call('sensor.write', asked));
  const isSame =
    readBack === undefined || values.every((value, index) => Math.fround(value) === Math.fround(readBack[index] ?? Number.NaN));
  if (json) screen.json({ bus, ...place, table, written: values, readBack });
  else if (readBack === undefined) screen.line(say('write.unread'));
  else screen.line(say(isSame ? 'write.done' : 'write.differs', { values: readBack.join(' ') }));
  return isSame ? exits.done : exits.failed;
};

function placeOf(unit: string | undefined, address: string | undefined, { say }: VerbContext): { unit: number; address: number } {
  const read = (text: string | undefined): number => (/^(\d{1,5}|0x[0-9a-f]{1,4})$/i.test(text ?? '') ? Number(text) : Number.NaN);
  const place = { unit: read(unit), address: read(address) };
  if (Number.isNaN(place.unit) || Number.isNaN(place.address)) throw new UsageFault(say('usage.unitPlace'));
  return place;
}

type HelpKey = Parameters<Say>[0] & `help.${string}`;
type Make = <Options>(parent: Command, name: string, key: HelpKey, verb: Verb<Options>) => Command;

/** Adds the verbs to `sensor`. */
export function addSensorBusVerbs(sensor: Command, make: Make, say: Say): void {
  const { wholeNumber, duration } = openParsers(say);
  const unit = (text: string): number => {
    const value = wholeNumber(text);
    if (value < 1 || value > 247) throw new InvalidArgumentError(say('usage.unit'));
    return value;
  };
  const forms = (): Option =>
    new Option('--as <form>', say('help.sensor.as')).choices(['uint16', 'int16', 'uint32', 'int32', 'float32']).default('uint16');
  const order = (): Option =>
    new Option('--word-order <order>', say('help.sensor.wordOrder')).choices(['high-first', 'low-first']).default('high-first');
  make(sensor, 'scan', 'help.sensor.scan', scanVerb)
    .argument('<bus>', say('help.sensor.bus'))
    .option('--from <unit>', say('help.sensor.scan.from'), unit, 1)
    .option('--to <unit>', say('help.sensor.scan.to'), unit, 247)
    .option('--timeout <time>', say('help.sensor.scan.timeout'), duration, 250);
  make(sensor, 'read', 'help.sensor.read', readVerb)
    .argument('<bus>', say('help.sensor.bus'))
    .argument('<unit>', say('help.sensor.unit'))
    .argument('<register>', say('help.sensor.register'))
    .option('--count <n>', say('help.sensor.count'), wholeNumber, 1)
    .addOption(new Option('--table <table>', say('help.sensor.table')).choices(['coil', 'discrete', 'input', 'holding']).default('holding'))
    .addOption(forms())
    .addOption(order());
  make(sensor, 'write', 'help.sensor.write', writeVerb)
    .argument('<bus>', say('help.sensor.bus'))
    .argument('<unit>', say('help.sensor.unit'))
    .argument('<register>', say('help.sensor.register'))
    .argument('<values...>', say('help.sensor.values'))
    .addOption(new Option('--table <table>', say('help.sensor.writeTable')).choices(['coil', 'holding']).default('holding'))
    .addOption(forms())
    .addOption(order())
    .option('--multiple', say('help.sensor.multiple'))
    .option('--yes', say('help.sensor.yes'))
    .requiredOption('--reason <text>', say('help.act.reason'));
}
