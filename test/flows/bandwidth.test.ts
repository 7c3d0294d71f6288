// The story of a narrow line: a critical alarm opens its camera ahead, streams are let in as they fit, and the higher service takes the lower one's place.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startReading } from '../peers/ffmpeg-reader.ts';
import { eventually, freePort, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { grantRequest } from '../peers/hub.ts';
import { type GstCamera, openGstCamera } from '../peers/rtsp-camera.ts';
import { fallMessage, fallRadar, fallToken, openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let seen: GstCamera;
let near: GstCamera;
let webhookPort = 0;

beforeAll(async () => {
  province = stack.use(await openProvince());
  seen = stack.use(await openGstCamera({ codec: 'h264' }));
  near = stack.use(await openGstCamera({ codec: 'h264' }));
  webhookPort = await freePort();
  gateway = stack.use(
    await openGateway(async (folder) => ({
      uplink: { ...province.uplink, bandwidth: '7Mbit', alarmShare: 25 },
      streams: { closeAfter: '0s' },
      sensors: { webhook: await fallRadar(folder, webhookPort) },
      response: { prewarm: { links: [{ device: 'fall-1', cameras: ['cam-near'] }], keep: '5s' } },
    })),
  );
  await gateway.cli(['camera', 'add', 'cam-1', '--address', seen.url]);
  await gateway.cli(['camera', 'add', 'cam-near', '--address', near.url]);
}, 60_000);
afterAll(() => stack.disposeAsync());

type Outcome = Readonly<Record<string, unknown>> & { readonly grant: string; readonly stream: { readonly rtsp: string } };

async function open(service: string, quality: 'main' | 'sub', camera = 'cam-1'): Promise<Outcome> {
  const body = { camera, quality, grant: grantRequest({ service }) };
  return (await province.hub.command('stream.open', body)) as Outcome;
}

/** What the audit has of one act. */
function audited(act: string): readonly { readonly who: string; readonly subject: string; readonly detail: string }[] {
  const db = new Database(join(gateway.folder, 'bongsu.db'), { readonly: true });
  try {
    return db.prepare('SELECT who, subject, detail FROM access_audit WHERE act = ? ORDER BY row').all(act) as never;
  } finally {
    db.close();
  }
}

it('opens the camera of a critical alarm ahead, on the audit, and closes it when nobody asks', async () => {
  expect(near.setUp).toEqual([]);
  const answer = await fetch(`http://127.0.0.1:${webhookPort}/webhook/radar`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${fallToken}` },
    body: fallMessage('f-1', 'fall confirmed'),
  });
  expect(answer.ok).toBe(true);
  await eventually('the camera opened ahead', () => near.setUp.length > 0 || undefined, 4000);
  expect(audited('look.pre-warm')).toEqual([expect.objectContaining({ who: 'gateway', subject: 'cam-near/1' })]);
  expect(await gateway.query('grant', 'list')).toMatchObject({ grants: [] });
  const asked = await open('119-dispatch', 'main', 'cam-near');
  expect(await startReading(asked.stream.rtsp, 10).done).toMatchObject({ frames: 10 });
  expect(near.setUp).toEqual(['video']);
  await province.hub.command('stream.close', { grant: asked.grant });
  await near.untilClients(0, 10_000);
});

it('lets in what fits, refuses an equal with what would fit, and takes the lower one’s place for the higher', async () => {
  const low = await open('welfare', 'main');
  expect(low).toMatchObject({ result: 'done' });
  expect(await open('welfare', 'main')).toMatchObject({ result: 'refused', reason: 'access.line-full', offer: { quality: 'sub' } });
  const reading = startReading(low.stream.rtsp, 100_000);
  await eventually('a running stream', () => reading.frames > 5 || undefined);
  const high = await open('119-dispatch', 'main');
  expect(high).toMatchObject({ result: 'done' });
  await reading.done;
  const told = await province.hub.wait(
    'the end of the lower one',
    ({ topic, body }) => topic.endsWith(`/grant/${low.grant}`) && body['type'] === 'kr.bongsu.grant.preempted.v1',
  );
  expect(told.body).toMatchObject({
    data: { step: 'preempted', reason: 'preempted: 119-dispatch goes first', offer: { quality: 'sub' }, service: 'welfare' },
  });
  const { grants } = (await gateway.query('grant', 'list', '--all')) as { grants: { id: string; end?: { reason: string } }[] };
  expect(grants.find(({ id }) => id === low.grant)?.end?.reason).toBe('preempted');
  await eventually(
    'the end of its session on the audit',
    () => audited('session.closed').some(({ detail }) => detail.startsWith('preempted')) || undefined,
  );
  expect(await open('welfare', 'sub')).toMatchObject({ result: 'done' });
  expect(await startReading(high.stream.rtsp, 25).done).toMatchObject({ frames: 25, complaints: '' });
});
