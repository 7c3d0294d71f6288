// The grants' story with fake rooms: an end that comes while the lease is on its way wins, whatever the order.
import { describe, expect, it } from 'vitest';
import type { Access } from '#access';
import { BongsuError, openLog, systemClock, systemRandom } from '#base';
import type { Cameras } from '#cameras';
import type { Grant, GrantEnd } from '#model';
import type { Lease, Streams } from '#streams';
import { openGrants } from '../../src/gateway/grants.ts';
import { openSessionNotes } from '../../src/gateway/session-notes.ts';
import { openFakeClock } from '../fakes/clock.ts';

const env = { clock: systemClock, random: systemRandom, log: openLog('silent') };
const source = { url: 'rtsp://10.0.0.5/', user: '', password: '' };

/** Access, cameras and streams that remember; each wait can be held and let go. */
function openRooms(before: Partial<Grant> = {}) {
  const ends = new Map<string, GrantEnd>();
  const leases = new Map<string, Lease>();
  const cameraReady = Promise.withResolvers<void>();
  const admitting = Promise.withResolvers<void>();
  const held = { admit: Promise.resolve() };
  const sick = { store: false };
  const refusal = { code: '' };
  const told: unknown[] = [];
  let tries = 0;
  const access = {
    decide: () => Promise.resolve({ granted: true, grant: grant(), token: 'token', remainingMs: 60_000, preempted: [] }),
    async end(id: string, reason: GrantEnd) {
      if (sick.store) throw new Error('the disk hangs');
      return !ends.has(id) && Boolean(ends.set(id, reason));
    },
    used: async (id: string) => void told.push(`used ${id}`),
    async session(_id: string, step: object) {
      tries += 1;
      if (sick.store) throw new Error('the disk hangs');
      told.push(step);
    },
    async account(act: object) {
      told.push(act);
    },
    openGrants: () =>
      sick.store
        ? Promise.reject(new Error('the disk hangs'))
        : Promise.resolve(ends.has('g1') ? [] : [{ ...grant(), ...before, remainingMs: 60_000 }]),
  } as unknown as Access;
  const cameras = {
    async source() {
      await cameraReady.promise;
      return source;
    },
  } as unknown as Cameras;
  const streams = {
    async admit(lease: Lease, _: unknown, earlier: unknown) {
      told.push(earlier);
      if (refusal.code) throw new BongsuError(refusal.code, { message: { en: 'no', ko: '불가' }, hint: { en: 'x', ko: 'x' } });
      admitting.resolve();
      await held.admit;
      leases.set(lease.grant, lease);
    },
    revoke: (id: string) => Promise.resolve(void leases.delete(id)),
  } as unknown as Streams;
  return { deps: { access, cameras, streams }, ends, leases, cameraReady, admitting, held, sick, refusal, told, tries: () => tries };
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

describe('a grant of before a restart', () => {
  const world = { ...env, clock: openFakeClock(1_700_000_090_000) };
  it.each<[string, Partial<Grant>, object]>([
    ['that was used opens as before', { openedAt: 1_700_000_000_000, usedAt: 1_700_000_001_000 }, { used: true, agoMs: 90_000 }],
    ['that nobody used has what is left of its minute', { openedAt: 1_700_000_070_000 }, { used: false, agoMs: 20_000 }],
  ])('%s', async (_, before, expected) => {
    const rooms = openRooms(before);
    rooms.cameraReady.resolve();
    const stop = new AbortController();
    const running = openGrants(rooms.deps, world).restore.run(stop.signal);
    await rooms.admitting.promise;
    expect(rooms.told).toContainEqual(expected);
    stop.abort();
    await running;
  });
});

it('is over after a restart whose configuration does not allow its push any more', async () => {
  const rooms = openRooms();
  rooms.cameraReady.resolve();
  rooms.refusal.code = 'streams.push-not-allowed';
  const stop = new AbortController();
  const running = openGrants(rooms.deps, env).restore.run(stop.signal);
  await systemClock.sleep(10);
  expect(rooms.ends.get('g1')).toBe('failed');
  stop.abort();
  await running;
});

it('writes down the first use of an address', async () => {
  const rooms = openRooms();
  openGrants(rooms.deps, env).onEvent({ event: 'grant-used', grant: 'g1' });
  await systemClock.sleep(0);
  expect(rooms.told).toEqual(['used g1']);
});

describe('a hub that closes its grant on a sick disk', () => {
  it('has it cut at once; who did not open it has not, and the end is written when the disk is well', async () => {
    const rooms = openRooms();
    const clock = openFakeClock(0);
    rooms.cameraReady.resolve();
    const grants = openGrants(rooms.deps, { ...env, clock });
    await grants.open(ask);
    rooms.sick.store = true;
    expect(await grants.close('g1', 'cli:kim')).toBe(false);
    expect(rooms.leases.size).toBe(1);
    expect(await grants.close('g1', 'hub')).toBe(true);
    expect(rooms.leases.size).toBe(0);
    expect(rooms.ends.size).toBe(0);
    await systemClock.sleep(5);
    rooms.sick.store = false;
    clock.advance(1000);
    await systemClock.sleep(5);
    expect(rooms.ends.get('g1')).toBe('closed');
  });
});

it('cuts what is revoked, and all of a camera that was removed, on a sick disk too, and writes the end when it can', async () => {
  for (const act of ['end', 'endAll'] as const) {
    const rooms = openRooms();
    const clock = openFakeClock(0);
    rooms.cameraReady.resolve();
    const grants = openGrants(rooms.deps, { ...env, clock });
    await grants.open(ask);
    rooms.sick.store = true;
    if (act === 'end') expect(await grants.end('g1', 'revoked', 'wrong incident')).toBe(true);
    else await grants.endAll('cam-1', 'removed').catch(() => {});
    expect(rooms.leases.size).toBe(0);
    await systemClock.sleep(5);
    rooms.sick.store = false;
    clock.advance(1000);
    await systemClock.sleep(5);
    expect(rooms.ends.get('g1')).toBe('revoked');
  }
});

it('names who looked at the end of his visit too, writes one after the other while the disk is sick, and counts what is too much', async () => {
  const rooms = openRooms();
  const clock = openFakeClock(0);
  const grants = openGrants(rooms.deps, { ...env, clock });
  rooms.sick.store = true;
  for (let visit = 0; visit < 600; visit += 1) {
    const session = `s${visit}`;
    grants.onEvent({ event: 'session-opened', grant: 'g1', session, form: 'stream', peer: '10.0.0.9:4000' });
    grants.onEvent({ event: 'session-closed', grant: 'g1', session, reason: 'reader', seconds: 1 });
  }
  await systemClock.sleep(5);
  expect(rooms.tries()).toBe(1);
  clock.advance(1000);
  await systemClock.sleep(5);
  expect(rooms.tries()).toBe(2);
  rooms.sick.store = false;
  clock.advance(1000);
  await systemClock.sleep(50);
  const steps = rooms.told as { step?: string; peer?: string; detail?: string }[];
  expect(steps).toHaveLength(1001);
  expect(steps.filter(({ peer }) => peer === '10.0.0.9:4000')).toHaveLength(1000);
  expect(steps.at(-1)?.detail).toMatch(/^200 notes/);
});

it('leaves no note behind, however late it comes while the last one is being written', async () => {
  for (let turns = 0; turns < 12; turns += 1) {
    const written: string[] = [];
    const addLate = async (): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      notes.add('g2', { step: 'opened', peer: '', at: 0 });
    };
    const session = async (id: string): Promise<void> => {
      written.push(id);
      if (id === 'g1') void addLate();
    };
    const notes = openSessionNotes({ session, account: () => Promise.resolve() }, env);
    notes.add('g1', { step: 'opened', peer: '', at: 0 });
    await systemClock.sleep(5);
    expect(written, `${turns} turns`).toEqual(['g1', 'g2']);
  }
});

it('cuts what cannot be shown at once, and ends it as failed', async () => {
  const rooms = openRooms();
  rooms.cameraReady.resolve();
  const grants = openGrants(rooms.deps, env);
  await grants.open(ask);
  await grants.fail('g1', 'the camera does not answer');
  expect(rooms.leases.size).toBe(0);
  await systemClock.sleep(0);
  expect(rooms.ends.get('g1')).toBe('failed');
});
