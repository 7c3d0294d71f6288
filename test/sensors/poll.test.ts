// Platforms that are asked, against Python's http.server: each message once, over failures, restarts, odd cursors and pages.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Env, openLog, resolvedSecret, systemEnv } from '#base';
import { openSensors, type Sensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { questionOf } from '../../src/sensors/poll/fetch.ts';
import { openTestCertificates, type TestCertificates } from '../peers/certificates.ts';
import { type Cloud, openCloud } from '../peers/cloud.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const system = systemEnv(openLog('silent'));
/** Waits as short as they may be, and then a fifth of that. */
const env: Env = {
  ...system,
  clock: { ...system.clock, sleep: (ms, signal) => system.clock.sleep(ms / 5, signal) },
  random: { ...system.random, uniform: () => 0 },
};

const event = (seq: number, state: string, unit = 'u1') => ({
  seq,
  unit,
  state,
  at: `2026-11-20T10:00:${String(seq % 60).padStart(2, '0')}+09:00`,
});
const rule = (state: string, word: string) => ({ kind: 'gas', state, when: { path: 'state', equals: [word] } });
const rules = [
  rule('active', 'alarm'),
  rule('inactive', 'normal'),
  { kind: 'tamper', state: 'pulse', when: { path: 'state', equals: ['opened'] } },
];
const source = {
  id: 'cloud',
  device: 'cloud',
  interval: '1s',
  list: 'data.list',
  map: { device: 'unit', rules },
  devices: [{ device: 'gas-1', key: 'u1' }],
};
const bySeq = { cursor: { by: 'number', path: 'seq', parameter: 'since' }, start: 'all' };

describe('a platform', () => {
  const stack = new AsyncDisposableStack();
  let cloud: Cloud;
  let recorder: Recorder;
  const stops: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    cloud = stack.use(await openCloud());
  });
  afterAll(() => stack.disposeAsync());
  beforeEach(async () => {
    recorder = openRecorder();
    await cloud.tell({ events: [] });
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  });

  function start(part: object, path = '/events', clock: Partial<Env['clock']> = {}): { sensors: Sensors; stop(): Promise<void> } {
    const poll = { ...source, url: `http://127.0.0.1:${cloud.port}${path}`, ...part };
    const sensors = openSensors(sensorsOptions.parse({ polls: [poll] }), recorder, { ...env, clock: { ...env.clock, ...clock } });
    const abort = new AbortController();
    const done = sensors.service.run(abort.signal);
    const stop = async (): Promise<void> => {
      abort.abort();
      await done;
    };
    stops.push(stop);
    return { sensors, stop };
  }
  const states = (): string[] => recorder.reports.map(({ state }) => state);

  it('gives each message once: the next question begins at the last number, and a restart goes on there', async () => {
    await cloud.tell({ events: [event(2, 'normal'), event(1, 'alarm')] });
    const first = start({ ...bySeq, login: { as: 'bearer', secret: resolvedSecret('the-key') } });
    await vi.waitFor(() => expect(states()).toEqual(['active', 'inactive']));
    await vi.waitFor(() => expect(recorder.kept.get('poll cloud')).toContain('"at":"2"'));
    expect(first.sensors.status()).toMatchObject([
      { device: 'cloud', driver: 'poll', source: 'cloud' },
      { device: 'gas-1', state: 'ok' },
    ]);
    await first.stop();
    await cloud.tell({ events: [event(1, 'alarm'), event(2, 'normal'), event(3, 'alarm'), event(3, 'opened')] });
    const before = cloud.asked.length;
    start({ ...bySeq, login: { as: 'bearer', secret: resolvedSecret('the-key') } });
    await vi.waitFor(() => expect(states()).toEqual(['active', 'inactive', 'active', 'pulse']));
    expect(cloud.asked[before]).toMatchObject({ path: '/events?since=2', headers: { authorization: 'Bearer the-key' } });
    expect(new Set(recorder.reports.map(({ occurrence }) => occurrence)).size).toBe(4);
  });

  it('is asked again for what the store did not take, under the same name', async () => {
    await cloud.tell({ events: [event(1, 'alarm')] });
    recorder.failing = true;
    start(bySeq);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(recorder.kept.size).toBe(0);
    recorder.failing = false;
    await vi.waitFor(() => expect(states()).toEqual(['active']), 4000);
  });

  it('that is asked again by a gateway which died before its mark was kept makes no second alarm', async () => {
    await cloud.tell({ events: [event(1, 'alarm')] });
    for (const part of [bySeq, { cursor: { by: 'text', path: 'at' }, start: 'all' }, {}]) {
      recorder = openRecorder();
      const keep = recorder.marks.keep;
      recorder.marks.keep = async () => await Promise.reject(new Error('killed'));
      const dying = start(part);
      await vi.waitFor(() => expect(states()).toEqual(['active']));
      await dying.stop();
      recorder.marks.keep = keep;
      const reports: unknown[] = [];
      const report = recorder.report;
      recorder.report = async (one, how) => {
        const outcome = await report(one, how);
        reports.push(outcome.result);
        return outcome;
      };
      const second = start(part);
      await vi.waitFor(() => expect(reports).toEqual(['duplicate']));
      expect(states()).toEqual(['active']);
      await second.stop();
    }
  });

  it('is read page by page by its own token', async () => {
    await cloud.tell({ events: [1, 2, 3, 4, 5].map((seq) => event(seq, seq % 2 ? 'alarm' : 'normal')) });
    start({ cursor: { by: 'token', path: 'next', parameter: 'page' }, start: 'all' }, '/pages');
    await vi.waitFor(() => expect(states()).toEqual(['active', 'inactive', 'active', 'inactive', 'active']));
    await vi.waitFor(() => expect(recorder.kept.get('poll cloud')).toContain('"at":"5"'));
  });

  it.each<[string, object, string]>([
    ['number', { by: 'number', path: 'seq', parameter: 'since' }, '/events'],
    ['text', { by: 'text', path: 'at' }, '/events'],
    ['token', { by: 'token', path: 'next', parameter: 'page' }, '/pages'],
  ])('passes over what is there already the first time, and nothing later: by %s', async (by, cursor, path) => {
    const old = [1, 2, 3, 4, 5].map((seq) => event(seq, 'alarm'));
    await cloud.tell({ events: old, ...(by === 'number' ? { limit: 2 } : {}) });
    const first = start({ cursor }, path);
    await vi.waitFor(() => expect(recorder.kept.get('poll cloud')).toMatch(/"at":"(5|2026-11-20T10:00:05.*)",.*\]\}$/), 4000);
    await first.stop();
    expect(states()).toEqual([]);
    await cloud.tell({ events: [...old, event(6, 'normal')] });
    start({ cursor }, path);
    await vi.waitFor(() => expect(states()).toEqual(['inactive']));
  });

  it('at another address begins anew: the numbers of one say nothing of another', async () => {
    await cloud.tell({ events: [event(9, 'alarm')] });
    const first = start(bySeq);
    await vi.waitFor(() => expect(recorder.kept.get('poll cloud')).toContain('"at":"9"'));
    await first.stop();
    await cloud.tell({ events: [event(3, 'normal')] });
    const second = start(bySeq, '/events?group=2');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(states()).toEqual(['active']);
    await second.stop();
    start(bySeq, '/other');
    await vi.waitFor(() => expect(states()).toEqual(['active', 'inactive']));
  });

  it.each<[string, object, string, string]>([
    ['a date', { by: 'number', path: 'no' }, '20991231235959', '20261120100000'],
    ['a text', { by: 'text', path: 'no' }, '2036-01-01T00:00:00+09:00', '2026-11-20T10:00:00+09:00'],
    ['a number without sense', { by: 'number', path: 'no' }, '99999999999999999', '20261120100001'],
  ])('is heard after one message with an odd cursor, which is told: %s', async (_, cursor, odd, next) => {
    await cloud.tell({ events: [{ ...event(1, 'alarm'), no: odd }] });
    start({ cursor, start: 'all' });
    await vi.waitFor(() => expect(states()).toEqual(['active']));
    const asked = cloud.asked.length;
    await vi.waitFor(() => expect(cloud.asked.length).toBeGreaterThan(asked + 1));
    await cloud.tell({ events: [{ ...event(2, 'normal'), no: next }] });
    await vi.waitFor(() => expect(states()).toEqual(['active', 'inactive']), 4000);
    await vi.waitFor(() => expect(recorder.conditions).toMatchObject([{ kind: 'sensor-fault', channel: 'cursor', state: 'raised' }]));
  });

  it('whose newest message is gone from its list is not told twice', async () => {
    await cloud.tell({ events: [event(8, 'alarm'), event(9, 'normal')] });
    start({ cursor: { by: 'number', path: 'seq' }, start: 'all' });
    await vi.waitFor(() => expect(states()).toEqual(['active', 'inactive']));
    await cloud.tell({ events: [event(8, 'alarm')] });
    const asked = cloud.asked.length;
    await vi.waitFor(() => expect(cloud.asked.length).toBeGreaterThan(asked + 2));
    expect(recorder.conditions).toEqual([]);
  });

  it('that asks for an hour is told at once, and asked again after a minute', async () => {
    const waits: number[] = [];
    await cloud.tell({ events: [], status: 503, retryAfter: '3600' });
    start(bySeq, '/events', {
      sleep: async (ms, signal) => {
        waits.push(ms);
        await env.clock.sleep(ms, signal);
      },
    });
    await vi.waitFor(() => expect(recorder.said()).toEqual(['bus-fault raised gateway']));
    await vi.waitFor(() => expect(Math.max(...waits)).toBe(60_000));
  });

  it('that has nothing yet has begun all the same', async () => {
    const first = start({ ...bySeq, start: 'now' });
    await vi.waitFor(() => expect(recorder.kept.size).toBe(1));
    await first.stop();
    await cloud.tell({ events: [event(1, 'alarm')] });
    start({ ...bySeq, start: 'now' });
    await vi.waitFor(() => expect(states()).toEqual(['active']));
  });

  it('that tells how things stand tells no event of before', async () => {
    await cloud.tell({ events: [event(1, 'opened'), event(2, 'alarm')] });
    start({ list: undefined }, '/state');
    await vi.waitFor(() => expect(states()).toEqual(['active']));
    await cloud.tell({ events: [event(3, 'opened'), event(2, 'alarm')] });
    await vi.waitFor(() => expect(states()).toEqual(['active', 'pulse']), 4000);
  });

  it('that tells how things stand is heard when something changes, and asked with its ETag', async () => {
    await cloud.tell({ events: [event(1, 'alarm')] });
    start({ list: undefined }, '/state?all=1');
    const seen = cloud.asked.length;
    await vi.waitFor(() => expect(cloud.asked.length).toBeGreaterThan(seen + 1), 4000);
    expect(cloud.asked.at(-1)?.headers['if-none-match']).toMatch(/^"\w+"$/);
    expect(states()).toEqual(['active']);
    await cloud.tell({ events: [event(2, 'normal'), event(1, 'alarm', 'u9')] });
    await vi.waitFor(() => expect(states()).toEqual(['active', 'inactive']), 4000);
  });

  it('that is away is a condition, and what it kept comes when it is back', async () => {
    await cloud.stop();
    const { sensors } = start(bySeq);
    await vi.waitFor(() => expect(recorder.said()).toEqual(['bus-fault raised gateway']), 8000);
    expect(recorder.conditions[0]).toMatchObject({ channel: 'poll-cloud', message: { en: expect.stringContaining('does not answer') } });
    expect(sensors.status()[1]).toMatchObject({
      device: 'gas-1',
      state: 'fault',
      problem: { en: expect.stringContaining('does not answer') },
    });
    await cloud.start();
    await cloud.tell({ events: [event(1, 'alarm')] });
    await vi.waitFor(() => expect(states()).toEqual(['active']), 8000);
    await vi.waitFor(() => expect(recorder.said()).toEqual(['bus-fault raised gateway', 'bus-fault cleared gateway']));
  });

  it.each<[string, object, object, string]>([
    ['sends us to another host', { status: 302, location: 'http://127.0.0.2:9/steal' }, {}, 'sends us to another host'],
    ['refuses us', { status: 401 }, {}, 'refuses us'],
    ['answers too much', { events: [{ text: 'x'.repeat(2000) }] }, { maxBody: '1KiB' }, 'too large'],
    ['answers too late', { hang: 2 }, { timeout: '500ms' }, 'does not answer'],
    ['has no list', {}, { list: 'elsewhere' }, 'cannot be used'],
    ['is busy', { status: 503, retryAfter: '1' }, {}, 'cannot be used'],
  ])('that %s is a condition that says so', async (_, told, part, words) => {
    await cloud.tell({ events: [], ...told });
    start({ ...part, login: { as: 'header', header: 'X-Key', secret: resolvedSecret('the-key') } });
    await vi.waitFor(() => expect(recorder.conditions[0]?.message.en).toContain(words), 8000);
    expect(JSON.stringify(recorder.conditions)).not.toContain('the-key');
  });

  it('follows a redirect on its own host alone', async () => {
    await cloud.tell({ events: [], status: 302, location: '/elsewhere' });
    start(bySeq);
    await vi.waitFor(() => expect(cloud.asked.slice(-2).map(({ path }) => path)).toEqual(['/elsewhere', '/elsewhere']));
    await vi.waitFor(() => expect(recorder.conditions[0]?.message.en).toContain('another host'), 8000);
  });
});

