// The client of the local socket: what the command line and the tests ask the running gateway with.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BongsuError, messageOf } from '#base';
import { type Asked, type CallName, type OperationName, operations, type Result, resultSchema, type TailName } from './contract.ts';
import { faults, refusedFault } from './faults.ts';
import { type AnswerLine, answerLine, faultOfLine, limits, openLineSplitter, parseLine } from './wire.ts';

/** A connection to the gateway; one request at a time. */
export interface ControlClient extends AsyncDisposable {
  /**
   * Asks and waits for the answer, at most 75 s. Rejects with the gateway's fault, `control.input-invalid` (before anything is sent),
   * `control.timed-out`, `control.connection-lost` or `control.answer-unreadable`.
   */
  call<K extends CallName>(operation: K, input: Asked<K>): Promise<Result<K>>;
  /** Items until `signal` aborts or the gateway ends; what is not taken waits in the gateway. Ends the connection. */
  follow<K extends TailName>(operation: K, input: Asked<K>, signal: AbortSignal): AsyncIterable<Result<K>>;
}

/** The server gives up after 60 s by itself; what takes longer is a server that hangs. */
const answerMs = limits.callMs + 15_000;

/** Connects as `user` (a claim). Rejects with `control.not-running`, `control.not-permitted` or `control.socket-unusable`. */
export async function connectControl(path: string, user: string): Promise<ControlClient> {
  const socket = connect(path);
  await once(socket, 'connect').catch((cause: unknown) => {
    throw connectFault(cause, path);
  });
  socket.on('timeout', () => socket.destroy(faults.fault('timed-out')));
  const lines = readAnswers(socket);
  let requests = 0;
  const ask = (operation: OperationName, input: unknown): void => {
    const { input: schema } = operations[operation];
    const asked = schema.safeParse(input);
    if (!asked.success) throw refusedFault('input-invalid', asked.error.issues, { schema, value: input });
    requests += 1;
    socket.write(`${JSON.stringify({ id: requests, operation, user, input })}\n`);
  };
  const read = async <K extends OperationName>(operation: K): Promise<Result<K> | undefined> => {
    const next = await lines.next();
    if (next.done) throw faults.fault('connection-lost');
    return resultOf(operation, next.value);
  };
  return {
    async call(operation, input) {
      ask(operation, input);
      socket.setTimeout(answerMs);
      const answer = await read(operation);
      socket.setTimeout(0);
      if (answer === undefined) throw faults.fault('answer-unreadable');
      return answer;
    },
    async *follow(operation, input, signal) {
      const leave = (): void => void socket.destroy();
      signal.addEventListener('abort', leave, { once: true });
      try {
        signal.throwIfAborted();
        ask(operation, input);
        for (let item = await read(operation); item !== undefined; item = await read(operation)) yield item;
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        signal.removeEventListener('abort', leave);
        leave();
      }
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      if (!socket.closed) await once(socket, 'close').catch(() => {});
    },
  };
}

function connectFault(cause: unknown, path: string): BongsuError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return faults.fault('not-running', { cause, detail: path });
  if (code === 'EACCES' || code === 'EPERM') return faults.fault('not-permitted', { cause, detail: path });
  return faults.fault('socket-unusable', { cause, detail: messageOf(cause) });
}

async function* readAnswers(socket: Socket): AsyncGenerator<AnswerLine, undefined> {
  const splitter = openLineSplitter(limits.answerBytes);
  try {
    for await (const chunk of socket) {
      for (const line of splitter.push(Buffer.from(chunk))) {
        const answer = answerLine.safeParse(parseLine(line));
        if (!answer.success) throw faults.fault('answer-unreadable');
        yield answer.data;
      }
      if (splitter.overflow) throw faults.fault('answer-unreadable');
    }
  } catch (cause) {
    throw cause instanceof BongsuError ? cause : faults.fault('connection-lost', { cause });
  }
  return undefined;
}

/** Undefined at the end of a tail. */
function resultOf<K extends OperationName>(operation: K, line: AnswerLine): Result<K> | undefined {
  if ('fault' in line) throw faultOfLine(line.fault);
  if ('end' in line) return undefined;
  const schema = resultSchema(operation);
  const value = 'answer' in line ? line.answer : line.item;
  const result = schema.safeParse(value);
  if (!result.success) throw refusedFault('answer-unreadable', result.error.issues, { schema, value });
  return result.data as Result<K>;
}
