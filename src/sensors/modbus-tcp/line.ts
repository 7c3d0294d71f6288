// The TCP line: one exchange at a time, matched by transaction id, so that a late answer is known and dropped.
import type { Env } from '#base';
import { sensorsFaults } from '../faults.ts';
import { type Answer, decodeResponse, encodeRequest, type Line } from '../modbus/index.ts';
import type { BusOptions } from '../options.ts';
import { dial } from '../wire/index.ts';
import { cutMbap, encodeMbap, type MbapFrame } from './mbap.ts';

export type TcpBusOptions = Extract<BusOptions, { driver: 'modbus-tcp' }>;

/** Unanswered exchanges in a row, of whichever unit, after which the connection counts as dead: a cut cable says nothing. */
const deadAfter = 8;

/** Connects. Rejects with `sensors.host-unreachable`, or with the signal's reason. */
export async function openTcpLine(options: TcpBusOptions, env: Env, signal: AbortSignal): Promise<Line> {
  const address = `${options.host}:${options.port}`;
  const socket = await dial({ host: options.host, port: options.port, reason: 'host-unreachable' }, signal, env);
  let transaction = Math.floor(env.random.uniform() * 65_536);
  let rest: Buffer = Buffer.alloc(0);
  let unansweredInRow = 0;
  let lost: { cause: unknown } | undefined;
  let onFrame = (_frame: MbapFrame): void => {};
  let onLost = (): void => {};
  const lose = (cause?: unknown): void => {
    lost ??= { cause };
    socket.destroy();
    onLost();
  };
  socket.on('data', (bytes: Buffer) => {
    const cut = cutMbap(Buffer.concat([rest, bytes]));
    rest = cut.rest;
    for (const frame of cut.frames) onFrame(frame);
    if (cut.broken) lose(new Error('what came is no Modbus TCP'));
  });
  socket.on('error', lose);
  socket.on('close', () => lose());

  const lineLost = () => sensorsFaults.fault('line-lost', { detail: address, cause: lost?.cause });
  const receive = (expected: { transaction: number; unit: number; limitMs: number }, aborted: AbortSignal): Promise<Buffer | undefined> =>
    new Promise((resolve, reject) => {
      const end = (act: () => void): void => {
        timer[Symbol.dispose]();
        aborted.removeEventListener('abort', onAbort);
        onFrame = () => {};
        onLost = () => {};
        act();
      };
      const onAbort = (): void => end(() => reject(aborted.reason));
      const timer = env.clock.after(expected.limitMs, () => end(() => resolve(undefined)));
      aborted.addEventListener('abort', onAbort, { once: true });
      onFrame = (frame) => {
        if (frame.transaction === expected.transaction && frame.unit === expected.unit) end(() => resolve(frame.pdu));
      };
      onLost = () => end(() => reject(lineLost()));
    });

  return {
    async exchange(unit, request, aborted, limitMs): Promise<Answer> {
      aborted.throwIfAborted();
      if (lost) throw lineLost();
      transaction = (transaction + 1) % 65_536;
      const answered = receive({ transaction, unit, limitMs: limitMs ?? options.responseTimeout }, aborted);
      socket.write(encodeMbap(transaction, unit, encodeRequest(request)));
      const pdu = await answered;
      const response = pdu && decodeResponse(request, pdu);
      if (response && response.result !== 'mismatch') {
        unansweredInRow = 0;
        return response;
      }
      // Whoever looks for units asks many that are not there.
      if (limitMs === undefined) unansweredInRow += 1;
      if (unansweredInRow >= deadAfter) lose(new Error('nothing is answered any more'));
      return { result: 'timeout', garbled: response !== undefined };
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}
