// A cloud that is asked, made of Python's http.server: what it tells is a file, what it was asked is kept.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What it tells. */
export interface Told {
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly status?: number;
  readonly location?: string;
  /** Seconds before it answers. */
  readonly hang?: number;
  /** Events in one answer at most. */
  readonly limit?: number;
  readonly retryAfter?: string;
}

/** What it was asked. */
export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The cloud: `/events` (with `since`), `/pages` (with `page`, two a page), `/state` (a bare list). */
export interface Cloud extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly Asked[];
  tell(told: Told): Promise<void>;
  /** Ends it; its port stays its own for `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Opens a cloud; with `tls`, over HTTPS by this certificate. */
export async function openCloud(tls?: { readonly cert: string; readonly key: string }): Promise<Cloud> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-cloud-'));
  const file = join(folder, 'told.json');
  const asked: Asked[] = [];
  let child: ChildProcess | undefined;
  let port = 0;
  const tell = async (told: Told): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify(told));
    await rename(`${file}.new`, file);
  };
  const start = async (): Promise<void> => {
    const script = new URL('cloud.py', import.meta.url).pathname;
    const starting = spawn('python3', [script, file, String(port), ...(tls ? [tls.cert, tls.key] : [])], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child = starting;
    const lines = createInterface({ input: starting.stdout });
    const [first] = (await once(lines, 'line')) as [string];
    ({ port } = JSON.parse(first) as { port: number });
    lines.on('line', (line) => asked.push(JSON.parse(line) as Asked));
  };
  const stop = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await tell({ events: [] });
  await start();
  return {
    get port() {
      return port;
    },
    asked,
    tell,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
