// The socket at which systemd hears its services (sd_notify(3)): when the watchdog was pinged. Python holds it, since Node has no Unix datagram socket.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './gateway.ts';

export interface NotifySocket extends AsyncDisposable {
  /** What the unit hands to the daemon; the watchdog waits for `watchdogMs`. */
  environment(watchdogMs: number): Readonly<Record<string, string>>;
  /** When each ping came, by `performance.now()`. */
  readonly pings: readonly number[];
  /** Everything said, without the barriers by which `systemd-notify` waits for the socket (sd_notify_barrier(3)). */
  readonly said: readonly string[];
}

const program = `
import socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
while True:
    print(heard.recv(4096).decode(), flush=True)
`;

export async function openNotifySocket(): Promise<NotifySocket> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-notify-'));
  const path = join(folder, 'notify');
  const listener = spawn('python3', ['-c', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pings: number[] = [];
  const said: string[] = [];
  listener.stdout.on('data', (chunk: Buffer) => {
    for (const state of chunk.toString().split('\n')) {
      if (state === '' || state.startsWith('BARRIER=')) continue;
      said.push(state);
      if (state === 'WATCHDOG=1') pings.push(performance.now());
    }
  });
  await eventually('the notify socket', () => existsSync(path) || undefined);
  return {
    environment: (watchdogMs) => ({ NOTIFY_SOCKET: path, WATCHDOG_USEC: String(watchdogMs * 1000) }),
    pings,
    said,
    async [Symbol.asyncDispose]() {
      const gone = once(listener, 'exit');
      listener.kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