describe('a platform over HTTPS', () => {
  const stack = new AsyncDisposableStack();
  let certificates: TestCertificates;
  let cloud: Cloud;
  beforeAll(async () => {
    certificates = stack.use(await openTestCertificates());
    cloud = stack.use(await openCloud(certificates.server));
    await cloud.tell({ events: [event(1, 'alarm')] });
  });
  afterAll(() => stack.disposeAsync());

  it.each([
    [true, 'active'],
    [false, 'The TLS of the platform'],
  ])('is believed by its authority: %s', async (isKnown, expected) => {
    const recorder = openRecorder();
    const poll = {
      ...source,
      url: `https://localhost:${cloud.port}/events`,
      login: { as: 'basic', user: 'u', secret: resolvedSecret('p') },
      tls: { ca: isKnown ? certificates.ca : certificates.stranger.ca },
    };
    const sensors = openSensors(sensorsOptions.parse({ polls: [poll] }), recorder, env);
    const abort = new AbortController();
    const done = sensors.service.run(abort.signal);
    await vi.waitFor(
      () =>
        expect([...recorder.reports.map(({ state }) => state), ...recorder.conditions.map(({ message }) => message.en)].join()).toContain(
          expected,
        ),
      8000,
    );
    abort.abort();
    await done;
    expect(cloud.asked.every(({ headers }) => headers['authorization'] === `Basic ${btoa('u:p')}`)).toBe(true);
  });
});

it('asks with the cursor and the key where the configuration says', () => {
  const login = { as: 'query', name: 'serviceKey', secret: 'k+/=' } as unknown as Parameters<typeof questionOf>[0]['login'];
  const { url } = questionOf(
    { url: 'https://h/a?b=1', headers: {}, login, cursor: { by: 'text', path: 'at', parameter: 'since' } },
    '10:00 +9',
  );
  expect(url.href).toBe('https://h/a?b=1&since=10%3A00+%2B9&serviceKey=k%2B%2F%3D');
});
