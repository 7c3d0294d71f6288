// Access over a real store: what is decided is in the ledger, on the chain and in the outbox before it is answered, and cannot be rewritten in silence.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Access, type AccessAsk, type Decision, openAccess, type Picture } from '#access';
import { accessOptions } from '#access/options';
import { openLog, systemRandom } from '#base';
import type { EntryBody } from '#model';
import { openStore, type Store } from '#store';
import { type FakeClock, openFakeClock } from '../fakes/clock.ts';
import type { EntryProcedures } from './thread-entry.ts';

const hour = 3_600_000;
const start = Date.parse('2026-11-20T04:00:00Z');
const options = accessOptions.parse({ maxOpenGrants: 3, refusalsPerMinute: 5 });
const request = {
  service: '119-dispatch',
  incident: '2026-000123',
  recipient: { agency: '전북소방본부', person: 'jb119-042' },
  ground: 'pipa-18-2-3',
  until: '2026-11-20T05:00:00Z',
  emergency: { reason: 'building fire' },
  document: null,
};

let folder = '';
let path = '';
let store: Store;
let access: Access;
let clock: FakeClock;

const ask = (more: Partial<AccessAsk> = {}): AccessAsk => ({
  form: 'stream',
  device: 'cam-0417',
  channel: 1,
  quality: 'main',
  grant: request,
  origin: 'hub',
  commandId: 'c1',
  deviceKnown: true,
  services: ['119-dispatch'],
  ...more,
});
async function reopen(): Promise<void> {
  const env = { clock, random: systemRandom, log: openLog('silent') };
  store = await openStore({ entry: new URL('thread-entry.ts', import.meta.url), workerData: { path }, queueLimit: 20_000 }, env);
  access = openAccess(options, { store }, env);
}
async function granted(more: Partial<AccessAsk> = {}): Promise<Extract<Decision, { granted: true }>> {
  const decision = await access.decide(ask(more));
  return decision.granted ? decision : expect.fail(decision.message);
}
const entries = (): Promise<readonly EntryBody[]> => store.procedures<EntryProcedures>('entries').list();
function query<T>(sql: string): T[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}
const ledger = (): Record<string, unknown>[] => query('SELECT * FROM access_ledger ORDER BY row');
const acts = (): string[] => query<{ act: string }>('SELECT act FROM access_audit ORDER BY row').map((row) => row.act);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-access-'));
  path = join(folder, 'bongsu.db');
  clock = openFakeClock(start);
  await reopen();
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('access', () => {
  it('has ledger, link and entries of a grant committed when it answers, with all columns of both legal registers', async () => {
    const { grant, token, remainingMs } = await granted();
    expect(remainingMs).toBe(hour);
    expect(grant).toMatchObject({ device: 'cam-0417', origin: 'hub', openedAt: start, until: start + hour });
    expect(ledger()).toEqual([
      {
        row: 1,
        time: start,
        step: 'granted',
        grant_id: grant.id,
        command: 'c1',
        origin: 'hub',
        device: 'cam-0417',
        channel: 1,
        quality: 'main',
        file_name: '고정형 영상정보처리기기 개인영상정보',
        agency: '전북소방본부',
        person: 'jb119-042',
        service: '119-dispatch',
        purpose: '119 화재·구조·구급 긴급출동 영상 지원',
        incident: '2026-000123',
        ground: 'pipa-18-2-3',
        law: '개인정보 보호법 제18조제2항제3호(급박한 생명·신체·재산의 이익)',
        items: '실시간 영상(음성 제외)',
        opened_at: start,
        until: start + hour,
        ended_at: null,
        cycle: '1회',
        form: '실시간 전송',
        restrictions: '목적 외 이용 및 제3자 제공 금지, 목적 달성 후 지체 없이 파기',
        handler: '영상정보 관리책임자',
        emergency: 'building fire',
        document: '',
        document_owed: 1,
        publish: 1,
        reason: '',
        note: '',
        count: 1,
      },
    ]);
    expect((await entries()).map((body) => body.class)).toEqual(['audit', 'grant']);
    expect(grant.tokenHash).toBe(createHash('sha256').update(token).digest('hex'));
  });

  it('stores no token', async () => {
    const { token } = await granted();
    expect(token).toMatch(/^[\w-]{43}$/);
    for (const suffix of ['', '-wal']) expect((await readFile(path + suffix)).includes(token)).toBe(false);
  });

  it('records a refusal with what was claimed, and grants nothing', async () => {
    const decision = await access.decide(ask({ grant: { ...request, ground: undefined } }));
    expect(decision).toEqual({
      granted: false,
      reason: 'access.ground-missing',
      message: 'The request names no legal ground',
      text: { en: 'The request names no legal ground', ko: '법적 근거가 없습니다' },
    });
    expect(ledger()).toMatchObject([{ step: 'refused', reason: 'access.ground-missing', incident: '2026-000123', agency: '전북소방본부' }]);
    expect(acts()).toEqual(['grant.refused']);
    expect(await access.list({ limit: 10 })).toEqual([]);
    expect(await entries()).toEqual([]);
  });

  it('keeps when an address was first used, over a restart', async () => {
    const [first, second] = [(await granted()).grant, (await granted()).grant];
    clock.advance(5000);
    await access.used(first.id);
    clock.advance(5000);
    await access.used(first.id);
    await store[Symbol.asyncDispose]();
    await reopen();
    const open = new Map((await access.openGrants()).map((one) => [one.id, one.usedAt]));
    expect([open.get(first.id), open.get(second.id)]).toEqual([start + 5000, undefined]);
  });

  it('tells the life of a grant in ledger, chain and entries', async () => {
    const { grant } = await granted();
    clock.advance(1000);
    await access.session(grant.id, { step: 'opened', peer: '10.1.1.1:4000', at: clock.now() });
    expect(await access.extend(grant.id, { until: start + 2 * hour, origin: 'hub', commandId: 'c2' })).toMatchObject({
      granted: true,
      remainingMs: 2 * hour - 1000,
      grant: { until: start + 2 * hour, request: { until: start + 2 * hour } },
    });
    await access.session(grant.id, { step: 'closed', peer: '10.1.1.1:4000', at: clock.now(), detail: '12 packets' });
    expect(await access.end(grant.id, 'closed', '', 'another-hub')).toBe(false);
    expect(await access.end(grant.id, 'revoked', 'wrong camera', 'cli:kim')).toBe(true);
    expect(await access.end(grant.id, 'expired', '')).toBe(false);
    expect(acts()).toEqual(['grant.opened', 'session.opened', 'grant.extended', 'session.closed', 'grant.revoked']);
    expect(ledger().map((row) => [row['step'], row['until'], row['ended_at'], row['reason']])).toEqual([
      ['granted', start + hour, null, ''],
      ['extended', start + 2 * hour, null, ''],
      ['ended', start + 2 * hour, start + 1000, 'revoked'],
    ]);
    const steps = (await entries()).flatMap((body) => (body.class === 'grant' ? [[body.value.step, body.value.reason]] : []));
    expect(steps).toEqual([
      ['opened', ''],
      ['extended', ''],
      ['revoked', 'revoked: wrong camera'],
    ]);
    expect(await access.list({ limit: 1 })).toMatchObject([
      { id: grant.id, end: { reason: 'revoked', at: start + 1000, note: 'wrong camera' } },
    ]);
    const people = query<{ who: string; peer: string; subject: string }>('SELECT who, peer, subject FROM access_audit ORDER BY row');
    expect(people[1]).toEqual({ who: 'hub', peer: '10.1.1.1:4000', subject: 'cam-0417/1' });
    expect(people[4]).toEqual({ who: 'cli:kim', peer: '', subject: 'cam-0417/1' });
  });

  it('refuses an extension by somebody else and records it', async () => {
    const { grant } = await granted();
    const answer = await access.extend(grant.id, { until: start + 2 * hour, origin: 'other', commandId: 'c2' });
    expect(answer).toMatchObject({ granted: false, reason: 'access.grant-unknown' });
    expect(ledger()[1]).toMatchObject({ step: 'refused', grant_id: grant.id, origin: 'other', until: start + 2 * hour });
    expect(await access.openGrants()).toMatchObject([{ until: start + hour, remainingMs: hour }]);
  });

  it('does not lengthen or cut a grant when somebody sets the clock', async () => {
    await granted();
    clock.advance(60_000);
    clock.jump(-5 * hour);
    expect(await access.openGrants()).toMatchObject([{ remainingMs: hour - 60_000 }]);
    clock.jump(48 * hour);
    expect(await access.openGrants()).toMatchObject([{ remainingMs: hour - 60_000 }]);
    clock.advance(hour);
    expect(await access.openGrants()).toMatchObject([{ remainingMs: 0 }]);
  });

  it('lists open grants after a restart, those that are over with nothing left', async () => {
    const first = await granted();
    const second = await granted({ grant: { ...request, until: '2026-11-20T06:00:00Z' } });
    await granted().then(({ grant }) => access.end(grant.id, 'closed', '', 'hub'));
    await store[Symbol.asyncDispose]();
    clock.advance(1.5 * hour);
    await reopen();
    const open = await access.openGrants();
    expect(new Map(open.map((grant) => [grant.id, grant.remainingMs]))).toEqual(
      new Map([
        [first.grant.id, 0],
        [second.grant.id, hour / 2],
      ]),
    );
    expect(open.map((grant) => grant.tokenHash)).toContain(second.grant.tokenHash);
  });

  it('opens no more than the limit, also when all ask at once', async () => {
    const decisions = await Promise.all(Array.from({ length: 6 }, () => access.decide(ask())));
    expect(decisions.filter((decision) => decision.granted)).toHaveLength(3);
    expect(decisions.find((decision) => !decision.granted)).toMatchObject({ reason: 'access.too-many' });
    expect(ledger().filter((row) => row['step'] === 'refused')).toHaveLength(3);
  });

  it('lists what can be read beside a grant that damage has made unreadable', async () => {
    const lost = await granted();
    const kept = await granted();
    await store[Symbol.asyncDispose]();
    const db = new Database(path);
    db.prepare("UPDATE access_grant SET body = 'z' || substr(body, 2) WHERE id = ?").run(lost.grant.id);
    db.close();
    await reopen();
    expect((await access.openGrants()).map(({ id }) => id)).toEqual([kept.grant.id]);
    expect(await access.end(lost.grant.id, 'expired', '')).toBe(false);
    await granted();
    await granted();
    expect(await access.decide(ask())).toMatchObject({ granted: false });
  });

  it('filters the list', async () => {
    const { grant } = await granted();
    clock.advance(5);
    await granted({ device: 'cam-2' });
    await access.end(grant.id, 'closed', '', 'hub');
    const ids = async (filter: Parameters<Access['list']>[0]): Promise<string[]> => (await access.list(filter)).map((item) => item.device);
    expect(await ids({ limit: 10 })).toEqual(['cam-2', 'cam-0417']);
    expect(await ids({ limit: 10, openOnly: true })).toEqual(['cam-2']);
    expect(await ids({ limit: 10, device: 'cam-0417' })).toEqual(['cam-0417']);
    expect(await ids({ limit: 10, before: start + 5 })).toEqual(['cam-0417']);
    expect(await ids({ limit: 1 })).toEqual(['cam-2']);
  });

  it('counts a flood of refusals in one row for each asker, and loses none over a restart', async () => {
    const refused = (origin: string): Promise<Decision> => access.decide(ask({ origin, grant: {} }));
    for (let count = 0; count < 50; count += 1) await refused('noisy');
    await refused('quiet');
    expect(ledger()).toHaveLength(6);
    await store[Symbol.asyncDispose]();
    await reopen();
    clock.advance(60_000);
    await refused('noisy');
    expect(ledger().slice(5)).toMatchObject([
      { step: 'refused', origin: 'quiet', count: 1 },
      { step: 'refused-many', origin: 'noisy', count: 45, note: expect.stringContaining('45 from 2026-11-20T04:00:00') },
      { step: 'refused', origin: 'noisy', count: 1 },
    ]);
    expect(await access.verify()).toEqual({ rows: 8, valid: true });
  });

  it('bounds sessions and own looks too', async () => {
    const { grant } = await granted();
    for (let count = 0; count < 70; count += 1) await access.session(grant.id, { step: 'opened', peer: 'x', at: clock.now() });
    await access.note({ look: 'camera-test', device: 'cam-0417', channel: 1, by: 'cli:kim' });
    expect(acts()).toHaveLength(1 + 60 + 1);
    clock.advance(60_000);
    expect(await access.verify()).toEqual({ rows: 63, valid: true });
    expect(acts().at(-1)).toBe('session-many');
  });

  it('sends the head of the chain with each step of a grant and with each hundredth row else', async () => {
    const wide = openAccess({ ...options, refusalsPerMinute: 1000 }, { store }, { clock, random: systemRandom, log: openLog('silent') });
    await Promise.all(Array.from({ length: 250 }, () => wide.decide(ask({ grant: {} }))));
    const heads = (await entries()).flatMap((body) => (body.class === 'audit' ? [body.value] : []));
    expect(heads.map((head) => head.row)).toEqual([100, 200]);
    expect(query('SELECT hash FROM access_audit WHERE row = 200')).toEqual([{ hash: heads[1]?.hash }]);
  });
});

