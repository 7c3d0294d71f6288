// A network of its own: two network namespaces on one wire, so that multicast and addresses behave as in the field and nothing leaves the machine.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Two machines on one wire; they go with everything in them when disposed of. */
export interface Wire extends AsyncDisposable {
  /** Names of the namespaces. */
  readonly near: string;
  readonly far: string;
}

/** The command that runs `command` in a namespace. */
export function inside(namespace: string, command: readonly string[]): string[] {
  return ['ip', 'netns', 'exec', namespace, ...command];
}

/** Makes the wire. `farAddresses` are all of `nearAddress`'s /24. Needs root and iproute2. */
export async function openWire(nearAddress: string, farAddresses: readonly string[]): Promise<Wire> {
  const tag = randomBytes(3).toString('hex');
  const [near, far] = [`wire-near-${tag}`, `wire-far-${tag}`];
  await using stack = new AsyncDisposableStack();
  for (const name of [near, far]) {
    await ip('netns', 'add', name);
    stack.defer(() => ip('netns', 'delete', name));
    await ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  await ip('link', 'add', `n${tag}`, 'netns', near, 'type', 'veth', 'peer', 'name', `f${tag}`, 'netns', far);
  await ip('-n', near, 'address', 'add', `${nearAddress}/24`, 'dev', `n${tag}`);
  for (const address of farAddresses) await ip('-n', far, 'address', 'add', `${address}/24`, 'dev', `f${tag}`);
  await ip('-n', near, 'link', 'set', `n${tag}`, 'up');
  await ip('-n', far, 'link', 'set', `f${tag}`, 'up');
  // Programs of old send multicast by the default route.
  await ip('-n', near, 'route', 'add', 'default', 'dev', `n${tag}`);
  await ip('-n', far, 'route', 'add', 'default', 'dev', `f${tag}`);
  const owned = stack.move();
  return { near, far, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function ip(...args: readonly string[]): Promise<void> {
  await exec('ip', [...args]).catch((cause: unknown) => {
    throw new Error(`ip ${args.join(' ')} failed; network namespaces need root and the Debian package iproute2`, { cause });
  });
}
