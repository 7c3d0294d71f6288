// Cameras that push: where a pull point is impossible or a push is asked for, through a door that is open to the camera's own address alone.
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventOptions } from '../../src/cameras/event-options.ts';
import type { Notification } from '../../src/cameras/events/notification.ts';
import { openPushDoor } from '../../src/cameras/events/push-door.ts';
import { type FakeCamera, message, openFakeCamera } from './fake-camera.ts';
import { env, openFakeDeps, openFakeStore, until } from './fake-deps.ts';
import { input, move, stateOf, watchOver } from './watched.ts';

const listen = { host: '127.0.0.1', port: 0 };
const push = { listen, advertise: '127.0.0.1' };
const subscribed = (camera: FakeCamera) => until(() => camera.consumers.size === 1 && camera.statuses.length > 0);

describe('a camera that cannot be pulled', () => {
  it('pushes: first values, changes and moments, each answered after its commit', async () => {
    await using camera = await openFakeCamera({
      pushesOnly: true,
      properties: () => [input(true, 'Initialized'), move(false, 'Initialized')],
    });
    await using site = watchOver(camera, { events: { push } });
    await subscribed(camera);
    await until(() => site.deps.reports.length === 1);
    expect(site.deps.reports).toMatchObject([{ kind: 'digital-input', channel: 'input-1', state: 'active' }]);
    camera.notify(move(true));
    camera.notify(message('tns1:RuleEngine/LineDetector/Crossed', '', { VideoSource: 'src0' }, { ObjectId: '7' }));
    await until(() => site.deps.reports.length === 3);
    expect(site.deps.reports.slice(1)).toMatchObject([
      { kind: 'motion', state: 'active' },
      { kind: 'line-crossing', state: 'pulse' },
    ]);
    await until(() => camera.statuses.length === 3);
    expect(new Set(camera.statuses)).toEqual(new Set([200]));
    expect(stateOf(site)).toBe('online');
    site.deps.fail = () => Object.assign(new Error('the disk is dead'), { retryable: true });
    camera.notify(input(false));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(camera.statuses).toHaveLength(3);
    site.deps.fail = undefined;
    await until(() => site.deps.reports.length === 4);
    await until(() => camera.statuses.length === 4);
  });

  it('is subscribed anew when it has forgotten, and the break is counted', async () => {
    await using camera = await openFakeCamera({ pushesOnly: true, lifetimeS: 10, properties: () => [input(true, 'Initialized')] });
    await using site = watchOver(camera, { events: { push } });
    await subscribed(camera);
    camera.reboot();
    camera.script.properties = () => [input(false, 'Initialized')];
    await until(() => camera.consumers.size === 1, 20_000);
    await until(() => site.deps.reports.at(-1)?.state === 'inactive');
    expect(site.cameras.status()[0]).toMatchObject({ subscriptionsCreated: 2, breaks: { count: 1 } });
    await until(() => site.deps.standing().includes('events-missed'), 15_000);
  }, 30_000);

  it('gives its old subscription back after a restart, and gets a new token', async () => {
    await using camera = await openFakeCamera({ pushesOnly: true, properties: () => [input(true, 'Initialized')] });
    await using store = openFakeStore();
    const deps = openFakeDeps(store);
    const first = watchOver(camera, { deps, events: { push } });
    await subscribed(camera);
    const [before] = camera.consumers.values();
    await first.stop();
    await using _second = watchOver(camera, { deps, events: { push } });
    await until(() => camera.consumers.size === 1 && !camera.consumers.has('1'));
    expect([...camera.consumers.values()]).not.toContain(before);
    expect(camera.subscriptions.size).toBe(1);
  });
});

it('a camera that could be pulled pushes only where it is asked to', async () => {
  await using camera = await openFakeCamera({ properties: () => [input(true, 'Initialized')] });
  await using site = watchOver(camera, { events: { push: { ...push, cameras: ['cam-1'] } } });
  await subscribed(camera);
  expect(camera.calls).not.toContain('CreatePullPointSubscription');
  await site.stop();
  await using other = await openFakeCamera();
  await using _pulled = watchOver(other, { events: { push } });
  await until(() => other.calls.includes('PullMessages'));
  expect(other.calls).not.toContain('Subscribe');
});

