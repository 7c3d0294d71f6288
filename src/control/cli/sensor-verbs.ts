// The verb about sensors: list. They are added and removed in the configuration.
import type { Result } from '../contract.ts';
import { sensorStateWords } from '../messages/words.ts';
import { exits, type Verb, withGateway } from './context.ts';
import { orDash, textIn, timeText, word } from './words.ts';

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
        word(sensorStateWords, sensor.state, context),
        timeText(sensor.lastHeardAt),
        valuesText(sensor),
        textIn(sensor.problem, context),
      ]),
    ]);
  }
  return exits.done;
};

/** `smoke=1 obscuration=12.3`: six significant digits are more than any of them measures. */
function valuesText({ values }: Result<'sensor.list'>['sensors'][number]): string {
  return orDash(
    Object.entries(values)
      .map(([point, value]) => `${point}=${Number(value.toPrecision(6))}`)
      .join(' '),
  );
}
