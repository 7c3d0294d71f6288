// TLS to the broker: pins, Korean ciphers, versions, the ends of certificates, and their renewal while connected.
import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemRandom } from '#base';
import type { Store } from '#store';
import { uplinkOptions } from '#uplink/options';
import { openTestCertificates, type TestCertificates } from '../peers/certificates.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
import { alarmEntry, openObserver, openSite, openStoreBench, type StoreBench, until } from './site.ts';

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

const clientTls = () => ({ ca: certificates.ca, ...certificates.client });
const openssl = promisify(execFile);

async function pinOf(path: string): Promise<string> {
  const key = new X509Certificate(await readFile(path)).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

/** A certificate with an RSA key, for the suites that are named without ECDSA; it ends a day later than the others. */
async function openRsaServer() {
  const at = (name: string): string => join(certificates.folder, name);
  await writeFile(at('rsa.ext'), 'subjectAltName=DNS:localhost\n');
  await openssl('openssl', [
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-keyout',
    at('rsa.key'),
    '-out',
    at('rsa.csr'),
  ]);
  const sign = [
    '-CA',
    certificates.ca,
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '3',
    '-extfile',
    at('rsa.ext'),
    '-out',
    at('rsa.pem'),
  ];
  await openssl('openssl', ['x509', '-req', '-in', at('rsa.csr'), ...sign]);
  return { ...certificates, server: { cert: at('rsa.pem'), key: at('rsa.key') } };
}

describe('uplink.tls', () => {
  it('reaches a broker that speaks ECDHE-ARIA256-GCM-SHA384 on TLS 1.2 alone', async () => {
    const rsa = await openRsaServer();
    const tlsConfig = ['tls_version tlsv1.2', 'ciphers ECDHE-ARIA256-GCM-SHA384'];
    await using broker = await openMosquitto({ certificates: rsa, tlsConfig });
    await using _hub = await openObserver(broker.url);
    await using refused = openSite(store, {
      url: broker.tlsUrl,
      tls: { ...clientTls(), maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' },
      clientId: 'usual',
    });
    await using site = openSite(store, { url: broker.tlsUrl, tls: { ...clientTls(), ciphers: 'ECDHE-ARIA256-GCM-SHA384' } });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    const error = await until(() => refused.uplink.status().lastError, 'the refusal');
    expect(error.code).toBe('uplink.tls-refused');
  });

  it.each([
    [{ ciphers: 'NO-SUCH-CIPHER' }, 'uplink.tls-settings'],
    [{ maxVersion: 'TLSv1.2' }, 'uplink.tls-refused'],
  ])('says what is wrong with %j', async (tls, code) => {
    await using broker = await openMosquitto({ certificates, tlsConfig: ['tls_version tlsv1.3'] });
    await using site = openSite(store, { url: broker.tlsUrl, tls: { ...clientTls(), ...tls } });
    const error = await until(() => site.uplink.status().lastError, 'the refusal');
    expect(error.code).toBe(code);
  });

  it.each([
    ['the broker’s own', () => certificates.server.cert],
    ['its authority’s', () => certificates.ca],
  ])('takes a pin that is %s', async (_, path) => {
    await using broker = await openMosquitto({ certificates });
    const pins = [await pinOf(certificates.stranger.cert), await pinOf(path())];
    await using site = openSite(store, { url: broker.tlsUrl, tls: { ...clientTls(), pins } });
    await until(() => site.session(), 'a session');
  });

  it('says nothing to a broker that no pin fits', async () => {
    let heard = 0;
    const [cert, key] = await Promise.all([readFile(certificates.server.cert), readFile(certificates.server.key)]);
    const server = createServer({ cert, key }, (socket) => {
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.length;
      });
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `mqtts://localhost:${(server.address() as AddressInfo).port}`;
    const pins = [await pinOf(certificates.stranger.cert)];
    await using site = openSite(store, { url, tls: { ...clientTls(), pins } });
    const error = await until(() => site.uplink.status().lastError, 'the refusal');
    expect(error).toMatchObject({
      code: 'uplink.pin-mismatch',
      text: { en: expect.stringContaining(await pinOf(certificates.server.cert)) },
    });
    await until(() => site.uplink.status().attempts >= 3, 'more attempts');
    expect(heard).toBe(0);
    await site.stop();
    server.close();
  });

  it('tells when both certificates end', async () => {
    await using broker = await openMosquitto({ certificates });
    await using site = openSite(store, { url: broker.tlsUrl, tls: clientTls() });
    await until(() => site.session(), 'a session');
    const endOf = async (path: string): Promise<number> => new X509Certificate(await readFile(path)).validToDate.getTime();
    expect(site.uplink.status().routes[0]?.certificates).toEqual({
      own: await endOf(certificates.client.cert),
      broker: await endOf(certificates.server.cert),
    });
  });

  it('connects anew when its certificate has been renewed, and not before the files fit', async () => {
    await using broker = await openMosquitto({ certificates });
    const [cert, key] = ['renewed.pem', 'renewed.key'].map((name) => join(certificates.folder, name)) as [string, string];
    await Promise.all([copyFile(certificates.client.cert, cert), copyFile(certificates.client.key, key)]);
    const { server: renewed } = await openRsaServer();
    const random = { ...systemRandom, uniform: () => 0 };
    await using site = openSite(store, { url: broker.tlsUrl, tls: { ca: certificates.ca, cert, key } }, { random });
    const first = await until(() => site.session(), 'a session');
    const before = site.uplink.status().routes[0]?.certificates.own;
    await copyFile(renewed.cert, cert);
    await new Promise((resolve) => setTimeout(resolve, 7000));
    expect(first.signal.aborted).toBe(false);
    await copyFile(renewed.key, key);
    await until(() => site.session() !== first && site.session(), 'the next session');
    expect(site.uplink.status().routes[0]?.certificates.own).not.toBe(before);
    expect(site.uplink.status().lastError).toBeUndefined();
  });

  it.each([[{ pins: ['abc'] }], [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }], [{ minVersion: 'TLSv1.1' }], [{ ciphers: 'A B' }]])(
    'refuses %j',
    (tls) => {
      expect(uplinkOptions.safeParse({ url: 'mqtts://hub', tls }).success).toBe(false);
    },
  );
});
