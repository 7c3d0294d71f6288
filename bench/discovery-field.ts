// The field of the discovery bench: a process of its own that is all virtual cameras, of all makers, at the addresses that it is told.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openLog, systemEnv } from '#base';
import { openFleet } from '../src/simulator/cameras/fleet.ts';
import { natureOf } from '../src/simulator/cameras/nature.ts';
import { personalityNames } from '../src/simulator/cameras/personality/index.ts';

/** Where cameras that do not answer to WS-Discovery listen, in turn. */
export const hiddenPorts = [80, 8080, 8000, 8899, 2020] as const;

/** Every fourth camera does not answer to WS-Discovery, and is found at one of the ports. */
export function isHidden(index: number): boolean {
  return index % 4 === 3;
}

/** Starts the process by `enter` (a namespace) and waits until all cameras listen. */
export async function openField(
  addresses: readonly string[],
  enter: (command: readonly string[]) => readonly string[],
): Promise<AsyncDisposable> {
  const [command = '', ...args] = enter([process.execPath, new URL(import.meta.url).pathname]);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write(`${addresses.join(' ')}\n`);
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), died(child)])) as [string];
  if (line !== 'ready') throw new Error(`the field of cameras said: ${line}`);
  return {
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function died(child: ChildProcess): Promise<never> {
  await once(child, 'exit');
  throw new Error('the field of cameras died');
}

async function beField(addresses: readonly string[]): Promise<void> {
  const env = systemEnv(openLog('error'));
  const cameras = addresses.map((host, index) => {
    const personality = personalityNames[index % personalityNames.length] ?? 'plain';
    const port = isHidden(index) ? (hiddenPorts[(index >> 2) % hiddenPorts.length] ?? 80) : 80;
    return { index, camera: natureOf({ personality, loginBy: 'digest' }, index, { host, port }) };
  });
  const told = cameras.filter(({ index }) => !isHidden(index)).map(({ camera }) => camera);
  const hidden = cameras.filter(({ index }) => isHidden(index)).map(({ camera }) => camera);
  await openFleet({ cameras: told, rtspPort: 554, discoveryPort: 3702 }, env);
  await openFleet({ cameras: hidden, rtspPort: 554, discoveryPort: undefined }, env);
  console.log('ready');
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [line] = (await once(createInterface(process.stdin), 'line')) as [string];
  process.stdin.on('end', () => process.exit());
  await beField(line.split(' '));
}
