// One SOAP exchange with a camera: over the line of its lane, in turn, its answer read as XML while it arrives, and once more when a kept line had died.
import { isUtf8 } from 'node:buffer';
import type { Env } from '#base';
import { type Failure, failure } from '../faults.ts';
import { openXmlReader, type XmlReader, type XmlResult } from '../xml/index.ts';
import { type BodyReader, type Exchange, type Exchanged, type ExchangeListener, Line } from './line.ts';
import type { Trust } from './trust.ts';

/** A camera is spoken to on two connections at most: one that waits for events, one for everything else. */
export type Lane = 'calls' | 'pulls';

/** A request. */
export interface Ask extends Exchange {
  readonly maxBytes: number;
}

/** What came back. */
export type Answer =
  | {
      readonly result: 'answer';
      readonly status: number;
      /** WWW-Authenticate headers, one by one. */
      readonly challenges: readonly string[];
      readonly document: XmlResult;
      /** Whole round trip, monotonic. */
      readonly tookMs: number;
    }
  | { readonly result: 'failed'; readonly failure: Failure; readonly tookMs: number };

/** Whoever waits for an answer without a promise. */
export interface AnswerListener {
  /** Undefined: the kept connection was found dead, and the request has to be sent again. */
  answered(answer: Answer | undefined): void;
}

/** The two connections of one camera. */
export interface Transport extends Disposable {
  /** Waits for its turn on the lane, then sends. More than 16 that wait are refused. Rejects with the reason of `signal` alone. */
  exchange(lane: Lane, ask: Ask, signal: AbortSignal): Promise<Answer>;
  /** Sends at once and holds nothing but `listener` until the answer is there; dispose it to give it up. Undefined: the lane is busy, and nothing is sent. */
  post(lane: Lane, ask: Ask, listener: AnswerListener): Disposable | undefined;
}

/** A connection that ends so soon after a request was found dead by it, and was not ended by the camera in the middle of its work. */
const staleMs = 1000;
const maxWaiting = 16;

/** Opens the transport; nothing is connected yet. */
export function openTransport(trust: Trust, env: Env): Transport {
  return new TwoLanes(trust, env);
}

interface LaneState {
  readonly line: Line;
  waiting: (() => void)[];
  busy: boolean;
}

/** A class, for there are thousands, and closures cost memory each. */
class TwoLanes implements Transport {
  readonly #calls: LaneState;
  readonly #pulls: LaneState;

  constructor(trust: Trust, env: Env) {
    this.#calls = { line: new Line(trust, env), waiting: none, busy: false };
    this.#pulls = { line: new Line(trust, env), waiting: none, busy: false };
  }

  async exchange(name: Lane, ask: Ask, signal: AbortSignal): Promise<Answer> {
    const lane = name === 'calls' ? this.#calls : this.#pulls;
    if (lane.waiting.length >= maxWaiting) return { result: 'failed', failure: failure('silent', tooMany(ask.url.host)), tookMs: 0 };
    if (lane.busy) await turnOf(lane, signal);
    lane.busy = true;
    try {
      for (let again = false; ; again = true) {
        const document = new Document(ask);
        const ended = await endOf(lane.line, ask, document, signal);
        if (again || !isStale(ended)) return document.answer(ended);
      }
    } finally {
      passOn(lane);
    }
  }

  post(name: Lane, ask: Ask, listener: AnswerListener): Disposable | undefined {
    const lane = name === 'calls' ? this.#calls : this.#pulls;
    if (lane.busy) return undefined;
    lane.busy = true;
    const posted = new Posted(lane, ask, listener);
    lane.line.post(ask, posted);
    return posted;
  }

  [Symbol.dispose](): void {
    this.#calls.line[Symbol.dispose]();
    this.#pulls.line[Symbol.dispose]();
  }
}

/** Shared by all lanes on which nobody waits. */
const none: (() => void)[] = [];

function passOn(lane: LaneState): void {
  const next = lane.waiting.shift();
  if (next) next();
  else lane.busy = false;
}

/** A kept connection that was dead when it was used: the request has to be sent again. */
function isStale(ended: Exchanged): boolean {
  return ended.result === 'failed' && ended.stale && ended.tookMs < staleMs;
}

/** Rejects with the reason of `signal` alone. */
function endOf(line: Line, ask: Ask, document: Document, signal: AbortSignal): Promise<Exchanged> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>();
  const onAbort = (): void => {
    line.cancel();
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const done = (ended: Exchanged): void => {
    signal.removeEventListener('abort', onAbort);
    resolve(ended);
  };
  line.post(ask, { write: (piece) => document.write(piece), done });
  return promise;
}

/** Resolves when the one before is done: the lane stays busy for whom it calls. */
function turnOf(lane: LaneState, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => {
    lane.waiting = lane.waiting.filter((one) => one !== resolve);
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  lane.waiting = [...lane.waiting, resolve];
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}

function tooMany(host: string): { ko: string; en: string } {
  return { ko: `${host}, 요청 ${maxWaiting}건이 대기 중`, en: `${host}, ${maxWaiting} calls already wait` };
}

/** A head is read byte by byte; the realm in a challenge may be Korean, and is hashed and sent back as UTF-8 (RFC 7616 §3.3). */
function inUtf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : header;
}

/** Reads the body as XML. What is broken early is not read to a far end: a quarter of the bound, then the connection is given up. */
class Document implements BodyReader {
  readonly #host: string;
  readonly #maxBytes: number;
  #reader: XmlReader | undefined;
  #size = 0;
  #isWanted = true;

  constructor({ url, maxBytes }: Ask) {
    this.#host = url.host;
    this.#maxBytes = maxBytes;
  }

  write(piece: Buffer): 'more' | 'enough' | 'stop' {
    this.#size += piece.length;
    if (this.#size > this.#maxBytes) return 'stop';
    this.#reader ??= openXmlReader();
    this.#isWanted &&= this.#reader.write(piece);
    if (this.#isWanted) return 'more';
    return this.#size > this.#maxBytes / 4 ? 'stop' : 'enough';
  }

  /** What was read, now that the exchange has ended. */
  answer(ended: Exchanged): Answer {
    const { tookMs } = ended;
    if (ended.result === 'failed') return { result: 'failed', failure: ended.failure, tookMs };
    if (this.#size > this.#maxBytes) {
      const detail = { ko: `${this.#host}, ${this.#maxBytes}바이트 초과`, en: `${this.#host}, more than ${this.#maxBytes} bytes` };
      return { result: 'failed', failure: failure('too-large', detail), tookMs };
    }
    const { status, headers } = ended.head;
    const challenges = (headers.get('www-authenticate') ?? []).map(inUtf8);
    return { result: 'answer', status, challenges, document: (this.#reader ?? openXmlReader()).end(), tookMs };
  }
}

/** A request that waits long: there are thousands, and each holds this and no promise. */
class Posted extends Document implements ExchangeListener, Disposable {
  readonly #lane: LaneState;
  readonly #listener: AnswerListener;

  constructor(lane: LaneState, ask: Ask, listener: AnswerListener) {
    super(ask);
    this.#lane = lane;
    this.#listener = listener;
  }

  done(ended: Exchanged): void {
    passOn(this.#lane);
    this.#listener.answered(isStale(ended) ? undefined : this.answer(ended));
  }

  /** Gives it up. Only while it is awaited. */
  [Symbol.dispose](): void {
    this.#lane.line.cancel();
    passOn(this.#lane);
  }
}