describe('the door', () => {
  const notify = (body: string) =>
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsnt="w" xmlns:tt="t"><s:Body><wsnt:Notify>${body}</wsnt:Notify></s:Body></s:Envelope>`;
  const good = notify(message('tns1:VideoSource/MotionAlarm', 'Changed', { Source: '1' }, { State: 'true' }));

  async function opened(take: (notifications: readonly Notification[]) => Promise<void> = async () => {}) {
    const options = eventOptions.parse({ push: { ...push, maxBody: '16KiB' } }).push;
    if (!options) throw new Error('no door');
    const door = openPushDoor(options, env);
    const stop = new AbortController();
    const done = door.service.run(stop.signal);
    await until(() => door.port !== undefined);
    return {
      door,
      seat: door.admit('127.0.0.1', take),
      async [Symbol.asyncDispose]() {
        stop.abort();
        await done;
      },
    };
  }
  async function send(url: URL, body: string, more: { method?: string; from?: string } = {}): Promise<number> {
    const asked = request(url, { method: more.method ?? 'POST', localAddress: more.from ?? '127.0.0.1', agent: false });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    return response.statusCode;
  }

  it('takes a push of the camera, and nothing of anybody else', async () => {
    const taken: Notification[] = [];
    await using site = await opened(async (notifications) => void taken.push(...notifications));
    const { url } = site.seat;
    expect(await send(url, good)).toBe(200);
    expect(taken).toMatchObject([{ topic: 'VideoSource/MotionAlarm', data: [{ value: 'true' }] }]);
    expect(await send(url, good, { from: '127.0.0.2' })).toBe(404);
    expect(await send(new URL(`${url.href}x`), good)).toBe(404);
    expect(await send(new URL('/', url), good)).toBe(404);
    expect(await send(url, '', { method: 'GET' })).toBe(405);
    expect(await send(url, 'no xml')).toBe(400);
    expect(await send(url, '<a/>')).toBe(400);
    expect(await send(url, `<!DOCTYPE x [<!ENTITY e "x">]>${good}`)).toBe(400);
    expect(await send(url, notify('x'.repeat(20_000)))).toBe(413);
    expect(taken).toHaveLength(1);
    site.seat[Symbol.dispose]();
    expect(await send(url, good)).toBe(404);
  });

  it('tells a camera to try again when nothing can be committed, or when it pushes too much at once', async () => {
    const held = Promise.withResolvers<void>();
    await using site = await opened(() => held.promise);
    const four = Array.from({ length: 4 }, () => send(site.seat.url, good));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await send(site.seat.url, good)).toBe(503);
    held.resolve();
    expect(await Promise.all(four)).toEqual([200, 200, 200, 200]);
    await using failing = await opened(() => Promise.reject(new Error('disk')));
    expect(await send(failing.seat.url, good)).toBe(503);
  });

  it('has room for cameras, however many strangers stand in it', async () => {
    await using site = await opened();
    const port = site.door.port ?? 0;
    const open = new Set<Socket>();
    for (let at = 0; at < 200; at += 1) {
      const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.0.${2 + (at % 4)}` });
      open.add(socket);
      socket.on('error', () => {}).on('close', () => open.delete(socket));
    }
    await until(() => open.size <= 64);
    expect(open.size).toBeGreaterThan(0);
    expect(await send(site.seat.url, good)).toBe(200);
    for (const socket of open) socket.destroy();
  });

  it('answers whatever is sent, and goes on', async () => {
    await using site = await opened();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ maxLength: 300, unit: 'binary' }), fc.string({ maxLength: 200 }).map(notify)), async (body) => {
        expect([200, 400]).toContain(await send(site.seat.url, body));
      }),
      { numRuns: 60 },
    );
    expect(await send(site.seat.url, good)).toBe(200);
  });

  it('says why it cannot be opened', async () => {
    await using site = await opened();
    const options = eventOptions.parse({ push: { ...push, listen: { ...listen, port: site.door.port } } }).push;
    if (!options) throw new Error('no door');
    await expect(openPushDoor(options, env).service.run(new AbortController().signal)).rejects.toMatchObject({
      code: 'cameras.push-unlistenable',
    });
  });
});
