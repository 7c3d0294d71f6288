// ONVIF clients that were not written here: onvif-zeep (PyPI) in a Python environment of its own, and onvif-util (Debian).
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { inside } from './network.ts';

const exec = promisify(execFile);
const packages = ['onvif-zeep==0.2.12', 'zeep==4.3.3'];
const home = new URL('../../node_modules/.cache/onvif-clients/', import.meta.url).pathname;

/** The Python that has onvif-zeep; made and filled at first use, which needs the network once. */
async function findZeepPython(): Promise<string> {
  const [python, mark] = [join(home, 'bin/python'), join(home, packages.join('+'))];
  if (existsSync(mark)) return python;
  await mkdir(home, { recursive: true });
  await exec('python3', ['-m', 'venv', '--clear', home]).catch((cause: unknown) => {
    throw new Error('no Python environment: sudo apt-get install python3-venv', { cause });
  });
  await exec(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], { timeout: 240_000 }).catch(
    (cause: unknown) => {
      throw new Error(`onvif-zeep cannot be had here: ${python} -m pip install ${packages.join(' ')}`, { cause });
    },
  );
  await writeFile(mark, '');
  return python;
}

/** What onvif-zeep found, in the order in which it asked. */
export type Finding = Readonly<Record<string, unknown>> & { readonly what: string };

/**
 * Lets onvif-zeep look at a device. `subscribed` is called when it has a pull point, and must make the device report something. Rejects with what
 * Python says when a reply does not fit the schema.
 */
export async function lookByZeep(
  device: { readonly host: string; readonly port: number; readonly user: string; readonly password: string },
  subscribed: () => void,
): Promise<readonly Finding[]> {
  const script = new URL('onvif-zeep.py', import.meta.url).pathname;
  const child = spawn(await findZeepPython(), [script, device.host, String(device.port), device.user, device.password], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const found: Finding[] = [];
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const finding = JSON.parse(line) as Finding;
    found.push(finding);
    if (finding.what === 'subscribed') subscribed();
  });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`onvif-zeep ended with ${status}: ${said.slice(-1000)}`);
  return found;
}

/** What onvif-util says in a network namespace when it is told `commands`, one a line. */
export async function askByOnvifUtil(namespace: string, args: readonly string[], commands: readonly string[] = []): Promise<string> {
  const [program = '', ...words] = inside(namespace, ['onvif-util', ...args]);
  const running = exec(program, words, { timeout: 30_000 });
  running.child.stdin?.on('error', () => {}).end([...commands, 'quit', ''].join('\n'));
  const { stdout, stderr } = await running;
  return stdout + stderr;
}
