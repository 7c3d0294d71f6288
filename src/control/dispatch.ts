// From a request line to its handler: checks the envelope and the input, bounds the time, and passes on only what the contract names.
import { BongsuError, type Env, messageOf } from '#base';
import { type CallContext, type ControlHandlers, isOperation, operations, resultSchema } from './contract.ts';
import { faults, refusedFault, toldFault } from './faults.ts';
import { type AnswerLine, faultLine, limits, parseLine, requestLine } from './wire.ts';

/** Every operation's handler as the dispatcher calls it, the contract's types taken off. */
type AnyHandler = (input: unknown, context: CallContext) => unknown;

/** Serves one request line; each answer line is handed to `send`, which waits for the reader. Never rejects. */
export type Dispatch = (line: Buffer, signal: AbortSignal, send: (answer: AnswerLine) => Promise<void>) => Promise<void>;

/** Makes the dispatcher of these handlers; `metrics` is the text of the operation of that name. */
export function openDispatch(handlers: ControlHandlers, metrics: () => Promise<string>, env: Env): Dispatch {
  const all = { ...handlers, metrics: async () => ({ text: await metrics() }) } as unknown as Readonly<Record<string, AnyHandler>>;
  return async (line, signal, send) => {
    const request = requestLine.safeParse(parseLine(line));
    if (!request.success) return send(faultLine(null, faults.fault('request-unreadable')));
    const { id, operation: name, user, input } = request.data;
    try {
      if (!isOperation(name)) throw faults.fault('operation-unknown', { detail: name });
      const { input: schema } = operations[name];
      const value = input ?? {};
      const asked = schema.safeParse(value);
      if (!asked.success) throw refusedFault('input-invalid', asked.error.issues, { schema, value });
      const serve = 'item' in operations[name] ? serveTail : serveCall;
      const act = (context: CallContext): unknown => all[name]?.(asked.data, context);
      await serve({ id, act, trim: (value) => resultSchema(name).parse(value) }, { origin: `cli:${user} (claimed)`, signal }, send, env);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof BongsuError)) env.log.error({ operation: name, error: messageOf(error) }, 'control request failed');
      await send(faultLine(id, toldFault(error)));
    }
  };
}

interface Served {
  readonly id: number;
  act(context: CallContext): unknown;
  /** The value with only what the contract names. */
  trim(value: unknown): unknown;
}

type Serve = (served: Served, context: CallContext, send: (answer: AnswerLine) => Promise<void>, env: Env) => Promise<void>;

const serveCall: Serve = async (served, context, send, env) => {
  const limit = new AbortController();
  const timer = env.clock.after(limits.callMs, () => limit.abort(faults.fault('timed-out')));
  const signal = AbortSignal.any([context.signal, limit.signal]);
  try {
    const answer = await Promise.race([served.act({ ...context, signal }), rejectOnAbort(signal)]);
    await send({ id: served.id, answer: served.trim(answer) });
  } finally {
    timer[Symbol.dispose]();
  }
};

const serveTail: Serve = async (served, context, send) => {
  const items = (served.act(context) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  const gone = rejectOnAbort(context.signal);
  try {
    for (;;) {
      const next = await Promise.race([items.next(), gone]);
      if (next.done === true) break;
      await send({ id: served.id, item: served.trim(next.value) });
    }
    await send({ id: served.id, end: true });
  } finally {
    // Not awaited: a handler that waits past its signal must not hold the connection's place.
    void items.return?.()?.catch(() => {});
  }
};

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    const give = (): void => reject(signal.reason);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  aborted.catch(() => {}); // whoever races against it hears it
  return aborted;
}
