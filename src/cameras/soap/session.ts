// Talking with one camera: calls one after another over a kept connection, with the login that the camera wants, and its clock.
import type { Env, Login, Text } from '#base';
import { type Failure, failure } from '../faults.ts';
import { child, type XmlElement } from '../xml/index.ts';
import { clockOffset, clockQuestion, readCameraClock } from './clock.ts';
import { type Authentication, noProof, openCredentials, type Proof } from './credentials.ts';
import { actionOf, fillHeader, isDenial, readBodyOf, readFault, type SoapFault } from './envelope.ts';
import type { LoginGate } from './login-gate.ts';
import { type Answer, type Ask, type Lane, openTransport } from './transport.ts';
import { type CameraCertificate, openTrust, type Trust } from './trust.ts';

/** A call. */
export interface Call {
  readonly url: URL;
  /** With an empty header. */
  readonly envelope: string;
  /** Headers as XML, besides the login's. */
  readonly header?: string;
  /** Name of a child that the reply's body must have. */
  readonly expect: string;
  /** From the request to the first byte of the answer. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** Which of the camera's two connections; `calls` when left out. `pulls` is for what waits long. */
  readonly lane?: Lane;
}

/** What became of a call. */
export type CallResult =
  | { readonly result: 'ok'; readonly body: XmlElement; readonly tookMs: number }
  | { readonly result: 'fault'; readonly fault: SoapFault; readonly failure: Failure; readonly tookMs: number }
  | { readonly result: 'failed'; readonly failure: Failure; readonly tookMs: number };

/** A conversation with one camera. Calls of one lane go one after another. */
export interface SoapSession extends Disposable {
  readonly base: URL;
  readonly authentication: Authentication;
  /** The camera's clock minus ours, milliseconds; undefined until it was read. */
  readonly clockOffsetMs: number | undefined;
  /** What the camera showed over HTTPS. */
  readonly certificate: CameraCertificate | undefined;
  /** Calls with the login that the camera wants. At most one failed login within `loginRetry`. Rejects on abort alone. */
  call(call: Call, signal: AbortSignal): Promise<CallResult>;
  /** Another login from the next call on; none where it is undefined. */
  use(login: Login | undefined): void;
  /** Reads the clock, without the login if the camera allows (ONVIF Core §8.4.1). */
  readClock(signal: AbortSignal): Promise<CallResult>;
}

export interface SessionOptions {
  /** `requestTimeout` when left out. */
  readonly connectTimeout?: number;
  readonly requestTimeout: number;
  readonly maxReply: number;
}

/** Without a login, with it, and once more after the clock or the nonce was renewed. */
const maxTurns = 3;
/** A clock read so lately is not read again. */
const clockFreshMs = 30_000;
const clockMovedMs = 2000;

/** Opens a session; nothing is sent yet. */
export function openSession(
  options: SessionOptions,
  camera: { readonly base: URL; readonly login: Login | undefined; readonly gate: LoginGate; readonly trust?: Trust },
  env: Env,
): SoapSession {
  const { base, gate, trust = openTrust() } = camera;
  let { login } = camera;
  const transport = openTransport(trust, env);
  let credentials = openCredentials(login, env);
  let offset: { readonly ms: number; readonly atMs: number } | undefined;
  let proven = false;
  const send = (call: Call, proof: Proof, signal: AbortSignal): Promise<Answer> => {
    const { url, timeoutMs: answerMs = options.requestTimeout, maxBytes = options.maxReply } = call;
    const limits = { connectMs: options.connectTimeout ?? options.requestTimeout, answerMs, wholeMs: options.requestTimeout, maxBytes };
    return transport.exchange(call.lane ?? 'calls', { url, ...write(call, proof), ...limits }, signal);
  };
  const keepOffset = (result: CallResult): CallResult => {
    const cameraMs = result.result === 'ok' ? readCameraClock(result.body) : undefined;
    if (cameraMs === undefined) return result;
    offset = { ms: clockOffset(cameraMs, env.clock.now(), result.tookMs), atMs: env.clock.monotonicMs() };
    return result;
  };
  const clockMoved = async (signal: AbortSignal): Promise<boolean> => {
    if (offset && env.clock.monotonicMs() - offset.atMs < clockFreshMs) return false;
    const before = offset?.ms ?? 0;
    await session.readClock(signal);
    return Math.abs((offset?.ms ?? 0) - before) > clockMovedMs;
  };
  const refuse = (answer: Answered): CallResult => {
    credentials.reset();
    proven = false;
    if (login) gate.refused(base.host, login);
    return denied(login ? 'login-refused' : 'login-missing', answer, base);
  };
  const accept = (answer: Answered, call: Call): CallResult => {
    const result = settle(answer, call, base);
    if (login && result.result === 'failed' && result.failure.kind === 'login-refused') gate.refused(base.host, login);
    else if (login && credentials.authentication !== 'none') {
      proven = true;
      gate.accepted(base.host, login);
    }
    return result;
  };
  const speak = async (call: Call, signal: AbortSignal): Promise<CallResult> => {
    const closed = login && closedGate(gate.waitMs(base.host, login), base);
    if (closed) return closed;
    for (let turn = 1; ; turn += 1) {
      const lane = call.lane ?? 'calls';
      const answer = await send(call, credentials.prove(lane, call.url, env.clock.now() + (offset?.ms ?? 0)), signal);
      if (answer.result === 'failed') return answer;
      if (!isDenied(answer)) return accept(answer, call);
      const next = turn < maxTurns ? credentials.adapt(lane, answer.challenges) : 'refused';
      if (next === 'refused' || (next === 'clock' && !(await clockMoved(signal)))) return refuse(answer);
    }
  };

  const session: SoapSession = {
    base,
    get authentication() {
      return credentials.authentication;
    },
    get clockOffsetMs() {
      return offset?.ms;
    },
    get certificate() {
      return trust.seen;
    },
    async call(call, signal) {
      if (!login || proven) return await speak(call, signal);
      // Two that try the same wrong login at once would be two failed logins.
      using _turn = await gate.turn(base.host, signal);
      return await speak(call, signal);
    },
    use(next) {
      if (next?.user === login?.user && next?.password === login?.password) return;
      login = next;
      credentials = openCredentials(login, env);
      proven = false;
    },
    async readClock(signal) {
      const call: Call = { url: base, envelope: clockQuestion, expect: 'GetSystemDateAndTimeResponse' };
      const answer = await send(call, noProof, signal);
      if (answer.result === 'failed') return answer;
      // Some want the login even here; a token would need the clock that is asked for.
      const wantsLogin = isDenied(answer) && credentials.authentication !== 'username-token';
      return keepOffset(wantsLogin ? await session.call(call, signal) : settle(answer, call, base));
    },
    [Symbol.dispose]() {
      transport[Symbol.dispose]();
    },
  };
  return session;
}

