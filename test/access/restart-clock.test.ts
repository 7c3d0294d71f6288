// A restart with a clock that is wrong lengthens no grant; and whoever looks is named, however often another one came before.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Access, openAccess } from '#access';
import { accessOptions } from '#access/options';
import { openLog, systemRandom } from '#base';
import { openStore, type Store } from '#store';
import { openFakeClock } from '../fakes/clock.ts';

const hour = 3_600_000;
const start = Date.parse('2026-11-20T04:00:00Z');
const options = accessOptions.parse({});
let path = '';
let folder = '';
let store: Store;

async function openAt(wallMs: number) {
  const env = { clock: openFakeClock(wallMs), random: systemRandom, log: openLog('silent') };
  store = await openStore({ entry: new URL('thread-entry.ts', import.meta.url), workerData: { path }, queueLimit: 20_000 }, env);
  return { access: openAccess(options, { store }, env), clock: env.clock };
}
async function openGrant(access: Access): Promise<string> {
  const decision = await access.decide({
    form: 'stream',
    device: 'cam-1',
    channel: 1,
    quality: 'main',
    grant: {
      service: '119-dispatch',
      incident: '2026-000123',
      recipient: { agency: '전북소방본부', person: 'jb119-042' },
      ground: 'pipa-18-2-3',
      until: new Date(start + hour).toISOString(),
      emergency: { reason: 'building fire' },
      document: null,
    },
    origin: 'hub',
    commandId: 'c1',
    deviceKnown: true,
    services: ['119-dispatch'],
  });
  return decision.granted ? decision.grant.id : expect.fail(decision.message);
}
const rows = (): { act: string; peer: string; detail: string }[] => {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare("SELECT act, peer, detail FROM access_audit WHERE act LIKE 'session%' ORDER BY row").all() as never;
  } finally {
    db.close();
  }
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-clock-'));
  path = join(folder, 'bongsu.db');
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('a grant after a restart', () => {
  it.each([
    ['right', start + hour / 2, hour / 2],
    ['a week behind', start - 168 * hour, hour - 600_000],
    ['that of 1970', 0, hour - 600_000],
    ['ahead of its end', start + 2 * hour, 0],
  ])('whose clock is %s has no more time than it had', async (_name, wallMs, expected) => {
    const before = await openAt(start);
    const id = await openGrant(before.access);
    before.clock.advance(600_000);
    await before.access.session(id, { step: 'opened', peer: '10.0.0.9:4000', at: before.clock.now() });
    await store[Symbol.asyncDispose]();
    const after = await openAt(wallMs);
    const [grant] = await after.access.openGrants();
    expect(grant?.remainingMs).toBe(expected);
    expect((await after.access.openGrant(id))?.remainingMs).toBe(expected || undefined);
  });
});

describe('whoever looks', () => {
  it('is named on the audit, after any number of others and of their visits', async () => {
    const { access, clock } = await openAt(start);
    const id = await openGrant(access);
    for (let visit = 0; visit < 100; visit += 1)
      await access.session(id, { step: 'opened', peer: `10.0.0.9:${4000 + visit}`, at: clock.now() });
    await access.session(id, { step: 'opened', peer: '[2001:db8::66]:5000', at: clock.now() });
    await access.session(id, { step: 'closed', peer: '127.0.0.66:5000', at: clock.now() });
    expect(rows().filter(({ peer }) => peer.startsWith('10.0.0.9'))).toHaveLength(60);
    expect(rows().slice(-2)).toMatchObject([{ peer: '[2001:db8::66]:5000' }, { peer: '127.0.0.66:5000' }]);
    clock.advance(60_000);
    await access.session(id, { step: 'closed', peer: '127.0.0.66:5000', at: clock.now() });
    expect(rows().find(({ act }) => act === 'session-many')?.detail).toMatch(/^40 from/);
  });
});
