// The story of a picture: the hub asks with a grant, ffmpeg reads, sound stays behind, the grant's end cuts, the ledger knows; also with the broker away.
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl } from '../../src/control/client.ts';
import { probeTracks, startReading } from '../peers/ffmpeg-reader.ts';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { grantRequest } from '../peers/hub.ts';
import { type GstCamera, openGstCamera } from '../peers/rtsp-camera.ts';
import { openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
const password = 'geheim-9%:@/ß';
const cameras = new Map<'h264' | 'h265', GstCamera>();
let province: Province;
let gateway: GatewayPeer;

beforeAll(async () => {
  province = stack.use(await openProvince());
  gateway = stack.use(await openGateway(() => ({ uplink: province.uplink, streams: { closeAfter: '1s' } })));
  for (const codec of ['h264', 'h265'] as const) {
    const camera = stack.use(await openGstCamera({ codec, user: 'viewer', password }));
    cameras.set(codec, camera);
    await gateway.cli(['camera', 'add', `cam-${codec}`, '--address', camera.url, '--user', 'viewer', '--password-stdin'], {
      input: `${password}\n`,
    });
  }
}, 120_000);
afterAll(() => stack.disposeAsync());

interface Opened {
  readonly grant: string;
  readonly stream: { readonly rtsp: string; readonly until: string };
}

async function open(camera: string, durationMs = 600_000): Promise<Opened> {
  const outcome = await province.hub.command('stream.open', {
    camera,
    channel: 1,
    quality: 'main',
    deliver: 'pull',
    grant: grantRequest({}, durationMs),
  });
  expect(outcome).toMatchObject({
    result: 'done',
    grant: expect.any(String),
    stream: { rtsp: expect.stringMatching(/^rtsp:\/\/127\.0\.0\.1:\d+\/s\/[\w-]{22,}$/) },
  });
  return outcome as unknown as Opened;
}

function cameraOf(codec: 'h264' | 'h265'): GstCamera {
  const camera = cameras.get(codec);
  if (!camera) throw new Error(`no ${codec} camera`);
  return camera;
}

async function grants(): Promise<readonly { id: string; end?: { reason: string } }[]> {
  return ((await gateway.query('grant', 'list', '--all')) as { grants: { id: string; end?: { reason: string } }[] }).grants;
}

describe.each(['h264', 'h265'] as const)('a picture of %s comes down on demand', (codec) => {
  it('is decoded by ffmpeg without error and without sound, and is fetched only for it', async () => {
    const camera = cameraOf(codec);
    expect(camera.setUp).toEqual([]);
    const opened = await open(`cam-${codec}`);
    // The gateway asks a camera now and then whether it would show a picture, and fetches none.
    expect(camera.setUp).toEqual([]);
    expect(await probeTracks(opened.stream.rtsp)).toEqual([codec === 'h264' ? 'video h264' : 'video hevc']);
    expect(await startReading(opened.stream.rtsp, 60).done).toMatchObject({ frames: 60, complaints: '', exitCode: 0 });
    expect(new Set(camera.setUp)).toEqual(new Set(['video']));
    await camera.untilClients(0, 8000);
    await province.hub.command('stream.close', { grant: opened.grant });
    expect((await grants()).find(({ id }) => id === opened.grant)?.end?.reason).toBe('closed');
  });

  it('is cut when the grant ends, and the ledger and the hub get the end', async () => {
    const opened = await open(`cam-${codec}`, 5000);
    const until = Date.parse(opened.stream.until);
    const decoded = await startReading(opened.stream.rtsp, 100_000).done;
    expect(decoded.frames).toBeGreaterThan(20);
    expect(Date.now() - until).toBeGreaterThan(-500);
    expect(Date.now() - until).toBeLessThan(1500);
    await province.hub.wait(
      'the end',
      ({ topic, body }) => topic.endsWith(`/grant/${opened.grant}`) && body['type'] === 'kr.bongsu.grant.ended.v1',
    );
    expect((await grants()).find(({ id }) => id === opened.grant)?.end?.reason).toBe('expired');
    await expect(probeTracks(opened.stream.rtsp)).rejects.toThrow();
  });

  it('goes on and is cut in time while the broker is away, and the end follows once, as replay', async () => {
    const opened = await open(`cam-${codec}`, 6000);
    const reading = startReading(opened.stream.rtsp, 100_000);
    await eventually('a running stream', () => reading.frames > 5 || undefined);
    await province.broker.stop();
    const before = reading.frames;
    const decoded = await reading.done;
    const until = Date.parse(opened.stream.until);
    expect(Math.abs(Date.now() - until)).toBeLessThan(1500);
    expect(decoded.frames).toBeGreaterThan(before + 10);
    await eventually(
      'the end in the ledger',
      async () => (await grants()).find(({ id }) => id === opened.grant)?.end?.reason === 'expired' || undefined,
      5000,
    );
    await province.broker.start();
    const ended = ({ topic, body }: { topic: string; body: Readonly<Record<string, unknown>> }): boolean =>
      topic.endsWith(`/grant/${opened.grant}`) && body['type'] === 'kr.bongsu.grant.ended.v1';
    expect((await province.hub.wait('the end', ended)).body).toMatchObject({ replay: true });
    expect(province.hub.messages.filter(ended)).toHaveLength(1);
    const again = await open(`cam-${codec}`);
    expect(await startReading(again.stream.rtsp, 50).done).toMatchObject({ frames: 50, complaints: '' });
    await province.hub.command('stream.close', { grant: again.grant });
  });
});

describe('a request', () => {
  it.each([
    ['service', 'access.service-missing'],
    ['ground', 'access.ground-missing'],
    ['incident', 'access.incident-missing'],
    ['recipient', 'access.recipient-missing'],
    ['until', 'access.end-missing'],
  ])('without %s is refused as %s, and the refusal is in the ledger', async (field, reason) => {
    const before = (await gateway.query('audit', 'verify')) as { rows: number };
    const opened = cameraOf('h264').opened;
    const outcome = await province.hub.command('stream.open', { camera: 'cam-h264', grant: grantRequest({ [field]: undefined }) });
    expect(outcome).toMatchObject({ result: 'refused', reason, message: expect.any(String) });
    const after = (await gateway.query('audit', 'verify')) as { rows: number; valid: boolean };
    expect(after.rows).toBeGreaterThan(before.rows);
    expect(after.valid).toBe(true);
    expect(cameraOf('h264').opened).toBe(opened);
  });

  it('for a camera that is not there is refused', async () => {
    const outcome = await province.hub.command('stream.open', { camera: 'cam-nowhere', grant: grantRequest() });
    expect(outcome).toMatchObject({ result: 'refused', reason: 'access.camera-unknown', message: expect.any(String) });
  });

  it('that comes again with the same id gets the same outcome, and with another body is refused', async () => {
    const id = randomUUID();
    const body = {
      id,
      time: new Date().toISOString(),
      expires: new Date(Date.now() + 30_000).toISOString(),
      camera: 'cam-h264',
      grant: grantRequest(),
    };
    const first = await province.hub.command('stream.open', body);
    const again = await province.hub.command('stream.open', body);
    expect(first['result']).toBe('done');
    expect(again['grant']).toBe(first['grant']);
    const other = await province.hub.command('stream.open', { ...body, camera: 'cam-h265' });
    expect(other).toMatchObject({ result: 'refused', reason: 'command.id-reused' });
    await province.hub.command('stream.close', { grant: first['grant'] });
  });
});

describe('other ways to a picture', () => {
  it('are HTTP-FLV at an address that opens in that way alone, and a push to nobody who is not in the configuration', async () => {
    const asked = { camera: 'cam-h264', grant: grantRequest() };
    const flv = await province.hub.command('stream.open', { ...asked, protocol: 'http-flv', network: '127.0.0.0/8' });
    const { grant, stream } = flv as { grant: string; stream: { flv: string } };
    expect(stream).toEqual({ flv: expect.stringMatching(/^http:.*live\.flv$/), until: expect.any(String) });
    expect((await startReading(stream.flv, 20).done).frames).toBe(20);
    await province.hub.command('stream.close', { grant });
    const push = await province.hub.command('stream.open', { ...asked, deliver: 'push', to: 'rtsps://elsewhere.example/live/x' });
    expect(push).toMatchObject({ result: 'refused', reason: 'access.push-not-allowed' });
    const nowhere = await province.hub.command('stream.open', { ...asked, deliver: 'push' });
    expect(nowhere).toMatchObject({ result: 'refused', reason: 'command.body-wrong', message: expect.stringMatching(/^to: needed/) });
  });
});

describe('a technician', () => {
  it('sees the stream and its reader with their figures, and ends the one session with a reason that the hub and the audit get', async () => {
    const opened = await open('cam-h264');
    const reading = startReading(opened.stream.rtsp, 100_000);
    await eventually('a running stream', () => reading.frames > 30 || undefined);
    const { paths, sessions } = (await gateway.query('stream', 'list')) as { paths: { device: string }[]; sessions: { session: string }[] };
    expect(paths.find(({ device }) => device === 'cam-h264')).toMatchObject({
      quality: 'main',
      state: 'ready',
      codec: 'h264',
      size: { width: expect.any(Number), height: expect.any(Number) },
      bitsPerSecond: expect.any(Number),
      lost: 0,
      firstFrameMs: expect.any(Number),
    });
    expect(sessions).toMatchObject([
      {
        grant: opened.grant,
        transport: 'tcp',
        dropped: 0,
        service: '119-dispatch',
        remainingMs: expect.any(Number),
        firstFrameMs: expect.any(Number),
      },
    ]);
    const { findings } = (await gateway.query('stream', 'why', 'cam-h264')) as { findings: { step: string; result: string }[] };
    expect(findings.filter(({ step }) => step === 'source' || step === 'grant')).toMatchObject([{ result: 'ok' }, { result: 'ok' }]);
    await using client = await connectControl(gateway.socket, 'test');
    expect((await client.call('metrics', {})).text).toMatch(/^bongsu_stream_path_frames_total\{device="cam-h264"/m);
    const kicked = await gateway.query('stream', 'kick', sessions[0]?.session ?? '', '--reason', 'mistaken request');
    expect(kicked).toMatchObject({ found: true, grantEnded: true, grant: opened.grant });
    await reading.done;
    const { body } = await province.hub.wait(
      'the end',
      ({ topic, body: said }) => topic.endsWith(`/grant/${opened.grant}`) && said['type'] === 'kr.bongsu.grant.revoked.v1',
    );
    expect(JSON.stringify(body)).toContain('mistaken request');
    expect((await grants()).find(({ id }) => id === opened.grant)?.end).toMatchObject({ reason: 'revoked', note: 'mistaken request' });
  });

  it('revokes a grant, and its reader is cut', async () => {
    const opened = await open('cam-h264');
    const reading = startReading(opened.stream.rtsp, 100_000);
    await eventually('some frames', () => reading.frames > 5 || undefined);
    await gateway.cli(['grant', 'revoke', opened.grant, '--reason', 'wrong incident']);
    const revokedAt = Date.now();
    await reading.done;
    expect(Date.now() - revokedAt).toBeLessThan(1500);
    await province.hub.wait(
      'the revocation',
      ({ topic, body }) => topic.endsWith(`/grant/${opened.grant}`) && body['type'] === 'kr.bongsu.grant.revoked.v1',
    );
  });
});

describe('secrets', () => {
  it('are in no message, log or file in clear', async () => {
    const messages = JSON.stringify(province.hub.messages.filter(({ topic }) => !topic.includes('/outcome/')));
    const log = await gateway.log();
    const files = (await readdir(gateway.folder)).filter((name) => name.startsWith('bongsu.db'));
    const stored = await Promise.all(files.map((name) => readFile(`${gateway.folder}/${name}`)));
    const tokens = province.hub.messages.flatMap(({ body }) => /\/s\/([\w-]{22,})/.exec(JSON.stringify(body))?.[1] ?? []);
    expect(tokens.length).toBeGreaterThan(3);
    for (const secret of [password, encodeURIComponent(password), ...tokens]) {
      expect(messages).not.toContain(secret);
      expect(log).not.toContain(secret);
      for (const bytes of stored) expect(bytes.includes(secret)).toBe(false);
    }
  });
});
