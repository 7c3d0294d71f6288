// The story of pictures on their way with fake rooms: rates, the end of one session, and why a camera does not play.
import { expect, it } from 'vitest';
import { BongsuError, openLog, systemRandom } from '#base';
import type { StreamsStatus } from '#streams';
import { openTechnicianStreams, type TechnicianStreamsDeps } from '../../src/gateway/technician-streams.ts';
import { openFakeClock } from '../fakes/clock.ts';

const key = { device: 'cam-1', channel: 1, quality: 'main' } as const;
const path = { ...key, state: 'ready', readers: 2, codec: 'h264', frames: 10, bytes: 1000, lost: 0 } as const;
const session = { ...key, grant: 'g-1', transport: 'tcp', peer: '10.0.0.9:1', frames: 1, bytes: 500, dropped: 0, seconds: 1 } as const;
const listener = { state: 'listening', host: '0.0.0.0', port: 8554, reason: '' } as const;
const calm: StreamsStatus = {
  media: { state: 'up', pid: 1, restarts: 0, rssBytes: 1 },
  rtsp: listener,
  http: listener,
  leases: 1,
  paths: [path],
  sessions: [
    { ...session, session: 's-1' },
    { ...session, session: 's-2' },
    { ...session, session: 's-3', grant: 'g-2' },
  ],
  blocked: [],
  maxReaders: 4,
};
const context = { origin: 'cli:kim (claimed)', signal: new AbortController().signal };

function openRooms(status: () => StreamsStatus, changes: object = {}) {
  const told: string[] = [];
  const clock = openFakeClock(1_700_000_000_000);
  const deps = {
    access: {
      account: async ({ act, subject, by, detail }: Record<string, string>) => void told.push(`${act} ${subject} ${by} ${detail}`),
      lastRefusal: async (): Promise<undefined> => undefined,
      lineUse: () => ({ limit: undefined, taken: 0 }),
      list: async () => [{ id: 'g-1', form: 'stream', openedAt: 1000 }],
      openGrants: async () => [{ id: 'g-1', remainingMs: 9000, request: { service: 'disaster' } }],
    },
    cameras: { status: () => [{ id: 'cam-1', state: 'online' }], source: async () => ({}) },
    grants: { end: async (...said: unknown[]) => told.push(`end ${said.join(' ')}`) > 0 },
    registry: { find: (id: string) => (id === 'cam-1' ? { id, type: 'camera', channels: [{ number: 1, name: '' }] } : undefined) },
    streams: { status: async () => status(), cut: async (id: string) => told.push(`cut ${id}`) > 0 },
    ...changes,
  } as unknown as TechnicianStreamsDeps;
  return { told, clock, handlers: openTechnicianStreams(deps, { clock, random: systemRandom, log: openLog('silent') }) };
}

it('tells the rate of the time between two samples, and what is left of the grant', async () => {
  let bytes = 1000;
  const { clock, handlers } = openRooms(() => {
    bytes += 250_000;
    return { ...calm, paths: [{ ...path, bytes }] };
  });
  const listed = handlers['stream.list']({}, context);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  clock.advance(1000);
  const { relay, paths, sessions } = await listed;
  expect(relay).toBe('up');
  // The path counts hands that fetch it, the remuxer's among them: readers are those who look.
  expect(paths).toMatchObject([{ bitsPerSecond: 2_000_000, readers: 3 }]);
  expect(sessions).toMatchObject([{ service: 'disaster', remainingMs: 9000, bitsPerSecond: 0 }, {}, { session: 's-3' }]);
});

it('ends the grant with its only session, and of several sessions the one alone; both are accounted for first', async () => {
  const { told, handlers } = openRooms(() => calm);
  expect(await handlers['stream.kick']({ session: 's-3', reason: 'mistake' }, context)).toEqual({
    found: true,
    grantEnded: true,
    grant: 'g-2',
  });
  expect(await handlers['stream.kick']({ session: 's-1', reason: 'mistake' }, context)).toEqual({
    found: true,
    grantEnded: false,
    grant: 'g-1',
  });
  expect(await handlers['stream.kick']({ session: 's-9', reason: 'mistake' }, context)).toMatchObject({ found: false });
  const by = 'cli:kim (claimed)';
  expect(told).toEqual([
    `stream.kick cam-1/1 ${by} s-3: mistake`,
    `end g-2 revoked mistake ${by}`,
    `stream.kick cam-1/1 ${by} s-1: mistake`,
    'cut s-1',
  ]);
});

