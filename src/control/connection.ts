// One technician's connection: lines in, one request at a time, answers out no faster than they are read.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Env, openQueue } from '#base';
import type { Dispatch } from './dispatch.ts';
import { faults } from './faults.ts';
import { type AnswerLine, faultLine, limits, openLineSplitter } from './wire.ts';

/** Serves a socket until its peer leaves, breaks a bound, or `signal` aborts. Never rejects; the socket is destroyed when it resolves. */
export async function serveConnection(socket: Socket, dispatch: Dispatch, signal: AbortSignal, env: Env): Promise<void> {
  const gone = new AbortController();
  const requests = openQueue<Buffer>(limits.waiting);
  const leave = (): void => void socket.destroy();
  signal.addEventListener('abort', leave, { once: true });
  socket.on('error', () => {}); // 'close' follows and says all that matters
  socket.on('close', () => {
    gone.abort();
    requests.close();
  });
  readRequests(socket, (line) => requests.offer(line));
  if (signal.aborted) leave();
  try {
    for (;;) {
      const idle = env.clock.after(limits.idleMs, leave);
      const line = await requests.take();
      idle[Symbol.dispose]();
      if (!line) return;
      await dispatch(line, gone.signal, (answer) => send(socket, answer, gone.signal, env));
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

/** Says why and hangs up; what the peer still sends is not read. */
export function turnAway(socket: Socket, reason: 'busy' | 'request-too-large'): void {
  socket.on('error', () => {});
  socket.removeAllListeners('data');
  socket.write(encode(faultLine(null, faults.fault(reason))));
  socket.destroySoon();
}

function readRequests(socket: Socket, offer: (line: Buffer) => boolean): void {
  const splitter = openLineSplitter(limits.requestBytes);
  socket.on('data', (chunk) => {
    for (const line of splitter.push(Buffer.from(chunk))) {
      if (!offer(line)) return turnAway(socket, 'busy');
    }
    if (splitter.overflow) turnAway(socket, 'request-too-large');
  });
}

async function send(socket: Socket, answer: AnswerLine, gone: AbortSignal, env: Env): Promise<void> {
  if (gone.aborted || socket.write(encode(answer))) return;
  const stalled = env.clock.after(limits.stallMs, () => void socket.destroy());
  try {
    await once(socket, 'drain', { signal: gone });
  } catch {
    // The peer left while it was read to; the loop ends by itself.
  } finally {
    stalled[Symbol.dispose]();
  }
}

function encode(answer: AnswerLine): string {
  return `${JSON.stringify(answer)}\n`;
}
