// One kept connection to a camera on a raw socket: one exchange at a time, each phase of it bounded in time, and little held while the camera is silent.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Env } from '#base';
import { type Failure, failure } from '../faults.ts';
import type { HttpHead } from './http-head.ts';
import { type HttpListener, type HttpProgress, type HttpReader, openHttpReader } from './http-reader.ts';
import { brokenBy, classify, earlyEnd, openSocket, type SocketListener } from './socket.ts';
import type { Trust } from './trust.ts';

/** A request as it goes on the wire, and who reads the answer. */
export interface Exchange {
  readonly url: URL;
  /** Written when it is sent, so that it takes no memory while the answer is awaited. */
  write(): Written;
  /** Longest time to the connection, milliseconds. */
  readonly connectMs: number;
  /** Longest time from the request to the first byte. */
  readonly answerMs: number;
  /** Longest time from the first byte to the last. */
  readonly wholeMs: number;
}

/** Headers and body of a request. */
export interface Written {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Reads a body. `enough`: nothing after this is needed; `stop`: nothing after this is wanted, and the connection is given up. */
export interface BodyReader {
  write(piece: Buffer): 'more' | 'enough' | 'stop';
}

/** Whom an exchange ends for. */
export interface ExchangeListener extends BodyReader {
  done(outcome: Exchanged): void;
}

/** How an exchange ended. */
export type Exchanged =
  | { readonly result: 'answered'; readonly head: HttpHead; readonly tookMs: number }
  | {
      readonly result: 'failed';
      readonly failure: Failure;
      readonly tookMs: number;
      /** It was a kept connection, and not a byte came back on it. */
      readonly stale: boolean;
    };

/** A connection that nobody used for so long is closed: cameras have few. */
const idleMs = 10_000;
/** What a body may still take when all that was needed of it is there: a wrong Content-Length shall not cost the answer. */
const afterglowMs = 1000;
/** Bytes that one turn of the event loop reads of one camera, about a millisecond or two of parsing. */
const turnBytes = 64 * 1024;

interface Current {
  readonly host: string;
  readonly wholeMs: number;
  readonly startedMs: number;
  readonly reused: boolean;
  readonly listener: ExchangeListener;
  /** Until it is sent. */
  ask: Exchange | undefined;
  timer: Disposable | undefined;
  reader: HttpReader | undefined;
  head: HttpHead | undefined;
  enough: boolean;
}

/** A kept connection; nothing is connected before the first exchange. A class, for there are thousands, and closures cost memory each. */
export class Line implements SocketListener, HttpListener, Disposable {
  readonly #trust: Trust;
  readonly #env: Env;
  #socket: Socket | undefined;
  #origin = '';
  #current: Current | undefined;
  #idle: Disposable | undefined;
  #turn = 0;

  constructor(trust: Trust, env: Env) {
    this.#trust = trust;
    this.#env = env;
  }

  /**
   * Posts and reads into `listener`, which is told of the end, later, unless it is cancelled before. One at a time: the caller sees to it.
   * Once it is sent, nothing is held but the listener.
   */
  post(ask: Exchange, listener: ExchangeListener): void {
    const reused = this.#socket?.destroyed === false && this.#origin === ask.url.origin;
    const { host } = ask.url;
    const startedMs = this.#env.clock.monotonicMs();
    const open = { timer: undefined, reader: undefined, head: undefined, enough: false };
    this.#begin({ host, wholeMs: ask.wholeMs, startedMs, reused, listener, ask, ...open });
  }

  /** Ends what is under way, and its connection, without a word to the listener. */
  cancel(): void {
    this.#take();
    this.#drop();
  }

  [Symbol.dispose](): void {
    if (this.#current) this.#fail(failure('closed', this.#current.host));
    this.#drop();
  }

  #begin(made: Current): void {
    this.#current = made;
    this.#idle?.[Symbol.dispose]();
    this.#idle = undefined;
    this.#turn = 0;
    const { ask } = made;
    if (made.reused && this.#socket) this.#send(this.#socket, made);
    else if (ask) {
      this.#drop();
      this.#origin = ask.url.origin;
      this.#allow(ask.connectMs, 'connect');
      this.#socket = openSocket(ask.url, this);
    }
  }

  #send(socket: Socket, made: Current): void {
    const { ask } = made;
    if (!ask) return;
    made.ask = undefined;
    this.#allow(ask.answerMs, 'answer');
    socket.write(compose(ask));
  }

