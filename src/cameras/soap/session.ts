// Talking with one camera: calls one after another over a kept connection, with the login that the camera wants, and its clock.
import type { Env, Login, Text } from '#base';
import { type Failure, failure } from '../faults.ts';
import { child, type XmlElement } from '../xml/index.ts';
import { clockOffset, clockQuestion, readCameraClock } from './clock.ts';
import { type Authentication, type Credentials, noProof, openCredentials, type Proof } from './credentials.ts';
import { actionOf, fillHeader, isDenial, readBodyOf, readFault, type SoapFault } from './envelope.ts';
import type { Written } from './line.ts';
import type { LoginGate } from './login-gate.ts';
import { type Answer, type AnswerListener, type Ask, type Lane, openTransport, type Transport } from './transport.ts';
import { type CameraCertificate, openTrust, type Trust } from './trust.ts';

/** A call. */
export interface Call {
  readonly url: URL;
  /** With an empty header. What waits long is composed when it is sent, and takes no memory while its answer is awaited. */
  readonly envelope: string | (() => string);
  /** Headers as XML, besides the login's. */
  readonly header?: string | (() => string);
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

/** Whoever waits for a call without a promise. */
export interface CallListener {
  /** Rejects with the reason of the call's signal alone. */
  called(result: Promise<CallResult>): void;
}

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
  /**
   * As `call`, for what waits long, and of which thousands wait: until the answer is there nothing is held but `call`, `listener` and the signal. The
   * signal gives up what has to be asked again alone: dispose it to give up the waiting. Undefined: it went the way of `call`.
   */
  post(call: Call, listener: CallListener, signal: AbortSignal): Disposable | undefined;
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

/** Who keeps which logins were tried and taken, over a crash. */
export interface LoginLedger {
  /** A login that this session has not proved is about to go out. */
  attempt(login: Login): Promise<void>;
  /** It was taken. */
  taken(login: Login): Promise<void>;
}

/** Whom it talks with. */
export interface SessionCamera {
  readonly base: URL;
  readonly login: Login | undefined;
  readonly gate: LoginGate;
  readonly trust?: Trust;
  /** Both are awaited, and whatever they reject with is the call's. */
  readonly ledger?: LoginLedger | undefined;
}

/** Without a login, with it, and once more after the clock or the nonce was renewed. */
const maxTurns = 3;
/** A clock read so lately is not read again. */
const clockFreshMs = 30_000;
const clockMovedMs = 2000;

/** Opens a session; nothing is sent yet. */
export function openSession(options: SessionOptions, camera: SessionCamera, env: Env): SoapSession {
  return new Session(options, { trust: openTrust(), ...camera }, env);
}

/** A class, for there are thousands, and closures cost memory each. */
class Session implements SoapSession {
  readonly base: URL;
  readonly #options: SessionOptions;
  readonly #gate: LoginGate;
  readonly #trust: Trust;
  readonly #env: Env;
  readonly #ledger: LoginLedger | undefined;
  readonly #transport: Transport;
  #login: Login | undefined;
  #credentials: Credentials;
  #offset: { readonly ms: number; readonly atMs: number } | undefined;
  #proven = false;

  constructor(options: SessionOptions, { base, login, gate, trust, ledger }: SessionCamera & { readonly trust: Trust }, env: Env) {
    this.base = base;
    this.#options = options;
    this.#gate = gate;
    this.#trust = trust;
    this.#env = env;
    this.#ledger = ledger;
    this.#transport = openTransport(trust, env);
    this.#login = login;
    this.#credentials = openCredentials(login, env);
  }

  get authentication(): Authentication {
    return this.#credentials.authentication;
  }

  get clockOffsetMs(): number | undefined {
    return this.#offset?.ms;
  }

  get certificate(): CameraCertificate | undefined {
    return this.#trust.seen;
  }

  call(call: Call, signal: AbortSignal): Promise<CallResult> {
    return !this.#login || this.#proven ? this.#speak(call, signal, false) : this.#speakAlone(call, signal);
  }

  post(call: Call, listener: CallListener, signal: AbortSignal): Disposable | undefined {
    const { lane = 'calls' } = call;
    const mayAsk = !this.#login || (this.#proven && this.#gate.waitMs(this.base.host, this.#login) <= 0);
    const waiting =
      mayAsk && this.#transport.post(lane, this.#asking(call, this.#proofFor(call)), new Waiting(this, call, listener, signal));
    if (waiting) return waiting;
    listener.called(this.call(call, signal));
    return undefined;
  }

  /** An answer to what was posted; without one it is asked anew. */
  hear(call: Call, answer: Answer | undefined, signal: AbortSignal): Promise<CallResult> {
    return answer ? this.#speak(call, signal, false, answer) : this.call(call, signal);
  }

  use(next: Login | undefined): void {
    if (next?.user === this.#login?.user && next?.password === this.#login?.password) return;
    this.#login = next;
    this.#credentials = openCredentials(next, this.#env);
    this.#proven = false;
  }

  async readClock(signal: AbortSignal): Promise<CallResult> {
    const call: Call = { url: this.base, envelope: clockQuestion, expect: 'GetSystemDateAndTimeResponse' };
    const answer = await this.#send(call, noProof, signal);
    if (answer.result === 'failed') return answer;
    // Some want the login even here; a token would need the clock that is asked for.
    const wantsLogin = isDenied(answer) && this.#credentials.authentication !== 'username-token';
    return this.#keepOffset(wantsLogin ? await this.call(call, signal) : settle(answer, call, this.base));
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }

  async #speakAlone(call: Call, signal: AbortSignal): Promise<CallResult> {
    // Two that try the same wrong login at once would be two failed logins.
    using _turn = await this.#gate.turn(this.base.host, signal);
    return await this.#speak(call, signal, true);
  }

