import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openCameras } from '#cameras';
import { openFakeCamera } from './fake-camera.ts';
import { env, openFakeDeps, testOptions } from './fake-deps.ts';

const login = { user: 'gate', password: 'p<&>w' };
const signal = new AbortController().signal;
const open = (changes = {}) => openCameras(testOptions(changes), openFakeDeps(), env);

describe('identify', () => {
  it.each([
    ['digest-md5', 'digest'],
    ['digest-sha256', 'digest'],
    ['username-token', 'username-token'],
    ['none', 'none'],
  ] as const)('knows a camera that wants %s', async (authentication, spoken) => {
    await using camera = await openFakeCamera({ authentication });
    await using cameras = open();
    const found = await cameras.identify(camera.address, login, signal);
    expect(found).toMatchObject({
      result: 'ok',
      identity: { maker: 'Bongsu Test', model: 'F-1', firmware: '5.10', serial: '00420' },
      channels: [{ number: 1, name: '정문' }],
      authentication: spoken,
      events: true,
    });
    expect(camera.failedLogins).toBe(0);
    expect(camera.calls[0]).toBe('GetSystemDateAndTime');
    expect(camera.bodies[0]).not.toContain('Security');
    // Digest never comes together with a token (ONVIF Core §5.9.1).
    if (spoken === 'digest') expect(camera.bodies.join('')).not.toContain('UsernameToken');
  });

  it('keeps one connection for all its calls', async () => {
    await using camera = await openFakeCamera();
    await using cameras = open();
    await cameras.identify(camera.address, login, signal);
    expect(camera.connections).toBe(1);
    // One challenge, not one for each call.
    expect(camera.calls.filter((call) => call === 'GetServices')).toHaveLength(2);
    expect(camera.calls.filter((call) => call === 'GetProfiles')).toHaveLength(1);
  });

  it('takes a new nonce when the camera forgets the old one', async () => {
    await using camera = await openFakeCamera({ nonceUses: 2 });
    await using cameras = open();
    expect(await cameras.identify(camera.address, login, signal)).toMatchObject({ result: 'ok' });
    expect(camera.failedLogins).toBe(0);
  });

  it('falls back to GetCapabilities and Media1', async () => {
    await using camera = await openFakeCamera({ oldServices: true });
    await using cameras = open();
    expect(await cameras.identify(camera.address, login, signal)).toMatchObject({ result: 'ok', events: true });
    expect(camera.calls).toContain('GetCapabilities');
  });

  it('corrects its UsernameToken by the clock of a camera that is an hour wrong', async () => {
    await using camera = await openFakeCamera({ authentication: 'username-token', clockOffsetMs: -3_600_000 });
    await using cameras = open();
    const found = await cameras.identify(camera.address, login, signal);
    expect(found).toMatchObject({ result: 'ok' });
    if (found.result === 'ok') expect(Math.abs((found.clockOffsetMs ?? 0) + 3_600_000)).toBeLessThan(1500);
  });

  it.each(['digest-md5', 'username-token'] as const)('tries a wrong login once with %s, and not again at once', async (authentication) => {
    await using camera = await openFakeCamera({ authentication });
    await using cameras = open();
    for (let time = 0; time < 4; time += 1) {
      expect(await cameras.identify(camera.address, { user: 'gate', password: 'wrong' }, signal)).toMatchObject({
        result: 'login-refused',
      });
    }
    expect(camera.failedLogins).toBe(1);
    expect(await cameras.identify(camera.address, login, signal)).toMatchObject({ result: 'ok' });
  });

  it('says that a login is missing', async () => {
    await using camera = await openFakeCamera();
    await using cameras = open();
    const found = await cameras.identify(camera.address, undefined, signal);
    expect(found.result).toBe('login-missing');
  });

  it('asks no Basic login: it would send the password in clear', async () => {
    await using camera = await openFakeCamera({
      intercept: (call, response) => {
        if (call === 'GetSystemDateAndTime') return false;
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
        return true;
      },
    });
    await using cameras = open();
    expect((await cameras.identify(camera.address, login, signal)).result).toBe('login-refused');
    expect(camera.bodies.join('')).toContain('PasswordDigest');
  });

  const html = '<!DOCTYPE html><html><body>router</body></html>';
  const big = `<a>${'<b>x</b>'.repeat(200_000)}</a>`;
  it.each([
    ['a web page', html, 'not-onvif'],
    ['garbage', '\u0000\u0001<<<>>>', 'not-onvif'],
    ['nothing', '', 'not-onvif'],
    ['10,000 levels', '<a>'.repeat(10_000), 'not-onvif'],
    ['more than 1 MiB', big, 'not-onvif'],
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>', 'not-onvif'],
  ])('says so when a camera answers %s', async (_, body, result) => {
    const server = createServer((request, response) => request.resume().on('end', () => response.end(body)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await using cameras = open();
    const found = await cameras.identify(`127.0.0.1:${(server.address() as AddressInfo).port}`, login, signal);
    expect(found.result).toBe(result);
    if (found.result !== 'ok') expect(found.message.ko.length * found.hint.ko.length).toBeGreaterThan(0);
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['is silent', (socket: import('node:net').Socket) => void socket.resume(), 'unreachable'],
    ['closes at once', (socket: import('node:net').Socket) => void socket.destroy(), 'unreachable'],
    [
      'has huge headers',
      (socket: import('node:net').Socket) =>
        void socket.on('error', () => {}).write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
      'not-onvif',
    ],
    ['speaks no HTTP', (socket: import('node:net').Socket) => void socket.on('error', () => {}).end('SSH-2.0-x\r\n'), 'not-onvif'],
    [
      'stops in the middle',
      (socket: import('node:net').Socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<a>'),
      'unreachable',
    ],
  ])('says so when a camera %s', async (_, behave, result) => {
    const server = createTcpServer(behave);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await using cameras = open({ requestTimeout: '500ms' });
    const found = await cameras.identify(`127.0.0.1:${(server.address() as AddressInfo).port}`, login, signal);
    expect(found.result).toBe(result);
    server.close();
  });

  it('says what is wrong with an address, and that nobody is there', async () => {
    await using cameras = open();
    expect((await cameras.identify('ftp://x', login, signal)).result).toBe('address-bad');
    expect((await cameras.identify('127.0.0.1:9', login, signal)).result).toBe('unreachable');
    expect((await cameras.identify('rtsp://127.0.0.1:9/x', undefined, signal)).result).toBe('unreachable');
  });

  it('stops when it is told to', async () => {
    const server = createTcpServer((socket) => socket.resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await using cameras = open();
    const stop = new AbortController();
    const asked = cameras.identify(`127.0.0.1:${(server.address() as AddressInfo).port}`, login, stop.signal);
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    server.close();
  });
});
