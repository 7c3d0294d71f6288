// The virtual cameras as ONVIF devices, asked by the onvif package and by raw requests.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSimulatedSite, type SimulatedCamera, type SimulatedSite } from '#simulator';
import { readProbe } from '../../src/simulator/cameras/discovery.ts';
import { readSoap } from '../../src/simulator/cameras/soap.ts';
import { parsePeriod } from '../../src/simulator/cameras/xsd.ts';
import { type Answer, authorization, call, connectClient, envelope, post, token } from './asking.ts';
import { env, until } from './world.ts';

let site: SimulatedSite;
const login = { user: 'admin', password: 'bongsu-sim-1' };
const camera = (id: string): SimulatedCamera => {
  const found = site.camera(id);
  if (!found) throw new Error(`no camera ${id}`);
  return found;
};

beforeAll(async () => {
  site = await openSimulatedSite(
    {
      cameras: [
        { id: 'digest', loginBy: 'digest' },
        { id: 'sha', loginBy: 'digest-sha256', codec: 'h265' },
        { id: 'token', loginBy: 'username-token', clockOffsetMs: -7_200_000 },
        { id: 'either', loginBy: 'either', ptz: true },
        { id: 'old', loginBy: 'none', media2: false },
      ],
      discoveryPort: 0,
    },
    env,
  );
});
afterAll(async () => await site[Symbol.asyncDispose]());
beforeEach(() => {
  for (const one of site.cameras) one.fail(undefined);
});

const information = envelope('<tds:GetDeviceInformation/>');