  /** `first`: the answer to it is here already. */
  async #speak(call: Call, signal: AbortSignal, isAlone: boolean, first?: Answer): Promise<CallResult> {
    const { lane = 'calls' } = call;
    for (let turn = 1; ; turn += 1) {
      const answer = (turn === 1 && first) || (await this.#ask(call, signal));
      if (answer.result !== 'answer') return answer;
      if (!isDenied(answer)) return await this.#accept(answer, call);
      const next = turn < maxTurns ? this.#credentials.adapt(lane, answer.challenges) : 'refused';
      // A nonce that is old, or another password: one connection finds out, the other waits for what it hears.
      if (next === 'doubt' && !isAlone) {
        this.#proven = false;
        return this.#speakAlone(call, signal);
      }
      if (next === 'refused' || (next === 'clock' && !(await this.#clockMoved(signal)))) return this.#refuse(answer);
    }
  }

  async #ask(call: Call, signal: AbortSignal): Promise<Answer> {
    // At each turn: the other connection may have been refused meanwhile, and one refusal is the whole camera's.
    const closed = this.#login && closedGate(this.#gate.waitMs(this.base.host, this.#login), this.base);
    if (closed) return closed;
    if (this.#login && !this.#proven && this.#credentials.authentication !== 'none') await this.#ledger?.attempt(this.#login);
    return await this.#send(call, this.#proofFor(call), signal);
  }

  #proofFor({ lane = 'calls', url }: Call): Proof {
    return this.#credentials.prove(lane, url, this.#cameraMs());
  }

  #send(call: Call, proof: Proof, signal: AbortSignal): Promise<Answer> {
    return this.#transport.exchange(call.lane ?? 'calls', this.#asking(call, proof), signal);
  }

  #asking(call: Call, proof: Proof): Ask {
    const { requestTimeout: wholeMs, connectTimeout: connectMs = wholeMs, maxReply } = this.#options;
    const { url, timeoutMs: answerMs = wholeMs, maxBytes = maxReply } = call;
    return { url, write: () => write(call, proof), connectMs, answerMs, wholeMs, maxBytes };
  }

  #cameraMs(): number {
    return this.#env.clock.now() + (this.#offset?.ms ?? 0);
  }

  #keepOffset(result: CallResult): CallResult {
    const cameraMs = result.result === 'ok' ? readCameraClock(result.body) : undefined;
    if (cameraMs === undefined) return result;
    const { clock } = this.#env;
    this.#offset = { ms: clockOffset(cameraMs, clock.now(), result.tookMs), atMs: clock.monotonicMs() };
    return result;
  }

  async #clockMoved(signal: AbortSignal): Promise<boolean> {
    if (this.#offset && this.#env.clock.monotonicMs() - this.#offset.atMs < clockFreshMs) return false;
    const before = this.#offset?.ms ?? 0;
    await this.readClock(signal);
    return Math.abs((this.#offset?.ms ?? 0) - before) > clockMovedMs;
  }

  #refuse(answer: Answered): CallResult {
    this.#credentials.reset();
    this.#proven = false;
    if (this.#login) this.#gate.refused(this.base.host, this.#login);
    return denied(this.#login ? 'login-refused' : 'login-missing', answer, this.base);
  }

  async #accept(answer: Answered, call: Call): Promise<CallResult> {
    const result = settle(answer, call, this.base);
    const login = this.#login;
    if (!login) return result;
    if (result.result === 'failed' && result.failure.kind === 'login-refused') this.#gate.refused(this.base.host, login);
    else if (this.#credentials.authentication !== 'none') {
      const isNews = !this.#proven;
      this.#proven = true;
      this.#gate.accepted(this.base.host, login, answer.tookMs);
      if (isNews) await this.#ledger?.taken(login);
    }
    return result;
  }
}

/** A posted call, for which nobody holds a promise. */
class Waiting implements AnswerListener {
  readonly #session: Session;
  readonly #call: Call;
  readonly #listener: CallListener;
  readonly #signal: AbortSignal;

  constructor(session: Session, call: Call, listener: CallListener, signal: AbortSignal) {
    this.#session = session;
    this.#call = call;
    this.#listener = listener;
    this.#signal = signal;
  }

  answered(answer: Answer | undefined): void {
    this.#listener.called(this.#session.hear(this.#call, answer, this.#signal));
  }
}

function denied(kind: 'login-refused' | 'login-missing', { status, tookMs }: Answered, base: URL): CallResult {
  return { result: 'failed', failure: failure(kind, `${base.host}, HTTP ${status}`), tookMs };
}

function closedGate(waitMs: number, base: URL): (Answer & { readonly result: 'failed' }) | undefined {
  if (waitMs <= 0) return undefined;
  const seconds = Math.ceil(waitMs / 1000);
  const detail = { ko: `${base.host}, ${seconds}초 뒤 재시도`, en: `${base.host}, tried again in ${seconds} s` };
  return { result: 'failed', failure: { ...failure('login-refused', detail), isHeld: true }, tookMs: 0 };
}

function write(call: Call, proof: Proof): Written {
  const envelope = typeof call.envelope === 'string' ? call.envelope : call.envelope();
  const header = typeof call.header === 'function' ? call.header() : (call.header ?? '');
  const contentType = `application/soap+xml; charset=utf-8; action="${actionOf(envelope)}"`;
  const headers = { 'Content-Type': contentType, ...(proof.authorization !== undefined && { Authorization: proof.authorization }) };
  return { headers, body: fillHeader(envelope, header + proof.header) };
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
