// A camera behind HTTPS: heard, its certificate kept over a restart, and nothing sent to another.
import { expect, it } from 'vitest';
import { openCameras } from '#cameras';
import { openTestCertificates } from '../peers/certificates.ts';
import { openFakeCamera } from './fake-camera.ts';
import { cameraDevice, env, openFakeDeps, openFakeStore, testOptions, until } from './fake-deps.ts';
import { openTlsFront } from './tls-front.ts';

const login = { user: 'gate', password: 'p<&>w' };

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
  const first = await openTlsFront(certificates.server, camera.address);
  const { port } = first;
  {
    await using site = await run();
    await until(() => site.state() === 'online');
  }
  await first.close();
  const asked = camera.calls.length;
  const other = await openTlsFront(certificates.stranger, camera.address, port);
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
  const again = await openTlsFront(certificates.server, camera.address, port);
  {
    await using site = await run();
    await until(() => site.state() === 'online');
  }
  await again.close();
});
