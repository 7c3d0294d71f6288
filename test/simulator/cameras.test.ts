// The virtual cameras as ONVIF devices, asked by the onvif package and by raw requests.
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import fc from 'fast-check';
import onvif from 'onvif';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authorize, chooseChallenge } from '#base';
import { openSimulatedSite, type SimulatedCamera, type SimulatedSite } from '#simulator';
import { readProbe } from '../../src/simulator/cameras/discovery.ts';
import { readSoap } from '../../src/simulator/cameras/soap.ts';
import { parsePeriod } from '../../src/simulator/cameras/xsd.ts';
import { env, until } from './world.ts';

interface Client {
  profiles: { $: { token: string }; videoEncoderConfiguration?: { encoding: string } }[];
  on(event: 'event', listener: (message: unknown) => void): void;
  removeAllListeners(event: 'event'): void;
  [method: string]: unknown;
}

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

function connectClient(one: SimulatedCamera, password = login.password): Promise<Client> {
  return new Promise((resolve, reject) => {
    const options = { hostname: one.host, port: one.port, username: login.user, password, timeout: 3000 };
    const client: Client = new (onvif as unknown as { Cam: new (...args: unknown[]) => Client }).Cam(options, (error: unknown) =>
      error ? reject(error) : resolve(client),
    );
  });
}

function call(client: Client, method: string, ...args: unknown[]): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, value: Record<string, unknown>): void => (error ? reject(error) : resolve(value));
    (client[method] as (...all: unknown[]) => void).call(client, ...args, done);
  });
}

const prefixes =
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"';
const envelope = (body: string, header = ''): string =>
  `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ${prefixes}><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function post(
  one: SimulatedCamera,
  body: string,
  options: { path?: string; authorization?: string; timeoutMs?: number } = {},
): Promise<Answer> {
  const headers = options.authorization === undefined ? {} : { authorization: options.authorization };
  const url = options.path?.startsWith('http') ? options.path : `http://${one.address}${options.path ?? '/onvif/device_service'}`;
  const response = await fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(options.timeoutMs ?? 5000) });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

function authorization(answer: Answer, uri: string, count = 1, password = login.password, method = 'POST'): string {
  const challenge = chooseChallenge([answer.headers.get('www-authenticate') ?? '']);
  if (!challenge) throw new Error('no challenge');
  return authorize(challenge, { ...login, password }, { method, uri, count, cnonce: 'abcdef' });
}

