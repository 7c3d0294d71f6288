// The story of a technician before a camera that does not work: a test step by step, a test of all with a summary, what is known of one, and his looks on the audit.
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSimulatedSite, type SimulatedSite } from '#simulator';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { openQuirkyCamera } from '../streams/quirky-camera.ts';
import { openProvince } from './site.ts';

const stack = new AsyncDisposableStack();
let gateway: GatewayPeer;
let site: SimulatedSite;

beforeAll(async () => {
  const province = stack.use(await openProvince());
  const cameras = { watch: { pictures: { answerEvery: '5s', frameEvery: '5s', lostAfter: 1 } }, requestTimeout: '2s' };
  gateway = stack.use(await openGateway(() => ({ uplink: province.uplink, cameras })));
  site = stack.use(
    await openSimulatedSite(
      { cameras: [{ id: 'well' }, { id: 'locked-out' }, { id: 'dark', clockOffsetMs: 3_600_000 }] },
      systemEnv(openLog('silent')),
    ),
  );
  for (const { id, address, login } of site.cameras) {
    const args = ['camera', 'add', id, '--address', address, '--group', 'switch-7', '--user', login.user, '--password-stdin'];
    await gateway.cli(args, { input: `${id === 'locked-out' ? 'not the password' : login.password}\n` });
  }
  await eventually('the cameras', async () => {
    const { cameras: found } = (await gateway.query('camera', 'list')) as { cameras: { state: string }[] };
    return found.filter(({ state }) => state === 'online').length === 2 || undefined;
  });
}, 120_000);
afterAll(() => stack.disposeAsync());

/** What stands on the audit under an act. */
function audited(act: string): { who: string; subject: string; detail: string }[] {
  const db = new Database(`${gateway.folder}/bongsu.db`, { readonly: true });
  try {
    return db.prepare('SELECT who, subject, detail FROM access_audit WHERE act = ?').all(act) as {
      who: string;
      subject: string;
      detail: string;
    }[];
  } finally {
    db.close();
  }
}

interface Line {
  readonly finding?: { readonly step: string; readonly result: string };
  readonly verdict?: { readonly camera: string; readonly result: string; readonly cause?: string };
  readonly summary?: {
    readonly total: number;
    readonly well: number;
    readonly causes: { readonly cause: string; readonly cameras: string[] }[];
  };
}

const linesOf = (text: string): Line[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

it('a camera that is well is well at every step, and its first frame came', async () => {
  const text = await gateway.cli(['camera', 'test', 'well']);
  expect(text).toMatch(/First frame\s+ok\s+Channel 1: first frame after \d+ ms, h26/);
  expect(text).toContain('Camera well: nothing is wrong.');
  const korean = await gateway.cli(['camera', 'test', 'well', '--lang', 'ko']);
  expect(korean).toMatch(/첫 화면\s+정상\s+채널 1: 첫 화면 수신/);
  expect(audited('look.camera-test')).toHaveLength(2);
  expect(audited('look.camera-test')[0]).toMatchObject({ who: expect.stringMatching(/^cli:/), detail: 'well/1' });
  expect(audited('camera.test').map(({ subject }) => subject)).toEqual(['well', 'well']);
});

it('a refused login is named, and costs no further one', async () => {
  const refusals = site.camera('locked-out')?.counts.failedLogins ?? 0;
  const lines = linesOf(await gateway.cli(['camera', 'test', 'locked-out', '--json'], { status: 1 }));
  expect(lines.at(-1)?.verdict).toMatchObject({ camera: 'locked-out', result: 'failed', cause: 'login-held' });
  expect(lines.some(({ finding }) => finding?.step === 'stream')).toBe(false);
  expect(site.camera('locked-out')?.counts.failedLogins).toBe(refusals);
  expect(refusals).toBeLessThanOrEqual(1);
});

it('all of them are summed up by cause', async () => {
  const lines = linesOf(await gateway.cli(['camera', 'test', '--all', '--json'], { status: 1 }));
  expect(lines.filter(({ verdict }) => verdict)).toHaveLength(3);
  expect(lines.at(-1)?.summary).toMatchObject({
    total: 3,
    well: 1,
    causes: expect.arrayContaining([
      expect.objectContaining({ cause: 'login-held', cameras: ['locked-out'] }),
      expect.objectContaining({ cause: 'clock-wrong', cameras: ['dark'] }),
    ]),
  });
  const text = await gateway.cli(['camera', 'test', '--all', '--lang', 'ko'], { status: 1 });
  expect(text).toContain('카메라 3대 중 1대가 정상입니다.');
});

it('all that is known of a camera is shown, without its password', async () => {
  const { login } = site.camera('dark') ?? {};
  const text = await gateway.cli(['camera', 'show', 'dark']);
  for (const part of ['switch-7', 'online since', 'rtsp://127.0.0.1:', 'clock wrong', 'media2', '/onvif/']) expect(text).toContain(part);
  const { camera } = (await gateway.query('camera', 'show', 'dark')) as { camera: Record<string, unknown> };
  expect(camera).toMatchObject({
    user: login?.user,
    authentication: 'digest',
    conditions: expect.arrayContaining([expect.objectContaining({ kind: 'clock-wrong' })]),
  });
  expect(JSON.stringify(camera)).not.toContain(login?.password);
  const refused = (await gateway.query('camera', 'show', 'locked-out')) as { camera: { troubles: { count: number }[] } };
  expect(refused.camera.troubles.length).toBeGreaterThan(0);
});

it('pictures that do not come are a condition of the camera, and end with it; each look stands on the audit before', async () => {
  const habits: { silent: boolean } = { silent: true };
  await using camera = await openQuirkyCamera(habits);
  const conditions = async (): Promise<string[]> => {
    const { conditions: found } = (await gateway.query('status')) as {
      conditions: { device: string; kind: string; message: { ko: string } }[];
    };
    return found.filter(({ device }) => device === 'stream').map(({ kind, message }) => `${kind} ${message.ko}`);
  };
  await gateway.cli(['camera', 'add', 'stream', '--address', camera.url]);
  const [raised] = await eventually(
    'the condition',
    async () => {
      const found = await conditions();
      return found.length > 0 ? found : undefined;
    },
    60_000,
  );
  expect(raised).toMatch(/^camera-no-picture 카메라가 영상을 열었지만 화면을 보내지 않습니다\. .*재시작/);
  expect(audited('look.frame-probe').some(({ detail, who }) => detail.split(' ').includes('stream/1') && who === 'gateway')).toBe(true);
  habits.silent = false;
  await eventually('its end', async () => (await conditions()).length === 0 || undefined, 90_000);
  await gateway.cli(['camera', 'remove', 'stream']);
});
