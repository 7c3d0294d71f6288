// One SOAP exchange with a camera: over the line of its lane, in turn, its answer read as XML while it arrives, and once more when a kept line had died.
import type { Env } from '#base';
import { type Failure, failure } from '../faults.ts';
import { openXmlReader, type XmlReader, type XmlResult } from '../xml/index.ts';
import { type BodyReader, type Exchange, Line } from './line.ts';
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

/** The two connections of one camera. */
export interface Transport extends Disposable {
  /** Waits for its turn on the lane, then sends. Rejects with the reason of `signal` alone. */
  exchange(lane: Lane, ask: Ask, signal: AbortSignal): Promise<Answer>;
}

/** A connection that ends so soon after a request was found dead by it, and was not ended by the camera in the middle of its work. */
const staleMs = 1000;
const maxWaiting = 16;

/** Opens the transport; nothing is connected yet. */
export function openTransport(trust: Trust, env: Env): Transport {
  const lines: Readonly<Record<Lane, Turns>> = { calls: openTurns(new Line(trust, env)), pulls: openTurns(new Line(trust, env)) };
  return {
    exchange: (lane, ask, signal) => lines[lane].take(ask, signal, (line) => twice(line, ask, signal)),
    [Symbol.dispose]() {
      for (const { line } of Object.values(lines)) line[Symbol.dispose]();
    },
  };
}

interface Turns {
  readonly line: Line;
  take(ask: Ask, signal: AbortSignal, act: (line: Line) => Promise<Answer>): Promise<Answer>;
}

/** One exchange after another. More than 16 that wait are refused. */
function openTurns(line: Line): Turns {
  let waiting = 0;
  let before: Promise<unknown> | undefined;
  return {
    line,
    async take({ url }, signal, act) {
      if (waiting >= maxWaiting) return { result: 'failed', failure: failure('silent', tooMany(url.host)), tookMs: 0 };
      waiting += 1;
      const turn = (async () => {
        await before?.catch(() => {});
        signal.throwIfAborted();
        return await act(line);
      })();
      before = turn;
      try {
        return await turn;
      } finally {
        waiting -= 1;
        if (before === turn) before = undefined;
      }
    },
  };
}

function tooMany(host: string): { ko: string; en: string } {
  return { ko: `${host}, 요청 ${maxWaiting}건이 대기 중`, en: `${host}, ${maxWaiting} calls already wait` };
}

async function twice(line: Line, ask: Ask, signal: AbortSignal): Promise<Answer> {
  const first = await once(line, ask, signal);
  return first.stale ? (await once(line, ask, signal)).answer : first.answer;
}

async function once(line: Line, ask: Ask, signal: AbortSignal): Promise<{ readonly answer: Answer; readonly stale: boolean }> {
  const document = openDocument(ask.maxBytes);
  const ended = await line.exchange(ask, document, signal);
  const { tookMs } = ended;
  if (ended.result === 'failed') {
    return { answer: { result: 'failed', failure: ended.failure, tookMs }, stale: ended.stale && tookMs < staleMs };
  }
  const { host } = ask.url;
  if (document.isTooLarge()) {
    const detail = { ko: `${host}, ${ask.maxBytes}바이트 초과`, en: `${host}, more than ${ask.maxBytes} bytes` };
    return { answer: { result: 'failed', failure: failure('too-large', detail), tookMs }, stale: false };
  }
  const { status, headers } = ended.head;
  const challenges = headers.get('www-authenticate') ?? [];
  return { answer: { result: 'answer', status, challenges, document: document.end(), tookMs }, stale: false };
}

interface DocumentReader extends BodyReader {
  isTooLarge(): boolean;
  end(): XmlResult;
}

/** Reads the body as XML. What is broken early is not read to a far end: a quarter of the bound, then the connection is given up. */
function openDocument(maxBytes: number): DocumentReader {
  let reader: XmlReader | undefined;
  let size = 0;
  let wanted = true;
  return {
    isTooLarge: () => size > maxBytes,
    end: () => (reader ?? openXmlReader()).end(),
    write(piece) {
      size += piece.length;
      if (size > maxBytes) return 'stop';
      reader ??= openXmlReader();
      if (wanted) wanted = reader.write(piece);
      if (wanted) return 'more';
      return size > maxBytes / 4 ? 'stop' : 'enough';
    },
  };
}