  onReady(socket: Socket): void {
    const made = this.#current;
    if (socket !== this.#socket || !made) return;
    const distrust = socket instanceof TLSSocket ? this.#trust.check(socket.getPeerX509Certificate()) : undefined;
    if (distrust) this.#fail(failure('certificate', distrust));
    else this.#send(socket, made);
  }

  onBytes(socket: Socket, bytes: Buffer): void {
    if (socket !== this.#socket) return;
    const made = this.#current;
    // Nobody asked for it.
    if (!made) {
      this.#drop();
      return;
    }
    const isFirst = made.reader === undefined;
    made.reader ??= openHttpReader(this);
    this.#judge(made.reader.read(bytes), made);
    if (isFirst && this.#current === made && !made.enough) this.#allow(made.wholeMs, 'body');
    this.#pace(socket, bytes.length);
  }

  onEnd(socket: Socket, error?: Error): void {
    if (socket !== this.#socket) return;
    const made = this.#current;
    if (!made) this.#drop();
    else if (made.reader) this.#judge(error ? { state: 'broken', problem: earlyEnd } : made.reader.end(), made);
    else this.#fail(error ? classify(error, made.host) : failure('closed', made.host));
  }

  onHead(head: HttpHead): void {
    if (this.#current) this.#current.head = head;
  }

  onBody(piece: Buffer): void {
    const made = this.#current;
    if (!made?.head) return;
    const wish = made.listener.write(piece);
    if (wish === 'stop') this.#succeed(made.head, false);
    else if (wish === 'enough' && !made.enough) {
      made.enough = true;
      this.#allow(afterglowMs, 'body');
    }
  }

  #judge(progress: HttpProgress, made: Current): void {
    if (this.#current !== made || progress.state === 'more') return;
    const { head, enough } = made;
    if (head && progress.state === 'whole') this.#succeed(head, head.keeps && !progress.rest);
    else if (head && enough) this.#succeed(head, false);
    else if (progress.state === 'broken') this.#fail(brokenBy(progress.problem, made.host));
  }

  /** The next phase may take so long. */
  #allow(ms: number, phase: string): void {
    const made = this.#current;
    if (!made) return;
    made.timer?.[Symbol.dispose]();
    made.timer = this.#env.clock.after(ms, () => {
      if (this.#current !== made) return;
      if (made.enough && made.head) this.#succeed(made.head, false);
      else this.#fail(failure('silent', `${made.host}, ${phase}, ${Math.round(ms)} ms`));
    });
  }

  /** A large answer gives the loop back now and then. */
  #pace(socket: Socket, bytes: number): void {
    this.#turn += bytes;
    if (this.#turn < turnBytes || socket.destroyed) return;
    this.#turn = 0;
    socket.pause();
    this.#env.clock.after(0, () => socket.resume());
  }

  #fail(failed: Failure): void {
    this.#drop();
    const made = this.#take();
    const stale = failed.kind === 'closed' && made?.reused === true && made.reader === undefined;
    made?.listener.done({ result: 'failed', failure: failed, tookMs: this.#since(made), stale });
  }

  #succeed(head: HttpHead, keeps: boolean): void {
    if (keeps) this.#idle = this.#env.clock.after(idleMs, () => this.#drop());
    else this.#drop();
    const made = this.#take();
    made?.listener.done({ result: 'answered', head, tookMs: this.#since(made) });
  }

  #take(): Current | undefined {
    const made = this.#current;
    this.#current = undefined;
    made?.timer?.[Symbol.dispose]();
    return made;
  }

  #since({ startedMs }: Current): number {
    return this.#env.clock.monotonicMs() - startedMs;
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#idle?.[Symbol.dispose]();
    this.#idle = undefined;
  }
}

function compose({ url, write }: Exchange): string {
  const { headers, body } = write();
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n${lines.join('')}${length}Connection: keep-alive\r\n\r\n${body}`;
}
