// Refusals over a real store: what may not be pushed is one like any other, and the last one for a camera is known in words.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Access, type AccessAsk, openAccess } from '#access';
import { accessOptions } from '#access/options';
import { openLog, systemRandom } from '#base';
import { openStore, type Store } from '#store';
import { openFakeClock } from '../fakes/clock.ts';

const start = Date.parse('2026-11-20T04:00:00Z');
const grant = {
  service: '119-dispatch',
  incident: '2026-000123',
  recipient: { agency: '전북소방본부', person: 'jb119-042' },
  ground: 'pipa-18-2-3',
  until: '2026-11-20T05:00:00Z',
  emergency: { reason: 'building fire' },
};
const clock = openFakeClock(start);
const env = { clock, random: systemRandom, log: openLog('silent') };
let folder = '';
let path = '';
let store: Store;
let access: Access;

const ask = (more: Partial<AccessAsk> = {}): AccessAsk => ({
  form: 'stream',
  device: 'cam-0417',
  channel: 1,
  quality: 'main',
  grant,
  origin: 'hub',
  commandId: 'c1',
  deviceKnown: true,
  services: ['119-dispatch'],
  ...more,
});
function query(sql: string): Record<string, unknown>[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare(sql).all() as Record<string, unknown>[];
  } finally {
    db.close();
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-refusals-'));
  path = join(folder, 'bongsu.db');
  store = await openStore({ entry: new URL('thread-entry.ts', import.meta.url), workerData: { path }, queueLimit: 20_000 }, env);
  access = openAccess(accessOptions.parse({}), { store }, env);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('refusals', () => {
  it('records a push to where none may go like any refusal, without the login of its address', async () => {
    const push = { pushTo: 'rtsp://user:geheim@elsewhere.example/live', pushAllowed: false };
    const message = 'Pictures may not be pushed to this address: rtsp://elsewhere.example/live';
    expect(await access.decide(ask(push))).toMatchObject({ granted: false, reason: 'access.push-not-allowed', message });
    expect(query('SELECT * FROM access_ledger')).toMatchObject([
      { step: 'refused', reason: 'access.push-not-allowed', note: message, agency: '전북소방본부' },
    ]);
    expect(query('SELECT act FROM access_audit')).toEqual([{ act: 'grant.refused' }]);
    expect(await access.decide(ask({ ...push, pushAllowed: true }))).toMatchObject({ granted: true });
  });

  it('knows the last refusal for a camera, in words', async () => {
    expect(await access.lastRefusal('cam-0417')).toBeUndefined();
    await access.decide(ask({ grant: {} }));
    clock.advance(1000);
    await access.decide(ask({ services: [] }));
    await access.decide(ask({ device: 'cam-2', grant: {} }));
    expect(await access.lastRefusal('cam-0417')).toEqual({
      at: start + 1000,
      service: '119-dispatch',
      reason: 'access.service-not-allowed',
      text: { en: 'This connection cannot claim that service', ko: '이 연결에 허용되지 않은 서비스입니다' },
      hint: { en: expect.any(String), ko: expect.any(String) },
    });
  });
});
