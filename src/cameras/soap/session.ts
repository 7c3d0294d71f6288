// Talking with one camera: calls one after another over a kept connection, with the login that the camera wants, and its clock.
import { Agent } from 'node:http';
import { authorize, type Challenge, chooseChallenge, type Env, type Login } from '#base';
import { type Failure, failure } from '../faults.ts';
import { child, type XmlElement } from '../xml/index.ts';
import { clockOffset, clockQuestion, readCameraClock } from './clock.ts';
import { actionOf, fillHeader, isDenial, readBodyOf, readFault, type SoapFault, usernameToken } from './envelope.ts';
import type { LoginGate } from './login-gate.ts';
import { type Answer, exchange } from './transport.ts';

/** A call. */
export interface Call {
  readonly url: URL;
  /** With an empty header. */
  readonly envelope: string;
  /** Headers as XML, besides the login's. */
  readonly header?: string;
  /** Name of a child that the reply's body must have. */
  readonly expect: string;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

/** What became of a call. */
export type CallResult =
  | { readonly result: 'ok'; readonly body: XmlElement; readonly tookMs: number }
  | { readonly result: 'fault'; readonly fault: SoapFault; readonly failure: Failure; readonly tookMs: number }
  | { readonly result: 'failed'; readonly failure: Failure; readonly tookMs: number };

export type Authentication = 'none' | 'digest' | 'username-token';

/** A conversation with one camera. One call at a time. */
export interface SoapSession extends Disposable {
  readonly base: URL;
  readonly authentication: Authentication;
  /** The camera's clock minus ours, milliseconds; undefined until it was read. */
  readonly clockOffsetMs: number | undefined;
  /** Calls with the login that the camera wants. At most one failed login within `loginRetry`. Rejects on abort alone. */
  call(call: Call, signal: AbortSignal): Promise<CallResult>;
  /** Reads the clock, without the login if the camera allows (ONVIF Core §8.4.1). */
  readClock(signal: AbortSignal): Promise<CallResult>;
}

export interface SessionOptions {
  readonly requestTimeout: number;
  readonly maxReply: number;
}

/** Opens a session; nothing is sent yet. */
export function openSession(
  options: SessionOptions,
  camera: { readonly base: URL; readonly login: Login | undefined; readonly gate: LoginGate },
  env: Env,
): SoapSession {
  const { base, login, gate } = camera;
  const agent = new Agent({ keepAlive: true, maxSockets: 2, maxFreeSockets: 1 });
  let mode: Authentication = 'none';
  let challenge: Challenge | undefined;
  let count = 0;
  let offset: { readonly ms: number; readonly atMs: number } | undefined;

  const send = (call: Call, proof: Authentication, signal: AbortSignal): Promise<Answer> => {
    const headers: Record<string, string> = {
      'Content-Type': `application/soap+xml; charset=utf-8; action="${actionOf(call.envelope)}"`,
    };
    let header = call.header ?? '';
    if (login && proof === 'digest' && challenge) {
      count += 1;
      const uri = call.url.pathname + call.url.search;
      headers['Authorization'] = authorize(challenge, login, { method: 'POST', uri, count, cnonce: env.random.bytes(8).toString('hex') });
    }
    if (login && proof === 'username-token') header += usernameToken(login, env.clock.now() + (offset?.ms ?? 0), env.random);
    const { timeoutMs = options.requestTimeout, maxBytes = options.maxReply } = call;
    return exchange(agent, { url: call.url, headers, body: fillHeader(call.envelope, header), timeoutMs, maxBytes }, env, signal);
  };

  /** Takes up what the camera asks for; false when another try would only be another failed login. */
  const adapt = async (answer: Answer & { result: 'answer' }, signal: AbortSignal): Promise<boolean> => {
    const offered = chooseChallenge(answer.challenges.filter((header) => !/^\s*basic/i.test(header)));
    if (offered?.scheme === 'digest') {
      const fresh = mode === 'digest' && count === 1 && !offered.stale;
      if (fresh) return false;
      mode = 'digest';
      challenge = offered;
      count = 0;
      return true;
    }
    if (mode === 'none') {
      mode = 'username-token';
      return true;
    }
    return mode === 'username-token' && (await clockMoved(signal));
  };

  const clockMoved = async (signal: AbortSignal): Promise<boolean> => {
    if (offset && env.clock.monotonicMs() - offset.atMs < 30_000) return false;
    const before = offset?.ms ?? 0;
    await session.readClock(signal);
    return Math.abs((offset?.ms ?? 0) - before) > 2000;
  };

  const refuse = (answer: Answer & { result: 'answer' }): CallResult => {
    mode = 'none';
    challenge = undefined;
    if (login) gate.refused(base.host, login);
    const detail = `${base.host}, HTTP ${answer.status}`;
    return { result: 'failed', failure: failure(login ? 'login-refused' : 'login-missing', detail), tookMs: answer.tookMs };
  };

  const session: SoapSession = {
    base,
    get authentication() {
      return mode;
    },
    get clockOffsetMs() {
      return offset?.ms;
    },
    async call(call, signal) {
      const waitMs = login ? gate.waitMs(base.host, login) : 0;
      if (waitMs > 0) {
        const detail = `${base.host}, tried again in ${Math.ceil(waitMs / 1000)} s`;
        return { result: 'failed', failure: failure('login-refused', detail), tookMs: 0 };
      }
      for (let turn = 1; ; turn += 1) {
        const answer = await send(call, mode, signal);
        if (answer.result === 'failed') return answer;
        if (!isDenied(answer)) {
          const result = settle(answer, call, base);
          if (login && result.result === 'failed' && result.failure.kind === 'login-refused') gate.refused(base.host, login);
          else if (mode !== 'none') gate.accepted(base.host);
          return result;
        }
        if (turn >= 3 || !login || !(await adapt(answer, signal))) return refuse(answer);
      }
    },
    async readClock(signal) {
      const call: Call = { url: base, envelope: clockQuestion, expect: 'GetSystemDateAndTimeResponse' };
      const anonymous = await send(call, 'none', signal);
      const result =
        anonymous.result === 'answer' && isDenied(anonymous) && mode !== 'username-token'
          ? await session.call(call, signal)
          : anonymous.result === 'failed'
            ? anonymous
            : settle(anonymous, call, base);
      const cameraMs = result.result === 'ok' ? readCameraClock(result.body) : undefined;
      if (cameraMs !== undefined) {
        offset = { ms: clockOffset(cameraMs, env.clock.now(), result.tookMs), atMs: env.clock.monotonicMs() };
      }
      return result;
    },
    [Symbol.dispose]() {
      agent.destroy();
    },
  };
  return session;
}

function faultOf(answer: Answer & { result: 'answer' }): SoapFault | undefined {
  const body = answer.document.ok ? readBodyOf(answer.document.root) : undefined;
  return body && readFault(body);
}

function isDenied(answer: Answer & { result: 'answer' }): boolean {
  if (answer.status === 401) return true;
  const fault = faultOf(answer);
  return fault !== undefined && isDenial(fault);
}

/** HTTP 490 and 423: the account is locked for now (Hanwha). 403 without SOAP: not set up yet. */
function settle(answer: Answer & { result: 'answer' }, call: Call, base: URL): CallResult {
  const { status, tookMs } = answer;
  const where = `${base.host}, ${call.expect.replace(/Response$/, '')}`;
  const failed = (kind: Failure['kind'], detail: string): CallResult => ({ result: 'failed', failure: failure(kind, detail), tookMs });
  const body = answer.document.ok ? readBodyOf(answer.document.root) : undefined;
  const fault = body && readFault(body);
  if (fault) {
    const said = failure('fault', `${where}: ${fault.reason || fault.codes.join(' ')}`);
    return { result: 'fault', fault, failure: said, tookMs };
  }
  if (body && child(body, call.expect)) return { result: 'ok', body, tookMs };
  if (status === 490 || status === 423) return failed('login-refused', `${base.host}, account locked (HTTP ${status})`);
  if (status === 403) return failed('factory-state', `${base.host}, HTTP 403`);
  if (!answer.document.ok && status === 200) return failed('garbage', `${where}: ${answer.document.problem}`);
  return failed('garbage', `${where}: HTTP ${status}, no ${call.expect}`);
}
