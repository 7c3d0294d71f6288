import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { openCameras } from '#cameras';
import { type KeyPair, openTestCertificates } from '../peers/certificates.ts';
import { openFakeCamera } from './fake-camera.ts';
import { cameraDevice, env, openFakeDeps, openFakeStore, testOptions, until } from './fake-deps.ts';

const login = { user: 'gate', password: 'p<&>w' };

/** HTTPS in front of a camera that speaks HTTP. */
async function openFront({ cert, key }: KeyPair, address: string, port = 0) {
  const [host = '', to = ''] = address.split(':');
  const server = createServer({ cert: await readFile(cert), key: await readFile(key) }, (socket) => {
    const behind = connect({ host, port: Number(to) });
    socket.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  const sockets = new Set<{ destroy(): void }>();
  server.on('secureConnection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

it('hears a camera over HTTPS, keeps its certificate over a restart, and sends nothing to another', async () => {
  await using certificates = await openTestCertificates();
  await using camera = await openFakeCamera();
  await using store = openFakeStore();
  const run = async (): Promise<{
    deps: ReturnType<typeof openFakeDeps>;
    state(): string | undefined;
    diagnose(): Promise<string[]>;
    refresh(): Promise<unknown>;
    audit(): Promise<string | undefined>;
    [Symbol.asyncDispose](): Promise<void>;
  }> => {
    const deps = openFakeDeps(store);
    const cameras = openCameras(testOptions({ lostAfter: 1 }), deps, env);
    const stop = new AbortController();
    const running = cameras.service.run(stop.signal);
    cameras.add({ device: cameraDevice('cam-1', `https://127.0.0.1:${port}`), login });
    return {
      deps,
      state: () => cameras.status()[0]?.state,
      async diagnose() {
        const found: string[] = [];
        for await (const { step, result, cause = '' } of cameras.diagnose('cam-1', 'cli:kim', stop.signal))
          found.push(`${step} ${result} ${cause}`);
        return found;
      },
      refresh: () => cameras.refresh('cam-1', stop.signal),
      async audit() {
        cameras.audit.start(['cam-1']);
        const row = () => cameras.audit.rows().at(0)?.state;
        await until(() => row() !== 'waiting');
        return row();
      },
      async [Symbol.asyncDispose]() {
        stop.abort();
        await running;
      },
    };
  };
  const first = await openFront(certificates.server, camera.address);
  const { port } = first;
  {
    await using site = await run();
    await until(() => site.state() === 'online');
  }
  await first.close();
  const asked = camera.calls.length;
  const other = await openFront(certificates.stranger, camera.address, port);
  {
    await using site = await run();
    await until(() => site.state() === 'fault');
    expect(site.deps.standing()).toContain('camera-fault');
    expect((await site.diagnose()).at(-1)).toBe('web failed certificate');
    expect(await site.refresh()).toMatchObject({ result: 'failed', failure: { kind: 'certificate' } });
    expect(await site.audit()).toBe('unreachable');
    expect(camera.calls.length).toBe(asked);
  }
  await other.close();
  const again = await openFront(certificates.server, camera.address, port);
  {
    await using site = await run();
    await until(() => site.state() === 'online');
  }
  await again.close();
});
