// The verbs that look back: show and search.
import type { Asked, Result } from '../contract.ts';
import { alarmWords, severityWords, stepWords } from '../messages/words.ts';
import { alarmTable, reasonText } from './alarm-verbs.ts';
import { exits, type Verb, type VerbContext, withGateway } from './context.ts';
import { byText, orDash, timeText, word } from './words.ts';

/** Options of `alarm search`. */
export interface AlarmSearchOptions
  extends Pick<Asked<'alarm.search'>, 'limit' | 'before' | 'device' | 'kind' | 'severity' | 'text' | 'from' | 'to'> {
  readonly open?: boolean;
}

export const alarmSearchVerb: Verb<AlarmSearchOptions> = async (context, { open, ...filter }) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('alarm.search', { ...filter, openOnly: open }));
  if (context.json) screen.json(answer);
  else if (answer.alarms.length === 0) screen.line(say('alarm.none'));
  else screen.table(alarmTable(answer.alarms, context));
  return exits.done;
};

export const alarmShowVerb: Verb<object> = async (context, _options, id) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('alarm.show', { id }));
  if (context.json) {
    screen.json(answer);
    return exits.done;
  }
  screen.table(headOf(answer.alarm, context));
  screen.line('');
  screen.table([
    [say('column.time'), say('column.step'), say('column.severity'), say('column.reason'), say('column.by'), say('column.note')],
    ...answer.transitions.map(({ transition }) => stepRow(transition, context)),
  ]);
  return exits.done;
};

function headOf(alarm: Result<'alarm.show'>['alarm'], context: VerbContext): string[][] {
  const { say } = context;
  const { alarmId, device, channel, acknowledged, latched } = alarm;
  const kind = [word(severityWords, alarm.severity, context), word(alarmWords, alarm.kind, context), `${device}/${channel}`];
  const end = alarm.clearedAt === undefined ? say(latched === 'over' ? 'alarm.held' : 'alarm.stands') : timeText(alarm.clearedAt);
  const detail = Object.entries(alarm.detail).map(([name, value]) => `${name}=${value}`);
  return [
    [say('column.alarm'), alarmId],
    [say('column.kind'), [...kind, ...(alarm.test ? [say('word.test')] : [])].join('  ')],
    [say('alarm.raisedAt'), timeText(alarm.raisedAt)],
    [say('alarm.clearedAt'), end],
    ...(detail.length > 0 ? [[say('alarm.detail'), detail.join(' ')]] : []),
    ...(acknowledged
      ? [
          [
            say('alarm.acknowledgedBy'),
            say('alarm.by', { time: timeText(acknowledged.at), by: byText(acknowledged.by, context), note: acknowledged.note }),
          ],
        ]
      : []),
  ];
}

function stepRow(step: Result<'alarm.show'>['transitions'][number]['transition'], context: VerbContext): string[] {
  return [
    timeText(step.time),
    word(stepWords, step.step, context),
    word(severityWords, step.severity, context),
    orDash(step.reason && reasonText(step.reason, context)),
    orDash(step.act && byText(step.act.by, context)),
    orDash(step.act?.note),
  ];
}