function denied(kind: 'login-refused' | 'login-missing', { status, tookMs }: Answered, base: URL): CallResult {
  return { result: 'failed', failure: failure(kind, `${base.host}, HTTP ${status}`), tookMs };
}

function closedGate(waitMs: number, base: URL): CallResult | undefined {
  if (waitMs <= 0) return undefined;
  const seconds = Math.ceil(waitMs / 1000);
  const detail = { ko: `${base.host}, ${seconds}초 뒤 재시도`, en: `${base.host}, tried again in ${seconds} s` };
  return { result: 'failed', failure: { ...failure('login-refused', detail), isHeld: true }, tookMs: 0 };
}

function write(call: Call, proof: Proof): Pick<Ask, 'headers' | 'body'> {
  const contentType = `application/soap+xml; charset=utf-8; action="${actionOf(call.envelope)}"`;
  const headers = { 'Content-Type': contentType, ...(proof.authorization !== undefined && { Authorization: proof.authorization }) };
  return { headers, body: fillHeader(call.envelope, (call.header ?? '') + proof.header) };
}

type Answered = Answer & { readonly result: 'answer' };

function faultOf(answer: Answered): SoapFault | undefined {
  const body = answer.document.ok ? readBodyOf(answer.document.root) : undefined;
  return body && readFault(body);
}

function isDenied(answer: Answered): boolean {
  if (answer.status === 401) return true;
  const fault = faultOf(answer);
  return fault !== undefined && isDenial(fault);
}

/** HTTP 490 and 423: the account is locked for now (Hanwha). 403 without SOAP: not set up yet. */
function settle(answer: Answered, call: Call, base: URL): CallResult {
  const { status, tookMs } = answer;
  const where = `${base.host}, ${call.expect.replace(/Response$/, '')}`;
  const failed = (kind: Failure['kind'], detail: string | Text): CallResult => ({
    result: 'failed',
    failure: failure(kind, detail),
    tookMs,
  });
  const body = answer.document.ok ? readBodyOf(answer.document.root) : undefined;
  const fault = body && readFault(body);
  if (fault) {
    const said = failure('fault', `${where}: ${fault.reason || fault.codes.join(' ')}`);
    return { result: 'fault', fault, failure: said, tookMs };
  }
  if (body && child(body, call.expect)) return { result: 'ok', body, tookMs };
  if (status === 490 || status === 423)
    return { result: 'failed', failure: { ...failure('login-refused', locked(base.host, status)), isLocked: true }, tookMs };
  if (status === 403) return failed('factory-state', `${base.host}, HTTP 403`);
  if (!answer.document.ok && status === 200) return failed('garbage', `${where}: ${answer.document.problem}`);
  return failed('garbage', { ko: `${where}: HTTP ${status}, ${call.expect} 없음`, en: `${where}: HTTP ${status}, no ${call.expect}` });
}

function locked(host: string, status: number): Text {
  return { ko: `${host}, 계정 잠김(HTTP ${status})`, en: `${host}, account locked (HTTP ${status})` };
}
