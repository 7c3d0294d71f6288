// The connection's socket as the system sees it: small packets leave at once, with TLS and without.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '#store';
import { openTestCertificates, type TestCertificates } from '../peers/certificates.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
import { openTrace } from '../peers/strace.ts';
import { openSite, openStoreBench, type StoreBench, until } from './site.ts';

let bench: StoreBench;
let store: Store;
let certificates: TestCertificates;
beforeAll(async () => {
  bench = await openStoreBench();
  store = await bench.open('boot-1');
  certificates = await openTestCertificates();
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
  await certificates[Symbol.asyncDispose]();
});

it.each(['mqtt', 'mqtts'] as const)('has no delay over %s', async (scheme) => {
  await using broker = await openMosquitto({ certificates });
  const trace = await openTrace(process.pid, ['setsockopt'], join(certificates.folder, `trace-${scheme}`));
  const secure = scheme === 'mqtts';
  await using site = openSite(
    store,
    secure ? { url: broker.tlsUrl, tls: { ca: certificates.ca, ...certificates.client } } : { url: broker.url },
  );
  await until(() => site.session(), 'a session');
  const calls = await trace.stop();
  expect(calls.filter((call) => /TCP_NODELAY, \[1\]/.test(call))).not.toEqual([]);
});
