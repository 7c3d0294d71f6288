// The verbs that look after one camera: test it step by step, or all of them, and show what is known of it.
import type { Result } from '../contract.ts';
import { testResultWords, testStepWords } from '../messages/diagnosis.ts';
import { cameraStateWords, conditionWords, severityWords } from '../messages/words.ts';
import { exits, UsageFault, type Verb, type VerbContext, withGateway } from './context.ts';
import { displayWidth, padded } from './screen.ts';
import { orDash, textIn, timeText, word } from './words.ts';

type Item = Result<'camera.test'>;
type Finding = Extract<Item, { finding: unknown }>['finding'];
type Verdict = Extract<Item, { verdict: unknown }>['verdict'];
type Summary = Extract<Item, { summary: unknown }>['summary'];

/** Options of `camera test`. */
export interface CameraTestOptions {
  readonly all?: boolean;
}

export const cameraTestVerb: Verb<CameraTestOptions> = async (context, { all = false }, id) => {
  if (all === (id !== '')) throw new UsageFault(context.say('usage.testOne'));
  const { screen } = context;
  const seen: Verdict[] = [];
  let isWhole = false;
  const show = context.json ? (item: Item): void => screen.json(item) : openShow(all, context);
  await withGateway(context, async (client) => {
    for await (const item of client.follow('camera.test', all ? {} : { id }, context.io.signal)) {
      if ('verdict' in item) seen.push(item.verdict);
      isWhole = 'summary' in item || ('verdict' in item && !all);
      show(item);
    }
  });
  screen.progress('');
  if (!isWhole) screen.complain(context.say('test.brokenOff'));
  return isWhole && seen.every(({ result }) => result !== 'failed') ? exits.done : exits.failed;
};

/** Of one camera every step as it comes; of all only what is wrong, and the progress below. */
function openShow(all: boolean, context: VerbContext): (item: Item) => void {
  const { say, screen } = context;
  let total = 0;
  let done = 0;
  return (item) => {
    if ('total' in item) ({ total } = item);
    else if ('finding' in item) screen.line(stepText(item.finding, context));
    else if ('summary' in item) printSummary(item.summary, context);
    else {
      done += 1;
      if (!all) printVerdict(item.verdict, context);
      else if (item.verdict.result !== 'ok') screen.line(verdictLine(item.verdict, context));
      if (all) screen.progress(say('test.progress', { done, total }));
    }
  };
}

const stepWidth = (context: VerbContext): number =>
  Math.max(...Object.values(testStepWords).map((text) => displayWidth(text[context.language])));
const resultWidth = (context: VerbContext): number =>
  Math.max(...Object.values(testResultWords).map((text) => displayWidth(text[context.language])));

function stepText(finding: Finding, context: VerbContext): string {
  const step = padded(word(testStepWords, finding.step, context), stepWidth(context));
  const result = padded(word(testResultWords, finding.result, context), resultWidth(context));
  return `${step}  ${result}  ${saidText(finding, context)}`;
}

function saidText({ message, detail }: Pick<Finding, 'message' | 'detail'>, context: VerbContext): string {
  return detail ? `${textIn(message, context)}: ${textIn(detail, context)}` : textIn(message, context);
}

function printVerdict(verdict: Verdict, context: VerbContext): void {
  const { say, screen } = context;
  const { camera: id, hint } = verdict;
  screen.line('');
  screen.line(verdict.result === 'ok' ? say('test.well', { id }) : say('test.wrong', { id, message: saidText(verdict, context) }));
  if (hint) screen.line(say('word.hint', { text: textIn(hint, context) }));
}

function verdictLine(verdict: Verdict, context: VerbContext): string {
  const result = word(testResultWords, verdict.result, context);
  const step = verdict.step ? word(testStepWords, verdict.step, context) : '';
  return `${verdict.camera}  ${result}  ${step}: ${saidText(verdict, context)}`;
}

function printSummary({ total, well, causes }: Summary, context: VerbContext): void {
  const { say, screen } = context;
  screen.progress('');
  screen.line('');
  screen.line(say('test.summary', { well, total }));
  for (const { count, result, message, hint, cameras } of causes) {
    screen.line('');
    screen.line(say('test.cause', { count, result: word(testResultWords, result, context), message: textIn(message, context) }));
    screen.line(`  ${namesText(cameras, count, context)}`);
    screen.line(`  ${say('word.hint', { text: textIn(hint, context) })}`);
  }
}

