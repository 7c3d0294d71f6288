// The line: one exchange at a time, matched by content, quiet after a timeout.
import type { Env } from '#base';
import { sensorsFaults } from '../faults.ts';
import { type Answer, answerBytes, encodeRequest, type Line, type Request, type Response } from '../modbus/index.ts';
import { encodeFrame, findResponse, hasEcho } from './frame.ts';
import type { BytePort } from './port.ts';
import { afterEcho, afterLostEcho, afterProbe, afterTimeout, fullTrust, stanceOf, type Trust, type Trusts } from './trust.ts';

/** What an exchange takes. */
export interface LineTiming {
  /** Bits a second. */
  readonly baud: number;
  readonly responseTimeoutMs: number;
  /** Without a byte for so long, and four questions unanswered in a row, the line counts as lost: of a connection, whose cut cable says nothing. */
  readonly deadAfterMs?: number;
  /** Nobody talks on this line: it need not be waited for at first, nor after a timeout. */
  readonly isQuiet?: boolean;
}

/** What is not answered in a row before silence can mean that the line is lost. */
const deadAfterUnanswered = 4;

/** Rounds of quiet after a timeout while the line goes on talking; then it is asked again all the same. */
const maxQuietRounds = 4;

/** The line over an open port. `trusts` outlives it: what was asked before the line was lost may be answered after it came back. */
export function openRtuLine(port: BytePort, timing: LineTiming, trusts: Trusts, env: Env): Line {
  const { baud, responseTimeoutMs, deadAfterMs = Infinity, isQuiet = false } = timing;
  let isFresh = !isQuiet;
  let unanswered = 0;
  let heardAt = env.clock.monotonicMs();
  const stayQuiet = async (signal: AbortSignal): Promise<void> => {
    for (let round = 0; round < maxQuietRounds; round += 1) {
      await port.flush();
      await port.receive(() => undefined, responseTimeoutMs, signal);
      if (port.received.length === 0) break;
    }
  };
  const heard = (): void => {
    unanswered = 0;
    heardAt = env.clock.monotonicMs();
  };
  /** Sends, and waits; undefined: no answer in time, and the line was quiet since. `owed`: what is known of the unit should the answer not come. */
  const ask = async (
    { unit, request, limitMs, signal }: { unit: number; request: Request; limitMs: number; signal: AbortSignal },
    owed: (sentAt: number) => Trust,
  ): Promise<{ sentAt: number; answer: Exclude<Response, { result: 'mismatch' }> | undefined; garbled: boolean }> => {
    await env.clock.sleep(frameGapMs(baud), signal);
    await port.flush();
    const sentAt = env.clock.monotonicMs();
    trusts.set(unit, owed(sentAt));
    await port.send(encodeFrame(unit, encodeRequest(request)));
    const answer = await port.receive(() => findResponse(port.received, unit, request), limitMs + transferMs(request, baud), signal);
    if (answer && answer.result !== 'mismatch') {
      heard();
      return { sentAt, answer, garbled: false };
    }
    const garbled = port.received.length > 0;
    if (request.function === 8 && hasEcho(port.received, unit)) trusts.set(unit, { ...owed(sentAt), echoes: true });
    if (!isQuiet) await stayQuiet(signal);
    if (garbled) heard();
    else if (limitMs >= responseTimeoutMs) unanswered += 1;
    const isDead = unanswered >= deadAfterUnanswered && env.clock.monotonicMs() - heardAt >= deadAfterMs;
    if (isDead) throw sensorsFaults.fault('line-lost', { detail: 'silence' });
    return { sentAt, answer: undefined, garbled };
  };
  const leaveAlone = (unit: number, trust: Trust, sentAt: number): Answer => {
    const nowMs = env.clock.monotonicMs();
    const proven = afterProbe(trust, { sentAt, nowMs, responseTimeoutMs });
    trusts.set(unit, proven);
    return { result: 'wait', ms: proven.quietUntil - nowMs };
  };
  /** Undefined: the number came back, and nothing old can come behind it. */
  const echo = async (unit: number, trust: Trust, how: { limitMs: number; signal: AbortSignal }): Promise<Answer | undefined> => {
    const request = { function: 8, nonce: Math.floor(env.random.uniform() * 65_536) } as const;
    const { sentAt, answer, garbled } = await ask({ unit, request, ...how }, (at) => afterLostEcho(trust, at, false));
    // Of a unit that may not know the function this says nothing: it is asked by its next turn.
    if (!answer) return trusts.get(unit)?.echoes ? { result: 'timeout', garbled } : { result: 'wait', ms: 0 };
    const known = { ...trust, echoes: true };
    if (answer.result === 'exception') return leaveAlone(unit, known, sentAt);
    trusts.set(unit, afterEcho(known));
    return undefined;
  };
  return {
    async exchange(unit, request, signal, limitMs = responseTimeoutMs): Promise<Answer> {
      signal.throwIfAborted();
      // A serial server may still hold what was said to whoever was connected before.
      if (isFresh) await stayQuiet(signal);
      isFresh = false;
      const before = trusts.get(unit) ?? fullTrust;
      const stance = stanceOf(before, env.clock.monotonicMs());
      if (stance.do === 'wait') return { result: 'wait', ms: stance.ms };
      const doubt = stance.do === 'echo' ? await echo(unit, before, { limitMs, signal }) : undefined;
      if (doubt) return doubt;
      const trust = trusts.get(unit) ?? fullTrust;
      const { sentAt, answer, garbled } = await ask({ unit, request, limitMs, signal }, (at) => afterTimeout(trust, at));
      if (!answer) return { result: 'timeout', garbled };
      if (stance.do === 'probe') return leaveAlone(unit, trust, sentAt);
      trusts.set(unit, trust);
      return answer;
    },
    [Symbol.asyncDispose]: () => port[Symbol.asyncDispose](),
  };
}

/** Silence between frames, §2.5.1.1: 3.5 characters, 1.75 ms above 19200 baud; a timer keeps it roughly, which is why frames are told by length and CRC. */
function frameGapMs(baud: number): number {
  return Math.ceil(baud > 19_200 ? 1.75 : 38_500 / baud) + 1;
}

/** How long request and answer are on the wire, 11 bits a character. */
function transferMs(request: Request, baud: number): number {
  const frameExtra = 3;
  return Math.ceil(((encodeRequest(request).length + answerBytes(request) + 2 * frameExtra) * 11_000) / baud);
}