function token(nonce: string, created: string, password = login.password): string {
  const digest = createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created).update(password).digest('base64');
  const type = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest';
  return `<w:Security xmlns:w="urn:w"><w:UsernameToken><w:Username>${login.user}</w:Username><w:Password Type="${type}">${digest}</w:Password><w:Nonce>${nonce}</w:Nonce><w:Created>${created}</w:Created></w:UsernameToken></w:Security>`;
}

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
      return (await post(camera('sha'), body(ns), { path, authorization: authorization(first, path) })).text;
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
    const right = authorization(first, uri);
    expect((await post(camera('digest'), information, { authorization: right })).status).toBe(200);
    const replayed = await post(camera('digest'), information, { authorization: right });
    expect(replayed.status).toBe(401);
    expect(replayed.headers.get('www-authenticate')).toContain('stale=true');
    expect((await post(camera('digest'), information, { authorization: authorization(first, uri, 2) })).status).toBe(200);
    const before = camera('digest').counts.failedLogins;
    expect((await post(camera('digest'), information, { authorization: authorization(first, uri, 3, 'wrong') })).status).toBe(401);
    expect(camera('digest').counts.failedLogins).toBe(before + 1);
  });

  it('offers and takes SHA-256', async () => {
    const uri = '/onvif/device_service';
    const first = await post(camera('sha'), information);
    const right = authorization(first, uri);
    expect(right).toContain('algorithm=SHA-256');
    expect((await post(camera('sha'), information, { authorization: right })).status).toBe(200);
  });

  const created = (offsetMs: number): string => new Date(Date.now() - 7_200_000 + offsetMs).toISOString();
  it('takes a token within five minutes of the camera’s clock, once', async () => {
    const one = camera('token');
    const ask = (header: string): Promise<Answer> => post(one, envelope('<tds:GetDeviceInformation/>', header));
    const fresh = token(randomBytes(16).toString('base64'), created(0));
    expect((await ask(fresh)).status).toBe(200);
    expect((await ask(fresh)).status).toBe(400);
    expect((await ask(token('bm9uY2Ux', created(290_000)))).status).toBe(200);
    expect((await ask(token('bm9uY2Uy', created(310_000)))).status).toBe(400);
    const wrong = await ask(token('bm9uY2Uz', created(0), 'wrong'));
    expect(wrong).toMatchObject({ status: 400 });
    expect(wrong.text).toContain('ter:NotAuthorized');
    expect((await ask('')).status).toBe(400);
  });

  it('gives its snapshot to those who log in', async () => {
    const url = `http://${camera('token').address}/snapshot/main`;
    const first = await fetch(url);
    expect(first.status).toBe(401);
    const answer = { status: 401, text: '', headers: first.headers };
    const second = await fetch(url, { headers: { authorization: authorization(answer, '/snapshot/main', 1, login.password, 'GET') } });
    const bytes = Buffer.from(await second.arrayBuffer());
    expect(second.headers.get('content-type')).toBe('image/jpeg');
    expect([bytes.subarray(0, 3).toString('hex'), bytes.subarray(-2).toString('hex')]).toEqual(['ffd8ff', 'ffd9']);
  });
});

describe('pull points', () => {
  const old = (): SimulatedCamera => camera('old');
  const subscribe = async (life = 'PT60S'): Promise<string> => {
    const body = `<tev:CreatePullPointSubscription><tev:InitialTerminationTime>${life}</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`;
    const { text } = await post(old(), envelope(body));
    const address = /<wsa:Address>([^<]+)</.exec(text)?.[1];
    if (!address) throw new Error(text);
    return address;
  };
  const on = async (path: string, body: string): Promise<Answer> => await post(old(), envelope(body), { path });
  const pull = (path: string, seconds: number): Promise<Answer> =>
    on(path, `<tev:PullMessages><tev:Timeout>PT${seconds}S</tev:Timeout><tev:MessageLimit>10</tev:MessageLimit></tev:PullMessages>`);
  const unsubscribe = (path: string): Promise<Answer> => on(path, '<wsnt:Unsubscribe/>');

  it('say how things stand when asked, and what changes', async () => {
    const path = await subscribe();
    expect((await pull(path, 0.1)).text).not.toContain('NotificationMessage');
    old().trigger({ topic: 'digital-input', active: true });
    await pull(path, 1);
    await on(path, '<tev:SetSynchronizationPoint/>');
    const { text } = await pull(path, 1);
    expect(text.match(/PropertyOperation="Initialized"/g)).toHaveLength(6);
    expect(text).toContain('Name="LogicalState" Value="true"');
    expect(text).toContain('Name="IsTamper" Value="false"');
    const waiting = pull(path, 5);
    await new Promise((resolve) => setTimeout(resolve, 100));
    old().trigger({ topic: 'digital-input', active: false });
    expect((await waiting).text).toMatch(/"Changed".*Name="LogicalState" Value="false"/);
    expect((await unsubscribe(path)).status).toBe(200);
    expect((await pull(path, 0)).text).toContain('ResourceUnknownFault');
  });

  it('are kept for a client that went away in mid pull', async () => {
    const path = await subscribe();
    const body = '<tev:PullMessages><tev:Timeout>PT30S</tev:Timeout><tev:MessageLimit>10</tev:MessageLimit></tev:PullMessages>';
    await expect(post(old(), envelope(body), { path, timeoutMs: 200 })).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
    old().trigger({ topic: 'line-crossing', active: true });
    expect((await pull(path, 1)).text).toContain('LineDetector/Crossed');
    await unsubscribe(path);
  });

  it('run out, are renewed, and are few', async () => {
    const short = await subscribe('PT1S');
    expect((await on(short, '<wsnt:Renew><wsnt:TerminationTime>PT60S</wsnt:TerminationTime></wsnt:Renew>')).status).toBe(200);
    const gone = await subscribe('PT1S');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await pull(gone, 0)).status).toBe(400);
    expect((await pull(short, 0)).status).toBe(200);
    const paths = [short];
    while (paths.length < 8) paths.push(await subscribe());
    await expect(subscribe()).rejects.toThrow('Too many pull points');
    for (const path of paths) await unsubscribe(path);
    expect(old().pullPoints).toBe(0);
  });

  it('say how long a pull may be', async () => {
    const path = await subscribe();
    expect((await pull(path, 3600)).text).toContain('<tev:MaxTimeout>PT120S');
    await unsubscribe(path);
  });

  it('are gone after a reboot', async () => {
    const path = await subscribe();
    const waiting = pull(path, 30);
    waiting.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    old().reboot(300);
    await expect(waiting).rejects.toThrow();
    await expect(pull(path, 0)).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await pull(path, 0)).status).toBe(400);
  });
});

