// A camera whose realm is not ASCII: it is hashed and sent back as the bytes that came, else the right password is a failed login.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { openLoginGate, openSession } from '../../src/cameras/soap/index.ts';
import { env } from './fake-deps.ts';

it('proves the login in a Korean realm', async () => {
  const login = { user: 'gate', password: 'pass' };
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const server = createServer((request, response) => {
    const sent = Buffer.from(request.headers.authorization ?? '', 'latin1').toString();
    const field = (name: string): string => new RegExp(`${name}="?([^",]*)`).exec(sent)?.[1] ?? '';
    const expected = md5(`${md5('gate:녹화기:pass')}:n:${field('nc')}:${field('cnonce')}:auth:${md5(`POST:${request.url}`)}`);
    const isGood = field('response') === expected && field('realm') === '녹화기';
    const challenge = Buffer.from('Digest realm="녹화기", qop="auth", nonce="n"').toString('latin1');
    if (!isGood) response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    else response.end('<e:Envelope xmlns:e="e"><e:Body><Told/></e:Body></e:Envelope>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.closeAllConnections());
  const base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/onvif/device_service`);
  const gate = openLoginGate({ loginRetry: 60_000 }, env.clock);
  using session = openSession({ requestTimeout: 5000, maxReply: 65_536 }, { base, login, gate }, env);
  const answered = await session.call({ url: base, envelope: '<a/>', expect: 'Told' }, new AbortController().signal);
  expect(answered.result).toBe('ok');
});
