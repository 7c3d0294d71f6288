// The media process's end of the channel to the child that makes FLV: forked when it is needed, ended when it is not.
import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Env, messageOf } from '#base';
import { type FromRemuxer, fromRemuxer, markBytes, type ToRemuxer } from './words.ts';

export interface RemuxerChild {
  readonly pid: number | undefined;
  /** Memory that it holds, bytes; 0 when it is gone. */
  readonly rssBytes: number;
  send(message: ToRemuxer): void;
  kill(): void;
}

export interface ChildEvents {
  message(message: FromRemuxer): void;
  /** `why`: a signal's name, an exit status, and the last it said of an error. `feed`: whose packet it had in hand, where it had one. */
  gone(why: string, feed: string | undefined): void;
}

/** Of what it says on its error output so much is kept. */
const maxLastWords = 600;
/** Its heap; a feed's pictures lie outside of it. */
const heapMiB = 192;

/** Forks the child: no argument, nothing of its log, and of an environment only how it holds memory (docs/decisions/memory.md). */
export function forkRemuxer(entry: URL, events: ChildEvents, env: Env): RemuxerChild {
  const mark = openMark(env);
  const child = fork(fileURLToPath(entry), [], {
    execArgv: [`--max-old-space-size=${heapMiB}`, '--max-semi-space-size=8'],
    env: { MALLOC_ARENA_MAX: '2' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', mark ?? 'ignore'],
  });
  let lastWords = '';
  child.stderr?.on('data', (text: Buffer) => {
    lastWords = (lastWords + text.toString('latin1')).slice(-maxLastWords);
  });
  child.on('message', (raw) => {
    const parsed = fromRemuxer.safeParse(raw);
    if (parsed.success) events.message(parsed.data);
    else env.log.error({ problem: messageOf(parsed.error) }, 'the FLV process said what is no message');
  });
  onceGone(child, (why) => events.gone(`${why} ${errorOf(lastWords)}`.trim(), takeMark(mark)));
  return {
    pid: child.pid,
    get rssBytes() {
      return rssOf(child.pid);
    },
    send: (message) => {
      if (child.connected) child.send(message, () => {});
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

/** A file that has no name any more; undefined where none can be made. */
function openMark({ random }: Env): number | undefined {
  const path = join(tmpdir(), `bongsu-flv-${random.bytes(12).toString('hex')}`);
  try {
    const mark = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return mark;
  } catch {
    return undefined;
  }
}

function takeMark(mark: number | undefined): string | undefined {
  if (mark === undefined) return undefined;
  const bytes = Buffer.alloc(markBytes);
  readSync(mark, bytes, 0, markBytes, 0);
  closeSync(mark);
  return bytes[0] === 0 ? undefined : bytes.toString('latin1');
}

function rssOf(pid: number | undefined): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function onceGone(child: ChildProcess, gone: (why: string) => void): void {
  let told = false;
  const tell = (why: string): void => {
    if (!told) gone(why);
    told = true;
  };
  child.once('error', (error) => tell(messageOf(error)));
  child.once('exit', (code, signal) => tell(signal ?? `exit status ${code ?? 0}`));
}

/** The line that names an error, without what may stand in it of an address. */
function errorOf(words: string): string {
  const line = words.split('\n').find((one) => /Error\b/.test(one)) ?? '';
  return line.replace(/\w+:\/\/\S+/g, '…').slice(0, 120);
}
