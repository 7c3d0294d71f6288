// The grants' story with fake rooms: an end that comes while the lease is on its way wins, whatever the order.
import { describe, expect, it } from 'vitest';
import type { Access } from '#access';
import { openLog, systemClock, systemRandom } from '#base';
import type { Cameras } from '#cameras';
import type { Grant, GrantEnd } from '#model';
import type { Lease, Streams } from '#streams';
import { openGrants } from '../../src/gateway/grants.ts';

const env = { clock: systemClock, random: systemRandom, log: openLog('silent') };
const source = { url: 'rtsp://10.0.0.5/', user: '', password: '' };

/** Access, cameras and streams that remember; each wait can be held and let go. */
function openRooms() {
  const ends = new Map<string, GrantEnd>();
  const leases = new Map<string, Lease>();
  const cameraReady = Promise.withResolvers<void>();
  const admitting = Promise.withResolvers<void>();
  const held = { admit: Promise.resolve() };
  const access = {
    decide: () => Promise.resolve({ granted: true, grant: grant(), token: 'token', remainingMs: 60_000, preempted: [] }),
    end: (id: string, reason: GrantEnd) => Promise.resolve(!ends.has(id) && Boolean(ends.set(id, reason))),
    session: () => Promise.resolve(),
    openGrants: () => Promise.resolve(ends.has('g1') ? [] : [{ ...grant(), remainingMs: 60_000 }]),
  } as unknown as Access;
  const cameras = {
    async source() {
      await cameraReady.promise;
      return source;
    },
  } as unknown as Cameras;
  const streams = {
    async admit(lease: Lease) {
      admitting.resolve();
      await held.admit;
      leases.set(lease.grant, lease);
    },
    revoke: (id: string) => Promise.resolve(void leases.delete(id)),
  } as unknown as Streams;
  return { deps: { access, cameras, streams }, ends, leases, cameraReady, admitting, held };
}

function grant(): Grant {
  const request = {
    service: '119-dispatch',
    incident: 'i',
    recipient: { agency: 'a', person: 'p' },
    ground: 'g',
    until: 0,
    emergency: undefined,
    document: undefined,
  };
  return {
    id: 'g1',
    form: 'stream',
    device: 'cam-1',
    channel: 1,
    quality: 'main',
    request,
    origin: 'hub',
    openedAt: 0,
    until: 0,
    tokenHash: '',
    end: undefined,
  };
}

const ask = {
  form: 'stream',
  device: 'cam-1',
  channel: 1,
  quality: 'main',
  deviceKnown: true,
  grant: {},
  origin: 'hub',
  commandId: 'c',
  services: [],
} as const;

describe('a grant that is revoked', () => {
  it('while its camera is not ready after a restart never opens', async () => {
    const rooms = openRooms();
    const grants = openGrants(rooms.deps, env);
    const stop = new AbortController();
    const running = grants.restore.run(stop.signal);
    await systemClock.sleep(10);
    expect(await grants.end('g1', 'revoked', 'wrong incident')).toBe(true);
    rooms.cameraReady.resolve();
    await systemClock.sleep(20);
    expect(rooms.leases.size).toBe(0);
    stop.abort();
    await running;
  });

  it('while its lease is being handed over is not open afterwards, and the asker is told', async () => {
    const rooms = openRooms();
    const letGo = Promise.withResolvers<void>();
    rooms.held.admit = letGo.promise;
    rooms.cameraReady.resolve();
    const grants = openGrants(rooms.deps, env);
    const opening = grants.open(ask);
    await rooms.admitting.promise;
    await grants.end('g1', 'revoked', 'wrong incident');
    letGo.resolve();
    expect(await opening).toMatchObject({ result: 'failed', fault: { code: 'gateway.grant-over' } });
    expect(rooms.leases.size).toBe(0);
    expect(rooms.ends.get('g1')).toBe('revoked');
  });

  it('by its asker, while its lease is being handed over, is not open afterwards', async () => {
    const rooms = openRooms();
    const letGo = Promise.withResolvers<void>();
    rooms.held.admit = letGo.promise;
    rooms.cameraReady.resolve();
    const grants = openGrants(rooms.deps, env);
    const opening = grants.open(ask);
    await rooms.admitting.promise;
    await grants.close('g1', 'hub');
    letGo.resolve();
    await opening;
    expect(rooms.leases.size).toBe(0);
  });
});

describe('a grant', () => {
  it('has what is left of its time when its camera took long', async () => {
    const rooms = openRooms();
    const grants = openGrants(rooms.deps, env);
    const opening = grants.open(ask);
    await systemClock.sleep(300);
    rooms.cameraReady.resolve();
    await opening;
    const remainingMs = rooms.leases.get('g1')?.remainingMs ?? 0;
    expect(remainingMs).toBeLessThan(59_750);
    expect(remainingMs).toBeGreaterThan(59_000);
  });
});
