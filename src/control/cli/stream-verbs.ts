// The verbs about pictures on their way: stream list, watch, kick and why.
import { type Command, InvalidArgumentError } from 'commander';
import type { Result } from '../contract.ts';
import { faults } from '../faults.ts';
import type { Say } from '../messages/catalogue.ts';
import { testResultWords } from '../messages/diagnosis.ts';
import { pathStateWords, transportWords, whyStepWords } from '../messages/streams.ts';
import type { PathView, SessionView } from '../stream-operations.ts';
import { exits, type Verb, type VerbContext, withGateway } from './context.ts';
import { openParsers } from './parsers.ts';
import { displayWidth, padded } from './screen.ts';
import { ageText, orDash, sizeText, textIn, timeText, word } from './words.ts';

type Snapshot = Result<'stream.list'>;

const listVerb: Verb<object> = async (context) => {
  const answer = await withGateway(context, (client) => client.call('stream.list', {}));
  if (context.json) context.screen.json(answer);
  else print(answer, context);
  return answer.relay === 'up' ? exits.done : exits.failed;
};

interface WatchFlags {
  readonly every: number;
  readonly for?: number;
}

/** Ends with Ctrl-C, or when the time is over. */
const watchVerb: Verb<WatchFlags> = async (context, { every, for: forMs }) => {
  const { screen, say, io } = context;
  await withGateway(context, async (client) => {
    for await (const item of client.follow('stream.watch', { everyMs: every, forMs }, io.signal)) {
      if (context.json) screen.json(item);
      else {
        const cameras = item.paths.filter(({ state }) => state !== 'idle').length;
        screen.line(say('stream.at', { time: timeText(item.time), cameras, readers: item.sessions.length }));
        print(item, context);
        screen.line('');
      }
    }
  });
  return exits.done;
};

function print({ relay, paths, sessions }: Snapshot, context: VerbContext): void {
  const { say, screen } = context;
  if (relay !== 'up') screen.line(say(relay === 'silent' ? 'stream.silent' : 'stream.down'));
  else if (paths.length === 0 && sessions.length === 0) screen.line(say('stream.none'));
  if (paths.length > 0) printPaths(paths, context);
  if (sessions.length > 0) printSessions(sessions, context);
  for (const path of paths)
    if (path.failure)
      screen.line(say('stream.failure', { path: pathText(path), time: timeText(path.failedAt), text: textIn(path.failure, context) }));
}

function printPaths(paths: readonly PathView[], context: VerbContext): void {
  const { say, screen } = context;
  const heads = ['path', 'state', 'codec', 'size', 'rate', 'readers', 'frames', 'bytes', 'lost', 'firstFrame'] as const;
  screen.table([
    heads.map((name) => say(`column.${name}`)),
    ...paths.map((path) => [
      pathText(path),
      word(pathStateWords, path.state, context),
      orDash(path.codec),
      path.size ? `${path.size.width}x${path.size.height}` : '-',
      rateText(path.bitsPerSecond),
      String(path.readers),
      String(path.frames),
      sizeText(path.bytes),
      String(path.lost),
      msText(path.firstFrameMs),
    ]),
  ]);
}

function printSessions(sessions: readonly SessionView[], context: VerbContext): void {
  const { say, screen } = context;
  const heads = [
    'session',
    'grant',
    'path',
    'transport',
    'peer',
    'service',
    'rate',
    'frames',
    'dropped',
    'lost',
    'jitter',
    'firstFrame',
    'left',
  ] as const;
  screen.table([
    heads.map((name) => say(`column.${name}`)),
    ...sessions.map((session) => [
      session.session,
      session.grant,
      pathText(session),
      word(transportWords, session.transport, context),
      session.peer,
      orDash(session.service),
      rateText(session.bitsPerSecond),
      String(session.frames),
      String(session.dropped),
      session.lossRatio === undefined ? '-' : `${(session.lossRatio * 100).toFixed(1)}%`,
      msText(session.jitterMs),
      msText(session.firstFrameMs),
      session.remainingMs === undefined ? '-' : ageText(session.remainingMs, context),
    ]),
  ]);
}

function pathText({ device, channel, quality }: Pick<PathView, 'device' | 'channel' | 'quality'>): string {
  return `${device}/${channel}/${quality}`;
}

function rateText(bitsPerSecond: number | undefined): string {
  return bitsPerSecond === undefined ? '-' : String(Math.round(bitsPerSecond / 1000));
}

function msText(ms: number | undefined): string {
  return ms === undefined ? '-' : `${Math.round(ms)} ms`;
}

/** Rejects with `control.session-unknown`. */
const kickVerb: Verb<{ readonly reason: string }> = async (context, { reason }, session) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('stream.kick', { session, reason }));
  const { found, grantEnded, grant } = answer;
  if (!found) throw faults.fault('session-unknown', { detail: session });
  if (context.json) screen.json({ session, ...answer });
  else screen.line(grantEnded ? say('stream.kicked', { session, grant }) : say('stream.cut', { session, grant }));
  return exits.done;
};

/** Exit 1 when something stands in the way. */
const whyVerb: Verb<object> = async (context, _, id) => {
  const { say, screen, json } = context;
  const { findings } = await withGateway(context, (client) => client.call('stream.why', { id }));
  const stepWidth = Math.max(...Object.values(whyStepWords).map((text) => displayWidth(text[context.language])));
  const resultWidth = Math.max(...Object.values(testResultWords).map((text) => displayWidth(text[context.language])));
  if (json) screen.json({ id, findings });
  else
    for (const { step, result, message, at, hint } of findings) {
      const head = `${padded(word(whyStepWords, step, context), stepWidth)}  ${padded(word(testResultWords, result, context), resultWidth)}`;
      screen.line(`${head}  ${textIn(message, context)}${at === undefined ? '' : ` (${timeText(at)})`}`);
      if (hint) screen.line(`${' '.repeat(stepWidth + resultWidth + 4)}→ ${textIn(hint, context)}`);
    }
  if (findings.some(({ result }) => result === 'failed')) return exits.failed;
  if (!json) screen.line(say('stream.plays', { id }));
  return exits.done;
};

type HelpKey = Parameters<Say>[0] & `help.${string}`;
type Make = <Options>(parent: Command, name: string, key: HelpKey, verb: Verb<Options>) => Command;

/** Adds the verbs to `stream`. */
export function addStreamVerbs(stream: Command, make: Make, say: Say): void {
  const { duration } = openParsers(say);
  const every = (text: string): number => {
    const ms = duration(text);
    if (ms < 1000 || ms > 60_000) throw new InvalidArgumentError(say('usage.every'));
    return ms;
  };
  make(stream, 'list', 'help.stream.list', listVerb);
  make(stream, 'watch', 'help.stream.watch', watchVerb)
    .option('--every <time>', say('help.stream.watch.every'), every, 2000)
    .option('--for <time>', say('help.stream.watch.for'), duration);
  make(stream, 'kick', 'help.stream.kick', kickVerb)
    .argument('<session>', say('help.stream.session'))
    .requiredOption('--reason <text>', say('help.reason'));
  make(stream, 'why', 'help.stream.why', whyVerb).argument('<id>', say('help.camera.id'));
}