const failure = { en: 'the camera refuses the user name or password', ko: '거부' };
const ended = { id: 'g', form: 'stream', openedAt: 1000, end: { reason: 'preempted', at: 5000, note: '119-dispatch goes first' } };
const refusal = {
  at: 6000,
  service: 'disaster',
  reason: 'access.line-full',
  text: { en: 'The line is full', ko: '회선이 가득 찼습니다' },
  hint: { en: 'Ask for sub.', ko: 'sub로 요청하십시오.' },
};
/** Access with the grants that stand, the newest of all, and the newest refusal. */
const accessOf = (open: readonly object[], newest: object | undefined, refused?: object) => ({
  access: {
    lastRefusal: async () => refused,
    lineUse: () => ({}),
    list: async ({ openOnly }: { openOnly: boolean }) => (openOnly ? open : newest ? [newest] : []),
  },
});
const refusing = { status: () => [{ id: 'cam-1', state: 'login-refused' }], source: async () => ({}) };
it.each([
  ['registered', 'failed', 'cam-9', {}, {}],
  ['reachable', 'failed', 'cam-1', { paths: [] }, { cameras: refusing }],
  ['reachable', 'warning', 'cam-1', {}, { cameras: refusing }],
  ['relay', 'failed', 'cam-1', { media: { ...calm.media, state: 'down' } }, {}],
  ['relay', 'failed', 'cam-1', { rtsp: { ...listener, state: 'failed', reason: 'EADDRINUSE' } }, {}],
  ['relay', 'failed', 'cam-1', { media: { ...calm.media, state: 'silent' }, paths: [] }, {}],
  ['source', 'failed', 'cam-1', { paths: [{ ...path, state: 'stalled', failure, failedAt: 9000 }] }, {}],
  ['source', 'warning', 'cam-1', { paths: [{ ...path, state: 'idle', failure, failedAt: 9000 }] }, {}],
  ['source', 'warning', 'cam-1', { paths: [{ ...path, state: 'opening' }] }, {}],
  ['readers', 'warning', 'cam-1', { maxReaders: 2 }, {}],
  ['tokens', 'warning', 'cam-1', { blocked: [{ network: '10.9.9.9', remainingMs: 5 }] }, {}],
  ['grant', 'failed', 'cam-1', {}, accessOf([], undefined)],
  ['grant', 'failed', 'cam-1', {}, accessOf([], ended)],
  ['grant', 'failed', 'cam-1', {}, accessOf([], ended, refusal)],
  ['grant', 'warning', 'cam-1', {}, accessOf([{ id: 'g-2', form: 'still' }], { openedAt: 5500 }, refusal)],
  [
    'line',
    'warning',
    'cam-1',
    {},
    {
      access: {
        lastRefusal: async (): Promise<undefined> => undefined,
        lineUse: () => ({ limit: 8e6, taken: 7.9e6 }),
        list: async () => [{ id: 'g-1', form: 'still', openedAt: 1000 }],
      },
    },
  ],
] as const)('says that %s is what stands in the way (%s), and nothing else', async (step, result, id, change, changes) => {
  const { handlers } = openRooms(() => ({ ...calm, ...change }), changes);
  const { findings } = await handlers['stream.why']({ id }, context);
  expect(findings.filter((finding) => finding.result !== 'ok')).toMatchObject([{ step, result, hint: { en: expect.any(String) } }]);
});

it('says what was decided last, when, and in both languages', async () => {
  const told = async (changes: object, change: object = {}) => {
    const { findings } = await openRooms(() => ({ ...calm, ...change }), changes).handlers['stream.why']({ id: 'cam-1' }, context);
    return findings;
  };
  const of = async (changes: object) => (await told(changes)).find(({ step }) => step === 'grant');
  expect(await of(accessOf([], ended))).toMatchObject({
    at: 5000,
    message: {
      en: 'No grant stands; how the last one ended: gave way: 119-dispatch goes first',
      ko: '유효한 승인이 없습니다. 마지막 승인의 종료: 우선하는 영상에 자리를 내줌: 119-dispatch 우선',
    },
  });
  expect(await of(accessOf([], ended, { ...refusal, at: 4000 }))).toMatchObject({ at: 5000 });
  expect(await of(accessOf([], ended, refusal))).toMatchObject({
    at: 6000,
    hint: refusal.hint,
    message: { ko: '유효한 승인이 없으며 최근 요청이 거부되었습니다(access.line-full, disaster): 회선이 가득 찼습니다' },
  });
  expect(await of(accessOf([], undefined, refusal))).toMatchObject({ at: 6000, result: 'failed' });
  const failed = await told({}, { paths: [{ ...path, state: 'idle', failure, failedAt: 9000 }] });
  expect(failed.find(({ step }) => step === 'source')).toMatchObject({ at: 9000, message: { ko: '1/main: 닫힘. 최근 실패: 거부' } });
});

it('takes a missing sub stream for no fault, and finds nothing where pictures flow', async () => {
  const noStream = new BongsuError('cameras.no-stream', { message: { en: 'none', ko: '없음' }, hint: { en: 'see', ko: '보기' } });
  const source = async (_: string, __: number, quality: string) => {
    if (quality === 'sub') throw noStream;
    return {};
  };
  const sick = openRooms(() => calm, { cameras: { status: () => [{ id: 'cam-1', state: 'online' }], source } });
  const { findings } = await sick.handlers['stream.why']({ id: 'cam-1' }, context);
  expect(findings.filter(({ result }) => result !== 'ok')).toMatchObject([
    { step: 'address', result: 'warning', message: { en: '1/sub: none' } },
  ]);
  const well = await openRooms(() => calm).handlers['stream.why']({ id: 'cam-1' }, context);
  expect(well.findings.every(({ result }) => result === 'ok')).toBe(true);
});
