// The story of acts on cameras with fake rooms: no order without its row on the audit, no Stop that waits for one, and whose grant counts.
import { expect, it } from 'vitest';
import type { Access } from '#access';
import { openLog, systemEnv } from '#base';
import type { Cameras } from '#cameras';
import { controlDeps, openCameraActs } from '../../src/gateway/camera-acts.ts';

const env = systemEnv(openLog('silent'));
const place = { camera: 'cam-1', channel: 1 };
const actor = { holder: 'grant:g1', by: 'hub:kim' };

function openRooms(grant: object = {}) {
  const rows: string[] = [];
  const done: string[] = [];
  const disk = { sick: false };
  const access = {
    async account({ act, by, subject, detail }: Parameters<Access['account']>[0]) {
      if (disk.sick) throw new Error('disk');
      rows.push(`${act} ${subject} ${by}: ${detail}`);
    },
    openGrant: async (id: string) =>
      id === 'g1'
        ? {
            form: 'stream',
            device: 'cam-1',
            channel: 1,
            origin: 'hub',
            remainingMs: 5000,
            request: { recipient: { person: 'kim' } },
            ...grant,
          }
        : undefined,
  } as unknown as Access;
  const note = (name: string) => async () => {
    done.push(name);
    return { result: 'done', value: undefined };
  };
  const control = { drive: note('drive'), goHome: note('home'), stop: note('stop') } as unknown as Cameras['control'];
  return { acts: openCameraActs({ access, control }, env), access, rows, done, disk };
}

it('an order is on the audit before it is done, and not done when it cannot be', async () => {
  const { acts, rows, done, disk } = openRooms();
  await acts.order(actor, place, { order: 'continuous', axes: { pan: 0.5, zoom: -1 }, forMs: 2000 });
  expect(rows).toEqual(['ptz.continuous cam-1/1 hub:kim: grant:g1: pan 0.5 zoom -1 for 2000 ms at most']);
  disk.sick = true;
  await expect(acts.order(actor, place, { order: 'home' })).rejects.toThrow('disk');
  await expect(
    acts.person('cli:kim', { act: 'camera.reboot', camera: 'cam-1', detail: 'x' }, async () => void done.push('reboot')),
  ).rejects.toThrow('disk');
  expect(done).toEqual(['drive']);
  await acts.stop(actor, place);
  expect(done).toEqual(['drive', 'stop']);
});

it.each([
  ['of another camera', { device: 'cam-2' }],
  ['of another channel', { channel: 2 }],
  ['of a still', { form: 'still' }],
  ['of metadata', { quality: 'metadata' }],
  ["of a technician's own", { origin: 'cli:kim' }],
])('a grant %s moves nothing', async (_, grant) => {
  expect(await openRooms(grant).acts.actorOf('g1', place, 'hub')).toBeUndefined();
});

it('a grant of its own moves its channel, for what remains of it', async () => {
  const { acts } = openRooms();
  expect(await acts.actorOf('g1', place, 'hub')).toEqual({ ...actor, remainingMs: 5000 });
  expect(await acts.actorOf('g2', place, 'hub')).toBeUndefined();
});

it('without a word of the site a camera is never moved', async () => {
  const { access, rows } = openRooms();
  const deps = controlDeps(() => undefined, access, env);
  expect(deps.headRule('cam-1')).toEqual({ policy: 'never', returnTo: '' });
  deps.headNews('cam-1', 2, { act: 'ptz.ended', holder: 'grant:g1', detail: 'its grant ended after 2 s' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(rows).toEqual(['ptz.ended cam-1/2 gateway: grant:g1: its grant ended after 2 s']);
});
