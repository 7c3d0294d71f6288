// The verbs about events of cameras: the topics that they say, and what they saw that stays at the site.
import { durationText, type Text } from '#base';
import type { Asked, Result } from '../contract.ts';
import { factWords } from '../messages/events.ts';
import { alarmWords, conditionWords } from '../messages/words.ts';
import { exits, UsageFault, type Verb, type VerbContext, withGateway } from './context.ts';
import { orDash, textIn, timeText } from './words.ts';

type Topic = Result<'camera.topics'>['topics'][number];
type Detection = Result<'camera.detections'>['detections'][number];

/** Options of `camera topics`. */
export interface TopicsOptions {
  readonly samples?: boolean;
  readonly offered?: boolean;
}

export const cameraTopicsVerb: Verb<TopicsOptions> = async (context, { samples = false, offered }, argument) => {
  const { say, screen } = context;
  if (offered === true && argument === '') throw new UsageFault(say('topics.offeredOne'));
  const answer = await withGateway(context, (client) => client.call('camera.topics', { id: oneOrAll(argument), offered }));
  if (context.json) {
    screen.json(answer);
    return answer.problem ? exits.failed : exits.done;
  }
  if (answer.topics.length === 0) screen.line(say('topics.none'));
  else {
    screen.table([
      [say('column.topic'), say('column.meaning'), say('column.messages'), say('column.cameras')],
      ...answer.topics.map((topic) => [topic.topic, meaningText(topic, context), String(topic.count), String(topic.cameras)]),
    ]);
  }
  if (samples) tellSamples(answer.topics, context);
  if (answer.topics.some(({ state }) => state !== 'known')) screen.line(say('topics.hint'));
  tellBreaks(answer.breaks, context);
  if (!answer.problem) return exits.done;
  screen.complain(say('word.error', { text: textIn(answer.problem.message, context) }));
  screen.complain(say('word.hint', { text: textIn(answer.problem.hint, context) }));
  return exits.failed;
};

/** An id that was left out means all cameras. */
function oneOrAll(argument: string): string | undefined {
  return argument === '' ? undefined : argument;
}

function meaningText({ state, kind }: Topic, context: VerbContext): string {
  if (state === 'unknown') return context.say('topics.unknown');
  if (state === 'unclear') return context.say('topics.unclear');
  return kind === undefined ? context.say('topics.quiet') : kindText(kind, context);
}

const kindWords: Readonly<Record<string, Text>> = { ...conditionWords, ...factWords, ...alarmWords };

/** The kind of an alarm, a condition or a fact in words; one that this version does not know stays as it is. */
function kindText(kind: string, { language }: VerbContext): string {
  return Object.hasOwn(kindWords, kind) ? (kindWords[kind]?.[language] ?? kind) : kind;
}

function tellSamples(topics: readonly Topic[], { say, screen }: VerbContext): void {
  for (const { topic, sample } of topics) {
    if (!sample) continue;
    screen.line(say('topics.sample', { topic, device: sample.device, time: timeText(sample.at) }));
    screen.line(`  ${sample.xml}`);
  }
}

function tellBreaks(breaks: Result<'camera.topics'>['breaks'], { say, screen, language }: VerbContext): void {
  if (!breaks?.last) return;
  const { count, unheardMs, last } = breaks;
  const length = durationText(Math.max(1, Math.round(unheardMs / 1000)) * 1000)[language];
  screen.line(say('topics.breaks', { count, length, from: timeText(last.from), to: timeText(last.to) }));
}

/** Options of `camera detections`. */
export type DetectionsOptions = Pick<Asked<'camera.detections'>, 'limit'> & { readonly kind?: string };

export const cameraDetectionsVerb: Verb<DetectionsOptions> = async (context, { limit, kind }, argument) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) =>
    client.call('camera.detections', { id: oneOrAll(argument), limit, kind: kind as Asked<'camera.detections'>['kind'] }),
  );
  if (context.json) screen.json(answer);
  else if (answer.detections.length === 0) screen.line(say('detections.none'));
  else {
    screen.table([
      [say('column.time'), say('column.device'), say('column.channel'), say('column.kind'), say('column.zone'), say('column.step')],
      ...answer.detections.map((one) => [
        timeText(one.at),
        one.device,
        one.channel,
        kindText(one.kind, context),
        orDash(one.zone),
        say(stepKey(one)),
      ]),
    ]);
  }
  return exits.done;
};

function stepKey({ state, reason }: Detection) {
  if (state === 'inactive' && reason === 'timeout') return 'detections.timeout';
  return `detections.${state}` as const;
}
