// Reads one HTTP/1.1 answer as it arrives: head, then a body by length, in chunks or up to the close; bounded, and without a copy of the body.
import { type HttpHead, readHead } from './http-head.ts';
import { earlyEnd } from './socket.ts';

/** Who hears what is read. */
export interface HttpListener {
  onHead(head: HttpHead): void;
  /** A piece of the body; valid during the call alone. */
  onBody(piece: Buffer): void;
}

/** How an answer stands: more is needed, it is whole (`rest`: bytes came behind it, which nobody asked for), or it is no HTTP. */
export type HttpProgress =
  | { readonly state: 'more' }
  | { readonly state: 'whole'; readonly rest: boolean }
  | { readonly state: 'broken'; readonly problem: string };

/** Takes an answer in pieces. */
export interface HttpReader {
  read(bytes: Buffer): HttpProgress;
  /** The connection has ended. */
  end(): HttpProgress;
}

const maxHeadBytes = 16 * 1024;
const maxInterim = 8;
const maxLineBytes = 1024;
const more: HttpProgress = { state: 'more' };

type Stage = 'head' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close' | 'whole' | 'broken';

/** Opens a reader. Heads beyond 16 KiB, more than 8 interim answers (100 Continue) and chunk lines beyond 1 KiB are refused. */
export function openHttpReader(listener: HttpListener): HttpReader {
  let stage: Stage = 'head';
  let problem = '';
  /** Bytes of a head or of a line that is not whole yet. */
  let pending: Buffer = Buffer.alloc(0);
  let left = 0;
  let interim = 0;
  let trailerBytes = 0;

  const fail = (said: string): void => {
    stage = 'broken';
    problem = said;
  };
  /** Up to and without the next line feed; undefined when there is none yet. */
  const takeLine = (): string | undefined => {
    const end = pending.indexOf(10);
    if (end < 0 ? pending.length > maxLineBytes : end > maxLineBytes) fail('an endless line');
    if (end < 0 || stage === 'broken') return undefined;
    const line = pending.toString('latin1', 0, end).replace(/\r$/, '');
    pending = pending.subarray(end + 1);
    return line;
  };
  const takeHead = (): boolean => {
    // Empty lines before an answer are left over from the one before it (RFC 9112 §2.2).
    let from = 0;
    while (pending[from] === 13 || pending[from] === 10) from += 1;
    const end = findHeadEnd(pending, from);
    if ((end?.at ?? pending.length) > maxHeadBytes) fail(`headers beyond ${maxHeadBytes} bytes`);
    else if (!end && pending.length >= from + 5 && pending.toString('latin1', from, from + 5) !== 'HTTP/') fail('no HTTP status line');
    if (!end || stage === 'broken') return false;
    const head = readHead(pending.toString('latin1', from, end.at));
    pending = pending.subarray(end.next);
    if (typeof head === 'string') fail(head);
    else if (head.status < 200 && head.status !== 101) {
      interim += 1;
      if (interim > maxInterim) fail('too many interim answers');
    } else begin(head);
    return true;
  };
  const begin = (head: HttpHead): void => {
    const { body } = head;
    left = typeof body === 'number' ? body : 0;
    if (body === 'chunked') stage = 'chunk-size';
    else if (body === 'until-close') stage = 'until-close';
    else stage = left === 0 ? 'whole' : 'body';
    listener.onHead(head);
  };
  const takeSize = (): boolean => {
    const line = takeLine();
    if (line === undefined) return false;
    const size = /^\s*([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) fail('a bad chunk size');
    else {
      left = Number.parseInt(size, 16);
      stage = left === 0 ? 'trailer' : 'chunk';
    }
    return true;
  };
  const takeData = (after: Stage): boolean => {
    if (pending.length === 0) return false;
    const piece = stage === 'until-close' ? pending : pending.subarray(0, left);
    pending = pending.subarray(piece.length);
    if (stage !== 'until-close') {
      left -= piece.length;
      if (left === 0) stage = after;
    }
    listener.onBody(piece);
    return true;
  };
  const takeEnd = (): boolean => {
    const line = takeLine();
    if (line === undefined) return false;
    if (line === '') stage = 'chunk-size';
    else fail('a chunk without its end');
    return true;
  };
  const takeTrailer = (): boolean => {
    const line = takeLine();
    if (line === undefined) return false;
    trailerBytes += line.length;
    if (line === '') stage = 'whole';
    else if (trailerBytes > maxHeadBytes) fail('endless trailers');
    return true;
  };
  /** One step for each stage; false when it needs more bytes. */
  const steps: Readonly<Record<Stage, () => boolean>> = {
    head: takeHead,
    body: () => takeData('whole'),
    'chunk-size': takeSize,
    chunk: () => takeData('chunk-end'),
    'chunk-end': takeEnd,
    trailer: takeTrailer,
    'until-close': () => takeData('until-close'),
    whole: () => false,
    broken: () => false,
  };
  const progress = (): HttpProgress => {
    if (stage === 'broken') return { state: 'broken', problem };
    return stage === 'whole' ? { state: 'whole', rest: pending.length > 0 } : more;
  };

  return {
    read(bytes) {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      while (steps[stage]());
      // The bytes are the reader's for this call alone: what is kept of them is copied.
      if (pending.length > 0 && stage !== 'whole' && stage !== 'broken') pending = Buffer.from(pending);
      return progress();
    },
    end() {
      if (stage === 'until-close') stage = 'whole';
      else if (stage !== 'whole' && stage !== 'broken') fail(earlyEnd);
      return progress();
    },
  };
}

/** The empty line that ends a head: a line feed, perhaps a carriage return, a line feed. */
function findHeadEnd(bytes: Buffer, from: number): { readonly at: number; readonly next: number } | undefined {
  for (let at = bytes.indexOf(10, from); at >= 0; at = bytes.indexOf(10, at + 1)) {
    const next = bytes[at + 1] === 13 ? at + 2 : at + 1;
    if (bytes[next] === 10) return { at, next: next + 1 };
  }
  return undefined;
}
