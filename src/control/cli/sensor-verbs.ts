// The verbs about sensors: list, show. They are added and removed in the configuration.
import type { Result } from '../contract.ts';
import { alarmWords, quietFormWords, sensorStateWords } from '../messages/words.ts';
import { exits, type Verb, type VerbContext, withGateway } from './context.ts';
import { byText, orDash, textIn, timeText, word } from './words.ts';

export const sensorListVerb: Verb<object> = async (context) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('sensor.list', {}));
  if (context.json) screen.json(answer);
  else if (answer.sensors.length === 0) screen.line(say('sensor.none'));
  else {
    screen.table([
      [
        say('column.id'),
        say('column.name'),
        say('column.source'),
        say('column.state'),
        say('column.heard'),
        say('column.values'),
        say('column.message'),
      ],
      ...answer.sensors.map((sensor) => [
        sensor.id,
        orDash(sensor.name),
        `${sensor.driver} ${sensor.source}`,
        [word(sensorStateWords, sensor.state, context), ...sensor.quiets.map((quiet) => quietText(quiet, context))].join(', '),
        timeText(sensor.lastHeardAt),
        valuesText(sensor),
        textIn(sensor.problem, context),
      ]),
    ]);
    if (answer.sensors.some(({ calibrated }) => calibrated.length > 0)) screen.line(say('sensor.star'));
  }
  return exits.done;
};

export const sensorShowVerb: Verb<object> = async (context, _, id) => {
  const { screen } = context;
  const { sensor } = await withGateway(context, (client) => client.call('sensor.show', { id }));
  if (context.json) screen.json({ sensor });
  else screen.table(factsOf(sensor, context));
  return exits.done;
};

type Known = Result<'sensor.show'>['sensor'];

function factsOf(sensor: Known, context: VerbContext): string[][] {
  const { say } = context;
  const { place, record = {} } = sensor;
  const zones = Object.entries(record.zones ?? {}).map(([point, zone]) => `${point}: ${zone}`);
  const cameras = (record.cameras ?? []).map(({ camera, channel }) => `${camera}/${channel}`);
  const where = [place.latitude, place.longitude, place.address].filter((part) => part !== undefined && part !== '').join(', ');
  return [
    ['ID', sensor.id],
    [say('show.name'), orDash(sensor.name)],
    [say('column.source'), `${sensor.driver} ${sensor.source}`],
    [say('show.identity'), orDash([sensor.maker, sensor.model].filter((part) => part !== '').join(', '))],
    [say('show.purpose'), orDash(sensor.purpose)],
    [say('show.place'), orDash(where)],
    [say('show.premises'), orDash(record.premises ?? '')],
    [say('show.zone'), orDash([record.zone ?? '', ...zones].filter((part) => part !== '').join(', '))],
    [say('show.cameras'), orDash(cameras.join(', '))],
    ...Object.entries(record.facts ?? {}),
    [say('show.state'), word(sensorStateWords, sensor.state, context)],
    ...sensor.quiets.map((quiet) => [say('show.quiet'), `${quietText(quiet, context)} (${quiet.reason}, ${byText(quiet.by, context)})`]),
    [say('column.heard'), timeText(sensor.lastHeardAt)],
    [say('column.values'), valuesText(sensor)],
    ...(sensor.calibrated.length === 0 ? [] : [[say('show.calibrated'), sensor.calibrated.join(', ')]]),
    [say('column.message'), orDash(textIn(sensor.problem, context))],
  ];
}

/** `maintenance until 2026-11-20 …`, `smoke shelved until …`. */
function quietText({ form, kind, until }: Known['quiets'][number], context: VerbContext): string {
  const kindWord = kind === '' ? '' : `${word(alarmWords, kind, context)} `;
  return context.say('sensor.quietUntil', { what: `${kindWord}${word(quietFormWords, form, context)}`, time: timeText(until) });
}

/** `smoke=1 obscuration*=12.3`: six significant digits are more than any of them measures; a star marks what is calibrated. */
export function valuesText({ values, calibrated = [] }: Pick<Known, 'values'> & Partial<Pick<Known, 'calibrated'>>): string {
  return orDash(
    Object.entries(values)
      .map(([point, value]) => `${point}${calibrated.includes(point) ? '*' : ''}=${Number(value.toPrecision(6))}`)
      .join(' '),
  );
}
