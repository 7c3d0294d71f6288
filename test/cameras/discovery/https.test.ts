// Cameras that speak HTTPS alone, found at their ports: over TLS, once, and as an address that `camera add` takes.
import { expect, it, onTestFinished } from 'vitest';
import { openLog, systemEnv } from '#base';
import { camerasOptions } from '#cameras/options';
import type { Finding } from '#model';
import { openDiscovery } from '../../../src/cameras/discovery/index.ts';
import { openLoginGate } from '../../../src/cameras/soap/index.ts';
import { openTestCertificates } from '../../peers/certificates.ts';
import { openFakeCamera } from '../fake-camera.ts';
import { openTlsFront } from '../tls-front.ts';

const env = systemEnv(openLog('silent'));

async function look(range: string, ports: readonly number[]): Promise<readonly Finding[]> {
  const options = camerasOptions.parse({ discovery: { listen: false, port: 9, wait: '300ms', requestTimeout: '2s', ports } });
  const discovery = openDiscovery(options.discovery, { ...options, gate: openLoginGate(options, env.clock) }, env);
  const around = discovery.lookAround({ ranges: [range], multicast: false, from: 0 }, () => {}, new AbortController().signal);
  await around.done;
  return around.merged();
}

it('finds a camera that speaks HTTPS alone', async () => {
  await using certificates = await openTestCertificates();
  await using camera = await openFakeCamera();
  const front = await openTlsFront(certificates.server, camera.address, 8443, '127.77.9.1');
  onTestFinished(() => front.close());
  const findings = await look('127.77.9.1', [8443]);
  expect(findings.map(({ address, problems }) => [address, problems])).toEqual([['https://127.77.9.1:8443', ['needs-password']]]);
  expect(camerasOptions.parse({}).discovery.ports).toContain(443);
});

it('takes the plain port of a camera that has both, and tells it once', async () => {
  await using certificates = await openTestCertificates();
  await using camera = await openFakeCamera();
  const [host = '', port = ''] = camera.address.split(':');
  const front = await openTlsFront(certificates.server, camera.address, 8443, host);
  onTestFinished(() => front.close());
  expect((await look(host, [8443, Number(port)])).map(({ address }) => address)).toEqual([camera.address]);
});
