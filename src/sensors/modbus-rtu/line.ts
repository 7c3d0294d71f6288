// The serial line: one exchange at a time, matched by content, quiet after a timeout. On serialport, which never opens a port again by itself.
import { SerialPort } from 'serialport';
import { type Env, messageOf } from '#base';
import { sensorsFaults } from '../faults.ts';
import { type Answer, encodeReadRequest, type Line, type ReadRequest } from '../modbus/index.ts';
import type { BusOptions } from '../options.ts';
import { encodeFrame, findResponse, maxFrameBytes } from './frame.ts';
import { afterProbe, afterTimeout, fullTrust, stanceOf, type Trust } from './trust.ts';

export type RtuBusOptions = Extract<BusOptions, { driver: 'modbus-rtu' }>;

/** Rounds of quiet after a timeout while the line goes on talking; then it is asked again all the same. */
const maxQuietRounds = 4;

/** What is kept of the line's talk between two flushes. */
const maxReceivedBytes = 4 * maxFrameBytes;

/** Opens the port. Rejects with `sensors.port-missing`, `port-forbidden`, `port-busy` or `port-failed`. */
export async function openSerialLine(options: RtuBusOptions, env: Env): Promise<Line> {
  const port = await openPort(options);
  const trusts = new Map<number, Trust>();
  let received = Buffer.alloc(0);
  let onBytes = (): void => {};
  let onLost = (): void => {};
  let lost: { cause: unknown } | undefined;
  const lose = (cause?: unknown): void => {
    lost ??= { cause };
    onLost();
  };
  port.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]).subarray(-maxReceivedBytes);
    onBytes();
  });
  port.on('close', lose);
  port.on('error', lose);

  const lineLost = () => sensorsFaults.fault('line-lost', { detail: options.port, cause: lost?.cause });
  const flush = async (): Promise<void> => {
    await settle((done) => port.flush(done), lineLost);
    received = Buffer.alloc(0);
  };
  const send = async (frame: Buffer): Promise<void> => {
    await settle((done) => port.write(frame, undefined, done), lineLost);
    await settle((done) => port.drain(done), lineLost);
  };
  const receive = <T>(find: () => T | undefined, ms: number, signal: AbortSignal): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      const end = (act: () => void): void => {
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', onAbort);
        onBytes = () => {};
        onLost = () => {};
        act();
      };
      const onAbort = (): void => end(() => reject(signal.reason));
      const timer = env.clock.after(ms, () => end(() => resolve(undefined)));
      signal.addEventListener('abort', onAbort, { once: true });
      onBytes = () => {
        const found = find();
        if (found !== undefined) end(() => resolve(found));
      };
      onLost = () => end(() => reject(lineLost()));
      onBytes();
    });
  const stayQuiet = async (signal: AbortSignal): Promise<void> => {
    for (let round = 0; round < maxQuietRounds; round += 1) {
      received = Buffer.alloc(0);
      await receive(() => undefined, options.responseTimeout, signal);
      if (received.length === 0) break;
    }
  };

  return {
    async exchange(unit, request, signal): Promise<Answer> {
      signal.throwIfAborted();
      if (lost) throw lineLost();
      const trust = trusts.get(unit) ?? fullTrust;
      const stance = stanceOf(trust, env.clock.monotonicMs());
      if (stance.do === 'wait') return { result: 'wait', ms: stance.ms };
      await env.clock.sleep(frameGapMs(options.baud), signal);
      await flush();
      const sentAt = env.clock.monotonicMs();
      await send(encodeFrame(unit, encodeReadRequest(request)));
      const patience = options.responseTimeout + transferMs(request, options.baud);
      const answer = await receive(() => findResponse(received, unit, request), patience, signal);
      if (!answer || answer.result === 'mismatch') {
        const garbled = received.length > 0;
        trusts.set(unit, afterTimeout(trust, sentAt));
        await stayQuiet(signal);
        return { result: 'timeout', garbled };
      }
      if (stance.do === 'ask') return answer;
      const now = env.clock.monotonicMs();
      const next = afterProbe(trust, sentAt, now);
      trusts.set(unit, next);
      return { result: 'wait', ms: Math.max(1, next.quietUntil - now) };
    },
    async [Symbol.asyncDispose]() {
      if (!port.isOpen) return;
      await new Promise<void>((resolve) => port.close(() => resolve()));
    },
  };
}

async function openPort(options: RtuBusOptions): Promise<SerialPort> {
  const { port: path, baud: baudRate, parity, stopBits } = options;
  try {
    const port = new SerialPort({ path, baudRate, dataBits: 8, parity, stopBits, autoOpen: false });
    await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
    return port;
  } catch (cause) {
    throw sensorsFaults.fault(reasonOf(messageOf(cause)), { cause, detail: path });
  }
}

function reasonOf(message: string): 'port-missing' | 'port-forbidden' | 'port-busy' | 'port-failed' {
  if (/no such (file|device)/i.test(message)) return 'port-missing';
  if (/permission denied/i.test(message)) return 'port-forbidden';
  if (/lock|busy|temporarily unavailable/i.test(message)) return 'port-busy';
  return 'port-failed';
}

function settle(act: (done: (error?: Error | null) => void) => void, fault: () => Error): Promise<void> {
  return new Promise((resolve, reject) => act((error) => (error ? reject(fault()) : resolve())));
}

/** Silence between frames, §2.5.1.1: 3.5 characters, 1.75 ms from 19200 baud on; a timer keeps it roughly, which is why frames are told by length and CRC. */
function frameGapMs(baud: number): number {
  return Math.ceil(baud > 19_200 ? 1.75 : 38_500 / baud) + 1;
}

/** How long request and answer are on the wire, 11 bits a character. */
function transferMs(request: ReadRequest, baud: number): number {
  const bytes = 8 + 5 + (request.function <= 2 ? Math.ceil(request.count / 8) : request.count * 2);
  return Math.ceil((bytes * 11_000) / baud);
}
