// What a gateway of memory answers about pictures on their way.
import type { ControlHandlers, Result } from '#control';

const snapshot: Result<'stream.list'> = {
  relay: 'up',
  time: Date.UTC(2026, 10, 20, 4, 0, 0),
  paths: [
    {
      device: 'cam-0417',
      channel: 1,
      quality: 'main',
      state: 'ready',
      readers: 1,
      codec: 'h264',
      size: { width: 1920, height: 1080 },
      bitsPerSecond: 4_012_345,
      frames: 300,
      bytes: 6_000_000,
      lost: 7,
      firstFrameMs: 212.4,
    },
    {
      device: 'cam-9',
      channel: 1,
      quality: 'sub',
      state: 'stalled',
      readers: 1,
      frames: 0,
      bytes: 0,
      lost: 0,
      failure: { en: 'the camera cannot be reached', ko: '카메라에 연결할 수 없습니다' },
      failedAt: Date.UTC(2026, 10, 20, 3, 59, 30),
    },
  ],
  sessions: [
    {
      session: 's-1',
      grant: 'grant-1',
      device: 'cam-0417',
      channel: 1,
      quality: 'main',
      transport: 'udp',
      peer: '10.0.0.9:5000',
      seconds: 12,
      bitsPerSecond: 3_900_000,
      frames: 290,
      bytes: 5_900_000,
      dropped: 3,
      lossRatio: 0.0125,
      jitterMs: 4.2,
      firstFrameMs: 31,
      service: '119-dispatch',
      remainingMs: 3_540_000,
    },
  ],
};

/** Handlers of `stream.*`. */
export const streamAnswers: Pick<ControlHandlers, 'stream.list' | 'stream.watch' | 'stream.kick' | 'stream.why'> = {
  'stream.list': async () => snapshot,
  'stream.watch': async function* () {
    yield snapshot;
    yield { ...snapshot, paths: [], sessions: [] };
  },
  'stream.kick': async ({ session }) => {
    if (session === 's-9') return { found: false, grantEnded: false, grant: '' };
    return { found: true, grantEnded: session === 's-1', grant: 'grant-1' };
  },
  'stream.why': async ({ id }) => ({
    findings: [
      { step: 'registered', result: 'ok', message: { en: `Camera ${id} is registered`, ko: `카메라 ${id} 등록됨` } },
      ...(id === 'cam-1'
        ? []
        : [
            {
              step: 'source' as const,
              result: 'failed' as const,
              message: { en: '1/main: the camera refuses', ko: '1/main: 카메라가 거부합니다' },
              at: Date.UTC(2026, 10, 20, 3, 59, 30),
              hint: { en: 'Test it.', ko: '시험하십시오.' },
            },
          ]),
    ],
  }),
};
