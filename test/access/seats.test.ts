// As many grants as may be open: the most urgent service has a seat first, whatever the line could carry.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Access, type AccessAsk, type Decision, openAccess } from '#access';
import { accessOptions } from '#access/options';
import { openLog, systemRandom } from '#base';
import { openStore, type Store } from '#store';
import { openFakeClock } from '../fakes/clock.ts';

const options = accessOptions.parse({ maxOpenGrants: 3 });
const services = options.services.map(({ id }) => id);
let folder = '';
let store: Store;
let access: Access;
const clock = openFakeClock(Date.parse('2026-11-20T04:00:00Z'));
const env = { clock, random: systemRandom, log: openLog('silent') };

const ask = (service: string, more: Partial<AccessAsk> = {}): AccessAsk => ({
  form: 'stream',
  device: 'cam-1',
  channel: 1,
  quality: 'main',
  grant: {
    service,
    incident: '2026-000123',
    recipient: { agency: '전북소방본부', person: 'jb119-042' },
    ground: 'pipa-18-2-3',
    until: '2026-11-20T05:00:00Z',
    emergency: { reason: 'building fire' },
    document: null,
  },
  origin: 'hub',
  commandId: 'c1',
  deviceKnown: true,
  services,
  ...more,
});
async function granted(service: string, more: Partial<AccessAsk> = {}): Promise<Extract<Decision, { granted: true }>> {
  const decision = await access.decide(ask(service, more));
  return decision.granted ? decision : expect.fail(decision.message);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-seats-'));
  const workerData = { path: join(folder, 'bongsu.db') };
  store = await openStore({ entry: new URL('thread-entry.ts', import.meta.url), workerData, queueLimit: 20_000 }, env);
  access = openAccess(options, { store }, env);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('when as many grants are open as may be', () => {
  it('a higher service takes the seat of the lowest, of these the latest, still or stream', async () => {
    const first = await granted('welfare');
    const late = await granted('welfare', { form: 'still' });
    const high = await granted('112-dispatch');
    const fire = await granted('119-dispatch');
    expect(fire.preempted).toEqual([{ grant: late.grant.id, offer: undefined }]);
    expect((await granted('119-dispatch')).preempted).toEqual([{ grant: first.grant.id, offer: undefined }]);
    await access.end(first.grant.id, 'preempted', '', 'gateway');
    await access.end(late.grant.id, 'preempted', '', 'gateway');
    expect((await access.openGrants()).map(({ id }) => id)).toContain(high.grant.id);
    expect((await granted('119-dispatch')).preempted).toEqual([{ grant: high.grant.id, offer: undefined }]);
  });

  it('an equal and a lower one are refused, and nobody loses a seat', async () => {
    for (let index = 0; index < 3; index += 1) await granted('112-dispatch');
    expect(await access.decide(ask('112-dispatch'))).toMatchObject({ granted: false, reason: 'access.too-many' });
    expect(await access.decide(ask('welfare'))).toMatchObject({ granted: false, reason: 'access.too-many' });
    expect(await access.openGrants()).toHaveLength(3);
  });

  it('the seats of before a restart count', async () => {
    const low = await granted('welfare');
    await granted('119-dispatch');
    await granted('119-dispatch');
    access = openAccess(options, { store }, env);
    expect(await access.decide(ask('welfare'))).toMatchObject({ granted: false, reason: 'access.too-many' });
    expect((await granted('119-dispatch')).preempted).toEqual([{ grant: low.grant.id, offer: undefined }]);
  });

  it('who gives way on the line gives up a seat with it', async () => {
    const line = { limit: () => 8e6, rateOf: () => 4e6, readersOf: () => 0 };
    access = openAccess({ ...options, maxOpenGrants: 2 }, { store, line }, env);
    const first = await granted('welfare');
    const late = await granted('welfare');
    expect((await granted('119-dispatch')).preempted).toEqual([{ grant: late.grant.id, offer: undefined }]);
    expect((await granted('119-dispatch')).preempted).toEqual([{ grant: first.grant.id, offer: undefined }]);
  });

  it('never lets in more than may be, however many ask at once', async () => {
    const asked = Array.from({ length: 12 }, (_, index) => access.decide(ask(index % 2 === 0 ? 'welfare' : '119-dispatch')));
    const gone = new Set((await Promise.all(asked)).flatMap((one) => (one.granted ? one.preempted.map(({ grant }) => grant) : [])));
    const open = (await access.openGrants()).filter(({ id }) => !gone.has(id));
    expect(open.map(({ request }) => request.service)).toEqual(['119-dispatch', '119-dispatch', '119-dispatch']);
  });
});
