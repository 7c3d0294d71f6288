// The verbs by which a technician acts on alarms: acknowledge, clear, shelve, unshelve, and the list of what is quiet.
import type { AlarmKind } from '#model';
import type { Asked } from '../contract.ts';
import { alarmWords, quietFormWords } from '../messages/words.ts';
import { exits, type Verb, type VerbContext, withGateway } from './context.ts';
import { byText, orDash, timeText, word } from './words.ts';

export const alarmAcknowledgeVerb: Verb<{ readonly reason?: string }> = async (context, { reason }, id) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('alarm.acknowledge', { id, note: reason }));
  if (context.json) screen.json({ id, ...answer });
  else screen.line(say(answer.result === 'acknowledged' ? 'alarm.acknowledged' : 'alarm.acknowledgedBefore', { id }));
  return exits.done;
};

export const alarmClearVerb: Verb<{ readonly reason: string }> = async (context, { reason }, id) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('alarm.clear', { id, reason }));
  if (context.json) screen.json({ id, ...answer });
  else screen.line(say(answer.result === 'cleared' ? 'alarm.cleared' : 'alarm.clearedBefore', { id }));
  return exits.done;
};

/** Options of `alarm shelve`. */
export interface ShelveOptions extends Pick<Asked<'alarm.shelve'>, 'device' | 'kind' | 'reason'> {
  /** Milliseconds. */
  readonly for: number;
}

export const alarmShelveVerb: Verb<ShelveOptions> = async (context, { device, kind, reason, for: forMs }) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('alarm.shelve', { device, kind, reason, forMs }));
  if (context.json) screen.json({ device, kind, ...answer });
  else screen.line(say('alarm.shelved', { device, time: timeText(answer.until) }));
  return exits.done;
};

export const alarmUnshelveVerb: Verb<Asked<'alarm.unshelve'>> = async (context, { device, kind, reason }) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('alarm.unshelve', { device, kind, reason }));
  if (context.json) screen.json({ device, kind, ...answer });
  else {
    const kinds = (some: typeof answer.ended): string => some.map((one) => quietKindText(one, context)).join(', ');
    const done =
      answer.ended.length > 0 ? say('alarm.unshelved', { device, kinds: kinds(answer.ended) }) : say('alarm.notShelved', { device });
    screen.line(answer.left.length > 0 ? `${done} ${say('alarm.stillShelved', { kinds: kinds(answer.left) })}` : done);
  }
  return exits.done;
};

function quietKindText(kind: AlarmKind | '', context: VerbContext): string {
  return kind === '' ? context.say('alarm.allKinds') : word(alarmWords, kind, context);
}

export const alarmShelvedVerb: Verb<object> = async (context) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('alarm.shelved', {}));
  if (context.json) screen.json(answer);
  else if (answer.quiets.length === 0) screen.line(say('alarm.noneShelved'));
  else {
    screen.table([
      [say('column.state'), say('column.device'), say('column.kind'), say('column.until'), say('column.by'), say('column.reason')],
      ...answer.quiets.map(({ form, device, kind, until, by, reason }) => [
        word(quietFormWords, form, context),
        device,
        quietKindText(kind, context),
        timeText(until),
        byText(by, context),
        orDash(reason),
      ]),
    ]);
  }
  return exits.done;
};