describe('a line that is full', () => {
  const services = ['119-dispatch', 'welfare'];
  const line = { limit: () => 5e6, rateOf: ({ quality }: Picture) => (quality === 'main' ? 4e6 : 1e6), readersOf: () => 0 };
  beforeEach(() => {
    access = openAccess(options, { store, line }, { clock, random: systemRandom, log: openLog('silent') });
  });

  it('lets the higher service in, and the end of the lower one says what it is offered', async () => {
    const low = await granted({ services, grant: { ...request, service: 'welfare' } });
    const high = await granted({ services, device: 'cam-2' });
    expect(high.preempted).toEqual([{ grant: low.grant.id, offer: { quality: 'sub' } }]);
    expect(await access.end(low.grant.id, 'preempted', '119-dispatch goes first', 'gateway', { quality: 'sub' })).toBe(true);
    expect(acts()).toEqual(['grant.opened', 'grant.opened', 'grant.preempted']);
    expect(ledger()).toMatchObject([{}, {}, { step: 'ended', reason: 'preempted', note: '119-dispatch goes first' }]);
    const steps = (await entries()).flatMap((entry) => (entry.class === 'grant' ? [entry.value] : []));
    expect(steps.at(-1)).toMatchObject({ step: 'preempted', offer: { quality: 'sub' }, reason: 'preempted: 119-dispatch goes first' });
    expect(steps[0]).not.toHaveProperty('offer');
  });

  it('refuses an equal with what would fit, and that is in the ledger', async () => {
    await granted();
    const refused = await access.decide(ask({ device: 'cam-2' }));
    expect(refused).toMatchObject({ granted: false, reason: 'access.line-full', offer: { quality: 'sub' } });
    expect(ledger().at(-1)).toMatchObject({ step: 'refused', reason: 'access.line-full' });
    expect(await access.decide(ask({ device: 'cam-2', quality: 'sub' }))).toMatchObject({ granted: true, preempted: [] });
  });

  it('has words of its own for a stream that the empty line cannot carry', async () => {
    const narrow = { ...line, limit: () => 2e6 };
    access = openAccess(options, { store, line: narrow }, { clock, random: systemRandom, log: openLog('silent') });
    expect(await access.decide(ask())).toMatchObject({ granted: false, reason: 'access.line-too-narrow', offer: { quality: 'sub' } });
  });

  it('is still full after a restart, and has room again when a grant ends', async () => {
    const { grant } = await granted();
    access = openAccess(options, { store, line }, { clock, random: systemRandom, log: openLog('silent') });
    expect(await access.decide(ask({ device: 'cam-2' }))).toMatchObject({ granted: false, reason: 'access.line-full' });
    expect(await access.end(grant.id, 'closed', '', 'somebody else')).toBe(false);
    expect(await access.decide(ask({ device: 'cam-2' }))).toMatchObject({ granted: false });
    await access.end(grant.id, 'closed', '', 'hub');
    expect(await access.decide(ask({ device: 'cam-2' }))).toMatchObject({ granted: true });
  });

  it('keeps its budget when many ask at once', async () => {
    const decisions = await Promise.all(Array.from({ length: 8 }, (_, index) => access.decide(ask({ device: `cam-${index}` }))));
    expect(decisions.filter(({ granted: is }) => is)).toHaveLength(1);
  });
});