const maxNames = 10;

function namesText(cameras: readonly string[], count: number, { say }: VerbContext): string {
  const names = cameras.slice(0, maxNames).join(', ');
  return count > maxNames ? say('test.more', { names, n: count - maxNames }) : names;
}

export const cameraShowVerb: Verb<object> = async (context, _, id) => {
  const { screen } = context;
  const { camera } = await withGateway(context, (client) => client.call('camera.show', { id }));
  if (context.json) screen.json({ camera });
  else {
    screen.table(factsOf(camera, context));
    printConditions(camera, context);
    printTroubles(camera, context);
  }
  return exits.done;
};

type Known = Result<'camera.show'>['camera'];

function factsOf(camera: Known, context: VerbContext): string[][] {
  const { say } = context;
  const { identity, counters } = camera;
  const seconds = camera.clockOffsetMs === undefined ? undefined : (camera.clockOffsetMs / 1000).toFixed(1);
  const device = [identity.maker, identity.model, identity.firmware, identity.serial].filter((part) => part !== '').join(', ');
  const state = say('show.stateSince', { state: word(cameraStateWords, camera.state, context), time: timeText(camera.since) });
  const { pulls, messages, subscriptionsCreated: created, subscriptionsResumed: resumed } = counters;
  return [
    ['ID', camera.id],
    [say('show.name'), orDash(camera.name)],
    [say('show.address'), camera.address],
    [say('show.group'), orDash(camera.group)],
    [say('show.purpose'), orDash(camera.purpose)],
    [say('show.place'), placeText(camera)],
    [say('show.identity'), orDash(device)],
    [say('show.mac'), orDash(identity.mac)],
    [say('show.state'), camera.message ? `${state}: ${textIn(camera.message, context)}` : state],
    [say('show.login'), camera.user === undefined ? '-' : say('show.loginBy', { user: camera.user, by: camera.authentication })],
    [say('show.clock'), seconds === undefined ? '-' : say('show.clockOff', { seconds })],
    ...(camera.certificateUntil === undefined ? [] : [[say('show.certificate'), camera.certificateUntil]]),
    [say('show.services'), orDash(camera.services.join(', '))],
    [say('show.features'), featuresText(camera, context)],
    ...camera.streams.flatMap((channel) => channelRows(channel, context)),
    [say('show.pullPoint'), orDash(camera.pullPoint)],
    [say('show.counters'), say('show.counted', { pulls, messages, created, resumed })],
  ];
}

function placeText({ place: { latitude, longitude, address } }: Known): string {
  return orDash([latitude, longitude, address].filter((part) => part !== undefined && part !== '').join(', '));
}

function featuresText({ features }: Known, { say }: VerbContext): string {
  if (!features) return '-';
  const { relays, inputs, microphone, soundDetection, https, rtsps } = features;
  const has = [https && 'HTTPS', rtsps && 'RTSPS', (microphone || soundDetection) && say('show.microphone')];
  return [say('show.ports', { relays, inputs }), ...has.filter((part) => typeof part === 'string')].join(', ');
}

function channelRows({ number, name, streams, still }: Known['streams'][number], { say }: VerbContext): string[][] {
  const rows = [
    ['main', streams.main],
    ['sub', streams.sub],
    ['still', still],
  ].flatMap(([what, url]) => (url === undefined ? [] : [['', `${what} ${url}`]]));
  return [[say('show.channel', { n: number }), orDash(name)], ...rows];
}

function printConditions({ conditions }: Known, context: VerbContext): void {
  const { say, screen } = context;
  if (conditions.length === 0) return;
  screen.line('');
  screen.line(say('show.conditions', { n: conditions.length }));
  screen.table(
    conditions.map((condition) => [
      timeText(condition.time),
      word(severityWords, condition.severity, context),
      word(conditionWords, condition.kind, context),
      orDash(condition.channel),
      textIn(condition.message, context),
    ]),
  );
}

function printTroubles({ troubles }: Known, context: VerbContext): void {
  const { say, screen } = context;
  if (troubles.length === 0) return;
  screen.line('');
  screen.line(say('show.troubles', { n: troubles.length }));
  for (const { from, to, count, message, hint } of troubles) {
    screen.line(say('show.trouble', { from: timeText(from), to: timeText(to), count, message: textIn(message, context) }));
    screen.line(`  ${say('word.hint', { text: textIn(hint, context) })}`);
  }
}
