// The processes: the media process and its FLV child killed under a stream, the gateway killed, and a grant that outlives a restart.
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startReading } from '../peers/ffmpeg-reader.ts';
import { eventually, freePort, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { grantRequest } from '../peers/hub.ts';
import { type GstCamera, openGstCamera } from '../peers/rtsp-camera.ts';
import { fallMessage, fallRadar, fallToken, openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let camera: GstCamera;
let webhookPort = 0;

beforeAll(async () => {
  province = stack.use(await openProvince());
  webhookPort = await freePort();
  gateway = stack.use(
    await openGateway(async (folder) => ({
      uplink: province.uplink,
      sensors: { webhook: await fallRadar(folder, webhookPort) },
      streams: { openWithin: '6s' },
    })),
  );
  camera = stack.use(await openGstCamera({ codec: 'h264' }));
  await gateway.cli(['camera', 'add', 'cam-1', '--address', camera.url]);
}, 120_000);
afterAll(() => stack.disposeAsync());

/** Process ids of the children of `pid` whose command line names `part`. */
function childrenOf(pid: number, part: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
        return Number(parent) === pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(part);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function openStream(): Promise<{ rtsp: string; grant: string }> {
  const outcome = await province.hub.command('stream.open', { camera: 'cam-1', grant: grantRequest() });
  expect(outcome['result']).toBe('done');
  return { rtsp: (outcome['stream'] as { rtsp: string }).rtsp, grant: String(outcome['grant']) };
}

async function push(id: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${webhookPort}/webhook/radar`, {
    method: 'POST',
    body: fallMessage(id, 'fall confirmed'),
    headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
  });
  await response.arrayBuffer();
  return response.status;
}

/** Tries to read ten frames until it works; how long that took, milliseconds. */
async function readAgain(url: string, sinceMs: number): Promise<number> {
  await eventually('a reader that comes back', async () => ((await startReading(url, 10).done).frames >= 10 ? true : undefined), 20_000);
  return Date.now() - sinceMs;
}

/** Asks over HTTP until a key frame comes; how long that took, milliseconds. Not ffmpeg, which looks at a stream for some seconds before it says anything. */
async function picturesAgain(url: string, sinceMs: number): Promise<number> {
  const look = (): Promise<true | undefined> =>
    new Promise((resolve) => {
      const request = get(url, (response) => {
        // A video tag of a whole key frame (Adobe FLV 10.1 §E.4.3): behind the parameter sets.
        let bytes = Buffer.alloc(0);
        response.on('data', (part: Buffer) => {
          bytes = Buffer.concat([bytes, part]);
          if (!bytes.includes(Buffer.from([0x17, 0x01]))) return;
          resolve(true);
          request.destroy();
        });
        response.once('close', () => resolve(undefined));
      });
      request.on('error', () => resolve(undefined));
    });
  await eventually('pictures over HTTP', look, 20_000);
  return Date.now() - sinceMs;
}

it('goes on with alarms when the media process is killed, and the same address works again within 5 s', async () => {
  const { rtsp, grant } = await openStream();
  const reading = startReading(rtsp, 100_000);
  await eventually('a running stream', () => reading.frames > 5 || undefined);
  const [media] = childrenOf(gateway.pid, 'media-main');
  if (media === undefined) throw new Error('no media process');
  process.kill(media, 'SIGKILL');
  const killedAt = Date.now();
  expect(await push('during-1')).toBe(200);
  await province.hub.wait('the alarm', ({ topic }) => topic.endsWith('/alarm/fall/fall-1'), 3000);
  expect(await readAgain(rtsp, killedAt)).toBeLessThanOrEqual(5000);
  await reading.done;
  const [again] = childrenOf(gateway.pid, 'media-main');
  expect(again).not.toBe(media);
  await province.hub.wait(
    'the condition',
    ({ topic, body }) => topic.endsWith('/condition/media-down/gateway') && String(body['type']).includes('raised'),
  );
  await province.hub.wait(
    'its clear',
    ({ topic, body }) => topic.endsWith('/condition/media-down/gateway') && String(body['type']).includes('cleared'),
  );
  await province.hub.command('stream.close', { grant });
});

it('shows pictures over HTTP again within 5 s when node-media-server is killed, and who looks over RTSP notices nothing', async () => {
  const { rtsp, grant } = await openStream();
  const reading = startReading(rtsp, 100_000);
  const outcome = await province.hub.command('stream.open', { camera: 'cam-1', grant: grantRequest(), protocol: 'http-flv' });
  const { flv } = outcome['stream'] as { flv: string };
  const overHttp = startReading(flv, 100_000);
  await eventually('both streams', () => (reading.frames > 5 && overHttp.frames > 5) || undefined);
  const [media = 0] = childrenOf(gateway.pid, 'media-main');
  const [child] = childrenOf(media, 'flv-main');
  if (child === undefined) throw new Error('no FLV child');
  process.kill(child, 'SIGKILL');
  const killedAt = Date.now();
  expect(await picturesAgain(flv, killedAt)).toBeLessThanOrEqual(5000);
  await overHttp.done;
  expect(childrenOf(gateway.pid, 'media-main')).toEqual([media]);
  expect(childrenOf(media, 'flv-main')).not.toContain(child);
  const seen = reading.frames;
  await eventually('the stream over RTSP to go on', () => reading.frames > seen + 10 || undefined);
  for (const each of [grant, String(outcome['grant'])]) await province.hub.command('stream.close', { grant: each });
  expect((await reading.done).complaints).toBe('');
});

it('takes its media process along when it is killed, and a grant that was used stays one that was used', async () => {
  const { rtsp, grant } = await openStream();
  const reading = startReading(rtsp, 100_000);
  await eventually('a running stream', () => reading.frames > 5 || undefined);
  const children = childrenOf(gateway.pid, 'media-main');
  expect(children).toHaveLength(1);
  const [media = 0] = children;
  const killedAt = Date.now();
  await gateway.stop('SIGKILL');
  await reading.done;
  expect(Date.now() - killedAt).toBeLessThan(2000);
  await eventually(
    'the end of the media process',
    () => {
      try {
        return /^State:\s+Z/m.test(readFileSync(`/proc/${media}/status`, 'utf8')) || undefined;
      } catch {
        return true;
      }
    },
    2000,
  );
  await camera.untilClients(0, 2000);
  await gateway.start();
  await sleep(6500);
  await readAgain(rtsp, Date.now());
  await province.hub.command('stream.close', { grant });
});

it('stops in order: the hub is told, and nothing is left running', async () => {
  const [media = 0] = childrenOf(gateway.pid, 'media-main');
  await gateway.stop('SIGTERM');
  await province.hub.wait('stopped', ({ topic, body }) => topic.endsWith('/state') && body['type'] === 'kr.bongsu.state.stopped.v1');
  await sleep(100);
  expect(() => process.kill(media, 0)).toThrow();
  await gateway.start();
});
