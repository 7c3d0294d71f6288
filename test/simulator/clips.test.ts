// The clips over RTSP, read by ffmpeg and ffprobe, which were not written here.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSimulatedSite, type SimulatedCamera, type SimulatedSite } from '#simulator';
import { openReaderForTest } from './reader-door.ts';
import { env, run, until } from './world.ts';

let site: SimulatedSite;
const camera = (id: string): SimulatedCamera => {
  const found = site.camera(id);
  if (!found) throw new Error(`no camera ${id}`);
  return found;
};
const withLogin = (url: string): string => url.replace('rtsp://', 'rtsp://admin:bongsu-sim-1@');

beforeAll(async () => {
  site = await openSimulatedSite(
    {
      cameras: [
        { id: 'a', codec: 'h264' },
        { id: 'b', codec: 'h265' },
        { id: 'mute', sound: false },
      ],
    },
    env,
  );
});
afterAll(async () => await site[Symbol.asyncDispose]());

describe('clips over RTSP', () => {
  const addresses = [
    ['H.264', 'a', 'main', 'h264', 640],
    ['H.265', 'b', 'main', 'hevc', 640],
    ['H.264 sub stream', 'a', 'sub', 'h264', 320],
  ] as const;
  it.concurrent.each(addresses)(
    '%s decodes past its seam with its sound and without an error',
    async (_name, id, quality, codec, width) => {
      const url = withLogin(camera(id).streams[quality]);
      const probe = await run('ffprobe', [
        '-v',
        'error',
        '-rtsp_transport',
        'tcp',
        '-show_entries',
        'stream=codec_name,width,sample_rate',
        '-of',
        'compact',
        url,
      ]);
      expect(probe).toMatchObject({ status: 0 });
      expect(probe.said).toContain(`codec_name=${codec}|width=${width}`);
      expect(probe.said).toContain('codec_name=aac|sample_rate=16000');
      const decode = ['-v', 'error', '-xerror', '-rtsp_transport', 'tcp', '-i', url, '-t', '10', '-f', 'framecrc', '-'];
      const { status, said } = await run('ffmpeg', decode);
      const lines = said.split('\n').filter((line) => /^\d,/.test(line));
      const times = (stream: number): number[] =>
        lines.filter((line) => line.startsWith(`${stream},`)).map((line) => Number(line.split(',')[2]));
      expect(status).toBe(0);
      expect(times(0).length).toBeGreaterThanOrEqual(140);
      expect(times(1).length).toBeGreaterThanOrEqual(140);
      expect(times(1).every((time, index, all) => index === 0 || time > (all[index - 1] ?? 0))).toBe(true);
    },
  );

  it('counts who looks, and stops when they leave', async () => {
    const reader = await openReaderForTest(withLogin(camera('mute').streams.main));
    expect(await reader.frames(10, 5000)).toBe(true);
    expect(reader.status).toMatchObject({ audioTracks: 0, videoTracks: 1, encoding: 'H264', lostPackets: 0 });
    expect(camera('mute').counts).toMatchObject({ streamsNow: 1, streamsPlayed: 1 });
    await reader[Symbol.asyncDispose]();
    expect(await until(() => camera('mute').counts.streamsNow === 0)).toBe(true);
  });

  it('plays at the pace of time', async () => {
    await using reader = await openReaderForTest(withLogin(camera('a').streams.sub));
    await reader.frames(1, 5000);
    const before = reader.status.frames;
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(reader.status.frames - before).toBeGreaterThanOrEqual(26);
    expect(reader.status.frames - before).toBeLessThanOrEqual(34);
  });

  it('cuts its readers when the camera reboots, and lets nobody in meanwhile', async () => {
    await using reader = await openReaderForTest(withLogin(camera('b').streams.main));
    await reader.frames(5, 5000);
    camera('b').reboot(500);
    expect((await reader.ended).reason).toBe('cut');
    await expect(openReaderForTest(withLogin(camera('b').streams.main))).rejects.toMatchObject({ code: 'simulator.reader-failed' });
    await new Promise((resolve) => setTimeout(resolve, 600));
    await using again = await openReaderForTest(withLogin(camera('b').streams.main));
    expect(await again.frames(5, 5000)).toBe(true);
  });

  it('refuses a wrong password without naming the address', async () => {
    const url = camera('a').streams.main.replace('rtsp://', 'rtsp://admin:wrong@');
    await expect(openReaderForTest(url)).rejects.toMatchObject({ code: 'simulator.reader-failed', detail: 'DESCRIBE: 401 Unauthorized' });
  });

  it('stops sending when the camera falls silent, and goes on after it', async () => {
    await using reader = await openReaderForTest(withLogin(camera('mute').streams.main));
    await reader.frames(5, 5000);
    camera('mute').fail('silent');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = reader.status.frames;
    expect(await reader.frames(before + 1, 500)).toBe(false);
    camera('mute').fail(undefined);
    expect(await reader.frames(before + 5, 10_000)).toBe(true);
    expect(reader.status.lostPackets).toBe(0);
  });

  const nonsense: readonly (readonly [string, string | Buffer])[] = [
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no sequence', 'DESCRIBE rtsp://x/a/main RTSP/1.0\r\n\r\n'],
    ['no colon', 'OPTIONS * RTSP/1.0\r\nnonsense\r\n\r\n'],
    ['endless header', 'A'.repeat(20_000)],
    ['huge body', 'SET_PARAMETER rtsp://x/a/main RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n'],
    // A `$` in front would begin a frame whose rest is yet to come, and that is no nonsense.
    ['random bytes', Buffer.concat([Buffer.of(0xff), env.random.bytes(20_000)])],
  ];
  it.each(nonsense)('answers or ends a connection that speaks nonsense: %s', async (_name, bytes) => {
    const socket = connect(Number(new URL(camera('a').streams.main).port), '127.0.0.1');
    let ended = false;
    socket.on('close', () => {
      ended = true;
    });
    socket.on('error', () => {});
    socket.resume();
    socket.write(bytes);
    expect(await until(() => ended)).toBe(true);
  });

  it('offers no UDP and no track that it does not have', async () => {
    const socket = connect(Number(new URL(camera('a').streams.main).port), '127.0.0.1');
    let said = '';
    socket.on('data', (bytes) => {
      said += bytes.toString('latin1');
    });
    socket.write(
      'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\nDESCRIBE rtsp://h/none/main RTSP/1.0\r\nCSeq: 2\r\n\r\nDESCRIBE rtsp://h/a/main RTSP/1.0\r\nCSeq: 3\r\n\r\n',
    );
    expect(await until(() => said.includes('CSeq: 3'))).toBe(true);
    expect(said).toMatch(
      /^RTSP\/1\.0 200 OK\r\nCSeq: 1[\s\S]*RTSP\/1\.0 404 Not Found\r\nCSeq: 2[\s\S]*RTSP\/1\.0 401 Unauthorized\r\nCSeq: 3/,
    );
    socket.destroy();
  });
});
