// The recorder for a visit at a site: every byte of a line with its time, whatever it means; nothing is ever sent on the line.
import { open } from 'node:fs/promises';
import { type Env, messageOf, untilAborted } from '#base';
import { sensorsFaults } from '../faults.ts';
import { dial, openSerialPort, type SerialSettings } from '../wire/index.ts';
import { recordingHead } from './recording.ts';

/** What to record, and where to. */
export interface RecordRequest {
  /** A serial port, or HOST:PORT of a serial server. */
  readonly port: string;
  /** A new file; one that is there is never written over. */
  readonly out: string;
  readonly serial: Omit<SerialSettings, 'port'>;
  /** Milliseconds after which it ends; undefined: when the signal aborts. */
  readonly forMs: number | undefined;
  /** It ends when the file has so many bytes. */
  readonly maxBytes: number;
  /** Called as bytes come. */
  progress(sofar: Recorded): void;
}

/** What was recorded. */
export interface Recorded {
  readonly bytes: number;
  readonly chunks: number;
  /** Times that the line was lost and opened again. */
  readonly losses: number;
  readonly end: 'time' | 'size' | 'asked';
}

const reopenMs = 1000;

/**
 * Records until the time or the size is reached, or the signal aborts. A line that is lost is opened again every second.
 * Rejects as opening the port does when it cannot be opened at first, and with `sensors.recording-unusable` when the file cannot be made or written.
 */
export async function recordLine(request: RecordRequest, env: Env, signal: AbortSignal): Promise<Recorded> {
  const { port, out, forMs, maxBytes } = request;
  const stop = new AbortController();
  const all = AbortSignal.any([signal, stop.signal]);
  let end: Recorded['end'] = 'asked';
  let [bytes, chunks, losses] = [0, 0, 0];
  let broken: unknown;
  let writing: Promise<unknown> = Promise.resolve();
  const finish = (why: Recorded['end']): void => {
    if (!all.aborted) end = why;
    stop.abort();
  };
  const first = await openWire(request, env, all);
  const file = await open(out, 'wx').catch(async (cause: unknown) => {
    await first[Symbol.asyncDispose]();
    throw sensorsFaults.fault('recording-unusable', { cause, detail: `${out}: ${messageOf(cause)}` });
  });
  let size = 0;
  const write = (line: string): void => {
    size += line.length + 1;
    writing = writing
      .then(() => file.write(`${line}\n`))
      .catch((error: unknown) => {
        broken ??= error;
        stop.abort();
      });
    if (size >= maxBytes) finish('size');
  };
  const startedAt = env.clock.monotonicMs();
  write(recordingHead(port, isServer(port) ? undefined : request.serial.baud, env.clock.now()));
  const take = (chunk: Buffer): void => {
    if (all.aborted) return;
    bytes += chunk.length;
    chunks += 1;
    write(JSON.stringify({ ms: Math.round(env.clock.monotonicMs() - startedAt), hex: chunk.toString('hex') }));
    request.progress({ bytes, chunks, losses, end });
  };
  using _timer = forMs === undefined ? undefined : env.clock.after(forMs, () => finish('time'));
  try {
    for (let wire: Wire | undefined = first; wire; wire = await reopen(request, env, all)) {
      await wire.hear(take, all);
      await wire[Symbol.asyncDispose]();
      if (!all.aborted) losses += 1;
    }
    await writing;
    await file.sync();
  } finally {
    await first[Symbol.asyncDispose]();
    await file.close();
  }
  if (broken !== undefined) throw sensorsFaults.fault('recording-unusable', { cause: broken, detail: `${out}: ${messageOf(broken)}` });
  return { bytes, chunks, losses, end };
}

/** The line again, tried every second; undefined once the signal aborted. */
async function reopen(request: RecordRequest, env: Env, signal: AbortSignal): Promise<Wire | undefined> {
  for (;;) {
    await env.clock.sleep(reopenMs, signal).catch(() => {});
    if (signal.aborted) return undefined;
    const wire = await openWire(request, env, signal).catch(() => undefined);
    if (wire) return wire;
  }
}

/** An open line that is listened to. */
interface Wire extends AsyncDisposable {
  /** Resolves when the line is lost or the signal aborts. */
  hear(take: (chunk: Buffer) => void, signal: AbortSignal): Promise<void>;
}

function isServer(port: string): boolean {
  return !port.startsWith('/') && /:\d{1,5}$/.test(port);
}

async function openWire({ port, serial }: RecordRequest, env: Env, signal: AbortSignal): Promise<Wire> {
  if (isServer(port)) {
    const at = port.lastIndexOf(':');
    const socket = await dial(
      { host: port.slice(0, at), port: Number(port.slice(at + 1)), reason: 'serial-server-unreachable' },
      signal,
      env,
    );
    return {
      hear: (take, until) =>
        heard(
          socket.on('error', () => {}),
          take,
          until,
        ),
      async [Symbol.asyncDispose]() {
        socket.destroy();
      },
    };
  }
  const opened = await openSerialPort({ port, ...serial }, env);
  return {
    hear: (take, until) =>
      heard(
        opened.on('error', () => {}),
        take,
        until,
      ),
    async [Symbol.asyncDispose]() {
      if (opened.isOpen) await new Promise<void>((resolve) => opened.close(() => resolve()));
    },
  };
}

interface Speaking {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
}

function heard(source: Speaking, take: (chunk: Buffer) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    source.on('data', take);
    source.on('close', () => resolve());
    void untilAborted(signal).then(resolve);
  });
}