describe('the record', () => {
  it.each([
    'UPDATE access_ledger SET person = 1',
    'DELETE FROM access_ledger',
    'UPDATE access_audit SET who = 1',
    'DELETE FROM access_audit',
  ])('refuses %s', async (sql) => {
    await granted();
    const db = new Database(path);
    expect(() => db.exec(sql)).toThrow(/append-only/);
    db.close();
  });

  const forge = (sql: string): void => {
    const db = new Database(path);
    db.exec(`DROP TRIGGER access_ledger_no_update; DROP TRIGGER access_ledger_no_delete; DROP TRIGGER access_audit_no_update;
             DROP TRIGGER access_audit_no_delete; PRAGMA foreign_keys = OFF; ${sql}`);
    db.close();
  };
  it.each([
    ['nothing', 'SELECT 1', undefined],
    ['a person in the ledger', `UPDATE access_ledger SET person = 'nobody' WHERE row = 2`, 2],
    ['who, on the chain', `UPDATE access_audit SET who = 'nobody' WHERE row = 3`, 3],
    ['a link', 'DELETE FROM access_audit WHERE row = 2', 2],
    ['a row of the ledger', 'DELETE FROM access_ledger WHERE row = 3', 3],
    ['a hash', `UPDATE access_audit SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE row = 1`, 1],
    ['the last row', `UPDATE access_audit SET detail = 'x' WHERE row = 4`, 4],
    [
      'a row slipped into the ledger',
      `CREATE TEMP TABLE copy AS SELECT * FROM access_ledger WHERE row = 1; UPDATE copy SET row = 9; INSERT INTO access_ledger SELECT * FROM copy`,
      5,
    ],
  ])('names the first bad row after a change of %s', async (_, sql, firstBad) => {
    for (const origin of ['a', 'b', 'c']) await access.decide(ask({ origin, grant: { ...request, until: null } }));
    await granted();
    forge(sql);
    expect(await access.verify()).toEqual(
      firstBad === undefined ? { rows: 4, valid: true } : { rows: expect.any(Number), valid: false, firstBad },
    );
  });

  it('verifies more than a page', async () => {
    const wide = openAccess({ ...options, refusalsPerMinute: 1000 }, { store }, { clock, random: systemRandom, log: openLog('silent') });
    await Promise.all(Array.from({ length: 1000 }, (_, index) => wide.decide(ask({ grant: {}, origin: `o-${index % 7}` }))));
    expect(await wide.verify()).toEqual({ rows: 1000, valid: true });
    forge(`UPDATE access_ledger SET origin = 'x' WHERE row = 777`);
    expect(await wide.verify()).toEqual({ rows: 1000, valid: false, firstBad: 777 });
  });
});
