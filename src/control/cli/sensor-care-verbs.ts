// The verbs for work on a sensor: watch its values, calibrate it, bypass it.
import { type Command, InvalidArgumentError } from 'commander';
import type { Result } from '../contract.ts';
import type { Say } from '../messages/catalogue.ts';
import { sensorStateWords } from '../messages/words.ts';
import { exits, UsageFault, type Verb, type VerbContext, withGateway } from './context.ts';
import { deviceMaintenanceVerb, type MaintenanceOptions } from './device-verbs.ts';
import { openParsers } from './parsers.ts';
import { valuesText } from './sensor-verbs.ts';
import { byText, textIn, timeText, word } from './words.ts';

interface WatchFlags {
  readonly every: number;
  readonly for?: number;
}

/** Ends with Ctrl-C, or when the time is over. */
const watchVerb: Verb<WatchFlags> = async (context, { every, for: forMs }, id) => {
  const { screen, json, io } = context;
  const asked = { ...(id !== '' && { id }), everyMs: every, forMs };
  await withGateway(context, async (client) => {
    for await (const { time, sensors } of client.follow('sensor.watch', asked, io.signal)) {
      if (json) screen.json({ time, sensors });
      else
        for (const sensor of sensors) {
          const problem = sensor.problem ? `  ${textIn(sensor.problem, context)}` : '';
          screen.line(`${timeText(time)}  ${sensor.id}  ${word(sensorStateWords, sensor.state, context)}  ${valuesText(sensor)}${problem}`);
        }
    }
  });
  return exits.done;
};

interface CalibrateFlags {
  readonly point?: string;
  readonly measured?: number;
  readonly scale?: number;
  readonly offset?: number;
  readonly undo?: boolean;
  readonly reason?: string;
}

type Calibration = Result<'sensor.calibrations'>['calibrations'][number];

/** Without a point it lists what is calibrated. */
const calibrateVerb: Verb<CalibrateFlags> = async (context, flags, id) => {
  const { say, screen, json } = context;
  const { point, measured, scale, offset, undo = false, reason } = flags;
  const isChange = undo || measured !== undefined || scale !== undefined || offset !== undefined;
  if (!isChange && point === undefined) return listCalibrations(context, id);
  const isOneWay = [undo, measured !== undefined, scale !== undefined || offset !== undefined].filter(Boolean).length === 1;
  if (id === '' || point === undefined || reason === undefined || !isOneWay) throw new UsageFault(say('usage.calibrate'));
  if (undo) {
    const answer = await withGateway(context, (client) => client.call('sensor.calibrate-undo', { id, point, reason }));
    if (json) screen.json({ id, point, ...answer });
    else if (answer.calibration) screen.line(say('calibrate.undone', { id, point, rule: ruleText(answer.calibration) }));
    else screen.line(say('calibrate.none', { id, point }));
    return exits.done;
  }
  const asked = { id, point, measured, scale, offset, reason };
  const answer = await withGateway(context, (client) => client.call('sensor.calibrate', asked));
  if (json) screen.json({ id, point, ...answer });
  else screen.line(say('calibrate.done', { id, point, rule: ruleText(answer.calibration), unit: answer.unit }));
  return exits.done;
};

async function listCalibrations(context: VerbContext, id: string): Promise<number> {
  const { say, screen, json } = context;
  const answer = await withGateway(context, (client) => client.call('sensor.calibrations', id === '' ? {} : { id }));
  if (json) screen.json(answer);
  else if (answer.calibrations.length === 0) screen.line(say('calibrate.nothing'));
  else
    screen.table([
      [say('column.id'), say('column.point'), say('column.rule'), say('column.by'), say('column.time'), say('column.reason')],
      ...answer.calibrations.map((one) => [one.device, one.point, ruleText(one), byText(one.by, context), timeText(one.at), one.reason]),
    ]);
  return exits.done;
}

/** `× 1.02 + 0.4`. */
function ruleText({ scale, offset }: Calibration): string {
  return `× ${Number(scale.toPrecision(6))} ${offset < 0 ? '−' : '+'} ${Math.abs(Number(offset.toPrecision(6)))}`;
}

/** The maintenance of a device by the name that people at sensors use. */
const bypassVerb: Verb<MaintenanceOptions> = async (context, options, id) => {
  const { sensors } = await withGateway(context, (client) => client.call('sensor.list', {}));
  if (!sensors.some((sensor) => sensor.id === id)) throw new UsageFault(context.say('bypass.noSensor', { id }));
  return deviceMaintenanceVerb(context, options, id);
};

type HelpKey = Parameters<Say>[0] & `help.${string}`;
type Make = <Options>(parent: Command, name: string, key: HelpKey, verb: Verb<Options>) => Command;

/** Adds the verbs to `sensor`. */
export function addSensorCareVerbs(sensor: Command, make: Make, say: Say): void {
  const { duration } = openParsers(say);
  const number = (text: string): number => {
    if (!/^[+-]?\d{1,12}(\.\d{1,12})?$/.test(text)) throw new InvalidArgumentError(say('usage.expectDecimal'));
    return Number(text);
  };
  make(sensor, 'watch', 'help.sensor.watch', watchVerb)
    .argument('[id]', say('help.sensor.id'))
    .option('--every <time>', say('help.sensor.watch.every'), duration, 1000)
    .option('--for <time>', say('help.stream.watch.for'), duration);
  make(sensor, 'calibrate', 'help.sensor.calibrate', calibrateVerb)
    .argument('[id]', say('help.sensor.id'))
    .option('--point <name>', say('help.sensor.point'))
    .option('--measured <value>', say('help.sensor.measured'), number)
    .option('--scale <factor>', say('help.sensor.scale'), number)
    .option('--offset <value>', say('help.sensor.offset'), number)
    .option('--undo', say('help.sensor.undo'))
    .option('--reason <text>', say('help.act.reason'));
  make(sensor, 'bypass', 'help.sensor.bypass', bypassVerb)
    .argument('<id>', say('help.sensor.id'))
    .option('--for <time>', say('help.for'), duration)
    .option('--reason <text>', say('help.act.reason'))
    .option('--end', say('help.end'));
}
