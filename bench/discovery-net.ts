// The net of the discovery bench: two network namespaces with a wire between them, one for the gateway, one in which some addresses are cameras and the rest swallows all.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Two namespaces; they go with everything in them when it is disposed of. */
export interface Net extends AsyncDisposable {
  /** A command that runs `command` where the gateway is. */
  near(command: readonly string[]): readonly string[];
  /** The same where the cameras are. */
  far(command: readonly string[]): readonly string[];
}

/**
 * Makes the net. `range` (CIDR) is routed to the far side, which answers for `present` and drops every packet to the others: no refusal, no word
 * that nobody is there. Needs root (CAP_NET_ADMIN, CAP_SYS_ADMIN) and iproute2.
 */
export async function openNet(range: string, present: readonly string[]): Promise<Net> {
  const tag = randomBytes(3).toString('hex');
  const [near, far] = [`bongsu-near-${tag}`, `bongsu-far-${tag}`];
  await using stack = new AsyncDisposableStack();
  for (const name of [near, far]) {
    await ip(['netns', 'add', name]);
    stack.defer(() => ip(['netns', 'delete', name]));
    await ip(['-n', name, 'link', 'set', 'lo', 'up']);
  }
  await ip(['link', 'add', `n${tag}`, 'netns', near, 'type', 'veth', 'peer', 'name', `f${tag}`, 'netns', far]);
  await ip(['-n', near, 'address', 'add', '172.31.255.1/30', 'dev', `n${tag}`]);
  await ip(['-n', far, 'address', 'add', '172.31.255.2/30', 'dev', `f${tag}`]);
  for (const [name, end] of [
    [near, `n${tag}`],
    [far, `f${tag}`],
  ] as const)
    await ip(['-n', name, 'link', 'set', end, 'up']);
  await ip(['-n', near, 'route', 'add', range, 'via', '172.31.255.2']);
  const routes = present.map((address) => `route add local ${address} dev lo`).join('\n');
  await ip(['-n', far, '-batch', '-'], `route add blackhole ${range}\n${routes}\n`);
  const owned = stack.move();
  const inside = (name: string) => (command: readonly string[]) => ['nsenter', `--net=/var/run/netns/${name}`, ...command];
  return { near: inside(near), far: inside(far), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function ip(args: readonly string[], input = ''): Promise<void> {
  const running = exec('ip', [...args]);
  // Most of them read nothing, and may be gone by now.
  running.child.stdin?.on('error', () => {}).end(input);
  await running.catch((cause: unknown) => {
    throw new Error(`ip ${args.join(' ')} failed; the bench needs root and iproute2`, { cause });
  });
}
