// The verbs about alarms: list and tail.
import type { Asked, Result } from '../contract.ts';
import { alarmWords, quietFormWords, severityWords, stepReasonWords, stepWords } from '../messages/words.ts';
import { exits, type Verb, type VerbContext, withGateway } from './context.ts';
import { padded } from './screen.ts';
import { byText, timeText, word } from './words.ts';

/** Options of `alarm list`. */
export interface AlarmListOptions extends Pick<Asked<'alarm.list'>, 'limit' | 'before' | 'device' | 'kind'> {
  readonly open?: boolean;
}

export const alarmListVerb: Verb<AlarmListOptions> = async (context, { open, ...filter }) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('alarm.list', { ...filter, openOnly: open }));
  if (context.json) screen.json(answer);
  else if (answer.alarms.length === 0) screen.line(say('alarm.none'));
  else screen.table(alarmTable(answer.alarms, context));
  return exits.done;
};

/** Alarms as rows under headings. */
export function alarmTable(alarms: Result<'alarm.list'>['alarms'], context: VerbContext): string[][] {
  const { say } = context;
  return [
    [
      say('column.raised'),
      say('column.cleared'),
      say('column.severity'),
      say('column.kind'),
      say('column.device'),
      say('column.channel'),
      say('column.alarm'),
      say('column.message'),
    ],
    ...alarms.map((alarm) => [
      timeText(alarm.raisedAt),
      timeText(alarm.clearedAt),
      word(severityWords, alarm.severity, context),
      word(alarmWords, alarm.kind, context),
      alarm.device,
      alarm.channel,
      alarm.alarmId,
      remarkOn(alarm, context),
    ]),
  ];
}

/** What else there is to know of an alarm: test, maintenance, who has seen it, what it waits for. */
function remarkOn({ test, maintenance, acknowledged, latched }: Result<'alarm.list'>['alarms'][number], context: VerbContext): string {
  const remarks = [
    test && context.say('word.test'),
    maintenance && word(quietFormWords, 'maintenance', context),
    acknowledged && reasonText('acknowledged', context),
    latched === 'over' && context.say('alarm.waits'),
  ];
  return remarks.filter((remark) => typeof remark === 'string').join(', ');
}

/** Why a step was taken; a reason that this version does not know stays as it is. */
export function reasonText(reason: string, { language }: VerbContext): string {
  return stepReasonWords[reason]?.[language] ?? reason;
}

export const alarmTailVerb: Verb<Asked<'alarm.tail'>> = async (context, { device }) => {
  const { screen } = context;
  await withGateway(context, async (client) => {
    if (!context.json) screen.line(context.say('alarm.follows'));
    for await (const item of client.follow('alarm.tail', { device }, context.io.signal)) {
      if (context.json) screen.json(item);
      else screen.line(stepLine(item.transition, context));
    }
  });
  return exits.done;
};

function stepLine(step: Result<'alarm.tail'>['transition'], context: VerbContext): string {
  const columns = [
    timeText(step.time),
    padded(word(severityWords, step.severity, context), 8),
    padded(word(stepWords, step.step, context), 7),
    padded(word(alarmWords, step.kind, context), 20),
    `${step.device}/${step.channel}`,
  ];
  if (step.test) columns.push(context.say('word.test'));
  const why = [step.reason && reasonText(step.reason, context), step.act && byText(step.act.by, context)]
    .filter((part) => part !== undefined)
    .join(', ');
  if (why !== '') columns.push(step.act?.note ? `${why}: ${step.act.note}` : why);
  return columns.join('  ');
}