describe('a virtual camera to the onvif package', () => {
  it.each(['digest', 'token', 'either', 'old'])('%s is a proper device', async (id) => {
    const client = await connectClient(camera(id));
    expect(client.profiles.map((profile) => profile.$.token)).toEqual(['main', 'sub']);
    expect(await call(client, 'getDeviceInformation')).toMatchObject({ manufacturer: 'Bongsu', firmwareVersion: '1.0.0' });
    expect(await call(client, 'getStreamUri', { protocol: 'RTSP', profileToken: 'main' })).toMatchObject({ uri: camera(id).streams.main });
    expect(await call(client, 'getNetworkInterfaces')).toBeDefined();
    expect(JSON.stringify(await call(client, 'getScopes'))).toContain('onvif://www.onvif.org/Profile/Streaming');
  });

  it('shows H.265 through Media2 alone', async () => {
    const body = (ns: string): string => envelope(`<${ns}:GetProfiles/>`);
    const ask = async (ns: string): Promise<string> => {
      const path = '/onvif/media_service';
      const first = await post(camera('sha'), body(ns), { path });
      return (await post(camera('sha'), body(ns), { path, authorization: authorization(first, login, { uri: path }) })).text;
    };
    expect(await ask('tr2')).toMatch(/<tt:Encoding>H265<[\s\S]*<tt:Encoding>H264</);
    expect(await ask('trt')).not.toContain('token="main"');
  });

  it('moves its head and goes to presets', async () => {
    const client = await connectClient(camera('either'));
    await call(client, 'continuousMove', { x: 0.5, y: -0.25, zoom: 0 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await call(client, 'stop', { panTilt: true, zoom: true });
    const stopped = camera('either').position;
    expect(stopped?.pan).toBeGreaterThan(0.08);
    expect(stopped?.tilt).toBeLessThan(-0.04);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(camera('either').position).toEqual(stopped);
    await call(client, 'gotoPreset', { preset: '3' });
    expect(camera('either').position).toEqual({ pan: 0.7, tilt: -0.2, zoom: 0.5 });
    await expect(call(client, 'gotoPreset', { preset: '99' })).rejects.toThrow();
  });

  it('reports what is triggered', async () => {
    const client = await connectClient(camera('digest'));
    const heard: string[] = [];
    client.on('event', (message) => heard.push(JSON.stringify(message)));
    expect(await until(() => camera('digest').counts.pulls > 0)).toBe(true);
    camera('digest').trigger({ topic: 'tamper', active: true });
    expect(await until(() => heard.length === 1)).toBe(true);
    expect(heard[0]).toMatch(/TamperDetector\/Tamper.*"Changed".*"IsTamper","Value":true/);
    client.removeAllListeners('event');
  });
});

describe('logins', () => {
  it('asks nobody for the time', async () => {
    for (const one of site.cameras) expect((await post(one, envelope('<tds:GetSystemDateAndTime/>'))).status).toBe(200);
  });

  it('tells the camera’s own time, wrong as it is', async () => {
    const { text } = await post(camera('token'), envelope('<tds:GetSystemDateAndTime/>'));
    const hour = Number(/UTCDateTime><tt:Time><tt:Hour>(\d+)/.exec(text)?.[1]);
    expect(hour).toBe(new Date(Date.now() - 7_200_000).getUTCHours());
  });

  it('takes a digest once for each count of its nonce', async () => {
    const uri = '/onvif/device_service';
    const first = await post(camera('digest'), information);
    expect(first.status).toBe(401);
    const right = authorization(first, login, { uri });
    expect((await post(camera('digest'), information, { authorization: right })).status).toBe(200);
    const replayed = await post(camera('digest'), information, { authorization: right });
    expect(replayed.status).toBe(401);
    expect(replayed.headers.get('www-authenticate')).toContain('stale=true');
    expect((await post(camera('digest'), information, { authorization: authorization(first, login, { uri, count: 2 }) })).status).toBe(200);
    const before = camera('digest').counts.failedLogins;
    expect(
      (
        await post(camera('digest'), information, {
          authorization: authorization(first, { ...login, password: 'wrong' }, { uri, count: 3 }),
        })
      ).status,
    ).toBe(401);
    expect(camera('digest').counts.failedLogins).toBe(before + 1);
  });

  it('offers and takes SHA-256', async () => {
    const uri = '/onvif/device_service';
    const first = await post(camera('sha'), information);
    const right = authorization(first, login, { uri });
    expect(right).toContain('algorithm=SHA-256');
    expect((await post(camera('sha'), information, { authorization: right })).status).toBe(200);
  });

  const created = (offsetMs: number): string => new Date(Date.now() - 7_200_000 + offsetMs).toISOString();
  it('takes a token within five minutes of the camera’s clock, once', async () => {
    const one = camera('token');
    const ask = (header: string): Promise<Answer> => post(one, envelope('<tds:GetDeviceInformation/>', header));
    const fresh = token(randomBytes(16).toString('base64'), created(0), login);
    expect((await ask(fresh)).status).toBe(200);
    expect((await ask(fresh)).status).toBe(400);
    expect((await ask(token('bm9uY2Ux', created(290_000), login))).status).toBe(200);
    expect((await ask(token('bm9uY2Uy', created(310_000), login))).status).toBe(400);
    const wrong = await ask(token('bm9uY2Uz', created(0), { ...login, password: 'wrong' }));
    expect(wrong).toMatchObject({ status: 400 });
    expect(wrong.text).toContain('ter:NotAuthorized');
    expect((await ask('')).status).toBe(400);
  });

  it('gives its snapshot to those who log in', async () => {
    const url = `http://${camera('token').address}/snapshot/main`;
    const first = await fetch(url);
    expect(first.status).toBe(401);
    const answer = { status: 401, text: '', headers: first.headers };
    const second = await fetch(url, { headers: { authorization: authorization(answer, login, { uri: '/snapshot/main', method: 'GET' }) } });
    const bytes = Buffer.from(await second.arrayBuffer());
    expect(second.headers.get('content-type')).toBe('image/jpeg');
    expect([bytes.subarray(0, 3).toString('hex'), bytes.subarray(-2).toString('hex')]).toEqual(['ffd8ff', 'ffd9']);
  });
});

describe('bad requests', () => {
  it.each([
    ['no XML', 'hello', 400],
    ['another document', '<a/>', 400],
    ['entities', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 400],
    ['too deep', envelope('<tds:x>'.repeat(100) + '</tds:x>'.repeat(100)), 400],
    ['too large', envelope(`<tds:GetScopes>${'x'.repeat(70_000)}</tds:GetScopes>`), 413],
    ['unknown operation', envelope('<tds:FormatDisk/>'), 500],
    ['an operation named as objects have it', envelope('<tds:constructor/>'), 500],
  ])('%s', async (_name, body, status) => {
    expect((await post(camera('old'), body)).status).toBe(status);
  });

  it('bytes that are no HTTP', async () => {
    const socket = connect(camera('old').port, '127.0.0.1');
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    socket.on('error', () => {});
    socket.resume();
    socket.write(randomBytes(30_000));
    expect(await until(() => closed)).toBe(true);
    expect((await post(camera('old'), information)).status).toBe(200);
  });

  it('readers never throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        readSoap(text);
        readSoap(envelope(text));
        readProbe(Buffer.from(text));
        parsePeriod(text);
      }),
    );
  });

  it.each([
    ['PT60S', 60_000],
    ['PT1H30M', 5_400_000],
    ['P1DT0.5S', 86_400_500],
    ['PT', undefined],
    ['60', undefined],
    ['P1Y', undefined],
  ])('reads the duration %s', (text, ms) => expect(parsePeriod(text)).toBe(ms));
});

describe('many cameras', () => {
  it('stand in one process, each at an address of its own, and share their clips', async () => {
    const before = process.memoryUsage().rss;
    await using many = await openSimulatedSite({ cameras: 300, ownAddresses: true }, env);
    expect(new Set(many.cameras.map((one) => one.host)).size).toBe(300);
    const last = many.cameras[299];
    expect(last && (await post(last, envelope('<tds:GetSystemDateAndTime/>'))).status).toBe(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });
});
