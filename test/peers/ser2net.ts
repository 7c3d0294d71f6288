// ser2net (Debian), the serial server that many sites have in a box: a serial port that can be reached over TCP.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A serial server on loopback. */
export interface Ser2net extends AsyncDisposable {
  readonly port: number;
}

/** Serves the terminal `device` at 9600 baud; on a free port, or on that of its earlier life. */
export async function openSer2net(device: string, formerPort?: number): Promise<Ser2net> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-ser2net-'));
  const port = formerPort ?? (await freePort());
  const config = join(folder, 'ser2net.yaml');
  await writeFile(
    config,
    `%YAML 1.1\n---\nconnection: &line\n  accepter: tcp,127.0.0.1,${port}\n  connector: serialdev,${device},9600n81,local\n  options:\n    kickolduser: true\n`,
  );
  const child = spawn('ser2net', ['-n', '-d', '-c', config, '-P', join(folder, 'pid')], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (tries > 200 || child.exitCode !== null) throw new Error('ser2net does not listen');
    await sleep(25);
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