describe('faults', () => {
  it('silence: no answer', async () => {
    camera('old').fail('silent');
    await expect(post(camera('old'), information, { timeoutMs: 300 })).rejects.toThrow(/timeout/);
  });
  it('garbage: no XML', async () => {
    camera('old').fail('garbage');
    expect(readSoap((await post(camera('old'), information)).text)).toBeUndefined();
  });
  it('huge: one mebibyte', async () => {
    camera('old').fail('huge');
    expect((await post(camera('old'), information)).text.length).toBeGreaterThan(1_048_576);
  });
  it('unauthorised: whatever the login', async () => {
    camera('digest').fail('unauthorised');
    await expect(connectClient(camera('digest'))).rejects.toThrow();
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

describe('discovery', () => {
  const probe = (types: string, scopes = ''): string =>
    `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>uuid:1</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header><e:Body><d:Probe><d:Types>${types}</d:Types><d:Scopes>${scopes}</d:Scopes></d:Probe></e:Body></e:Envelope>`;

  async function ask(host: string, messages: readonly (string | Buffer)[], waitMs: number): Promise<string[]> {
    const socket = createSocket('udp4');
    const answers: string[] = [];
    socket.on('message', (datagram) => answers.push(datagram.toString()));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.setMulticastInterface('127.0.0.1');
    for (const message of messages) socket.send(message, site.discoveryPort, host);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    socket.close();
    return answers;
  }
  const addresses = (answers: readonly string[]): string[] =>
    answers.map((text) => /<d:XAddrs>http:\/\/([^/]+)/.exec(text)?.[1] ?? '').toSorted((left, right) => left.localeCompare(right));
  const all = (): string[] => site.cameras.map((one) => one.address).toSorted((left, right) => left.localeCompare(right));

  it('answers a multicast probe for every camera', async () => {
    const answers = await ask('239.255.255.250', [probe('dn:NetworkVideoTransmitter')], 900);
    expect(addresses(answers)).toEqual(all());
    expect(answers.every((text) => text.includes('<a:RelatesTo>uuid:1<'))).toBe(true);
  });
  it('answers a unicast probe', async () => expect(addresses(await ask('127.0.0.1', [probe('')], 300))).toEqual(all()));
  it('is still there after nonsense', async () => {
    const nonsense = ['', '<', 'x'.repeat(9000), randomBytes(500), probe('d:Printer'), probe('', 'onvif://www.onvif.org/type/audio')];
    expect(await ask('127.0.0.1', nonsense, 200)).toEqual([]);
    expect(addresses(await ask('127.0.0.1', [probe('', 'onvif://www.onvif.org/Profile')], 300))).toEqual(all());
  });
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
