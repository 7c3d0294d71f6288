// A oneM2M platform that was not written here: ACME CSE (PyPI) in a Python environment of its own, as its devices and subscribers see it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './gateway.ts';

const exec = promisify(execFile);
const packages = ['acmecse==2026.5.3'];
const home = new URL('../../node_modules/.cache/acme-cse/', import.meta.url).pathname;
const startLimitMs = 40_000;

/** The Python that has ACME; made and filled at first use, which needs the network once. */
async function findPython(): Promise<string> {
  const [python, mark] = [join(home, 'bin/python'), join(home, packages.join('+'))];
  if (existsSync(mark)) return python;
  await mkdir(home, { recursive: true });
  await exec('python3', ['-m', 'venv', '--clear', home]).catch((cause: unknown) => {
    throw new Error('no Python environment: sudo apt-get install python3-venv', { cause });
  });
  await exec(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], { timeout: 240_000 }).catch(
    (cause: unknown) => {
      throw new Error(`ACME CSE cannot be had here: ${python} -m pip install ${packages.join(' ')}`, { cause });
    },
  );
  await writeFile(mark, '');
  return python;
}

/** What it answered: the response status code of oneM2M, and the resource. */
export interface CseAnswer {
  readonly code: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The platform. Its CSE base is `cse-in`; the administrator is `CAdmin`. */
export interface Cse extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  ask(method: string, path: string, options?: { type?: number; body?: object; origin?: string }): Promise<CseAnswer>;
  /** Makes an AE and its containers: `cse-in/AE/CONTAINER`. */
  furnish(ae: string, containers: readonly string[]): Promise<void>;
  /** A device tells: a content instance in `container`. */
  tell(container: string, con: unknown): Promise<void>;
  stop(): Promise<void>;
  /** With nothing in it: it keeps all in memory. */
  start(): Promise<void>;
}

/** Starts ACME on a free port of loopback. */
export async function openCse(): Promise<Cse> {
  const python = await findPython();
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-cse-'));
  const port = await freePort();
  await writeFile(join(folder, 'acme.ini'), iniOf(port));
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const ask: Cse['ask'] = async (method, path, { type, body, origin = 'CAdmin' } = {}) => {
    const response = await fetch(`${url}/${path}`, {
      method,
      headers: {
        'X-M2M-Origin': origin,
        'X-M2M-RI': 'device',
        'X-M2M-RVI': '3',
        ...(body && { 'Content-Type': `application/json${type === undefined ? '' : `;ty=${type}`}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { code: response.headers.get('X-M2M-RSC') ?? '', body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
  const made = ({ code, body }: CseAnswer): void => {
    if (code !== '2001') throw new Error(`the CSE answers ${code}: ${JSON.stringify(body)}`);
  };
  const start = async (): Promise<void> => {
    const starting = spawn(python, ['-m', 'acmecse', '-dir', folder, '--headless'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONUNBUFFERED: '1' },
    });
    child = starting;
    let said = '';
    for (const stream of [starting.stdout, starting.stderr])
      stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    const limit = Date.now() + startLimitMs;
    // A request that comes before it says so ends it.
    while (!said.includes('CSE started')) {
      if (starting.exitCode !== null || Date.now() > limit) throw new Error(`ACME CSE does not start: ${said}`);
      await sleep(50);
    }
  };
  const stop = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    port,
    url,
    ask,
    start,
    stop,
    async furnish(ae, containers) {
      made(await ask('POST', 'cse-in', { type: 2, origin: `C${ae}`, body: { 'm2m:ae': { rn: ae, api: 'Ntest', rr: true, srv: ['3'] } } }));
      for (const rn of containers) made(await ask('POST', `cse-in/${ae}`, { type: 3, body: { 'm2m:cnt': { rn } } }));
    },
    tell: async (container, con) => made(await ask('POST', container, { type: 4, body: { 'm2m:cin': { con } } })),
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function iniOf(port: number): string {
  return `[basic.config]
cseType = IN
cseID = id-in
cseName = cse-in
adminID = CAdmin
dataDirectory = \${baseDirectory}
cseHost = 127.0.0.1
httpPort = ${port}
databaseInMemory = True

[http]
listenIF = 127.0.0.1
port = ${port}

[database]
type = memory

[logging]
enableFileLogging = false

[webui]
enable = false
`;
}
