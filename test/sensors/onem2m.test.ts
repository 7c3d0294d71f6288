// oneM2M: notifications as Mobius and ThingPlug write them sent with curl, ACME CSE as the platform that verifies, notifies and forgets, and whatever else may come.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Env, openLog, resolvedSecret, systemEnv } from '#base';
import { openSensors, type Sensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { openContainers, pick } from '../../src/sensors/onem2m/containers.ts';
import { readInstance, readNotice } from '../../src/sensors/onem2m/notification.ts';
import { type Cse, openCse } from '../peers/cse.ts';
import { freePort } from '../peers/gateway.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const system = systemEnv(openLog('silent'));
/** Waits as short as they may be, and then a fifth of that. */
const env: Env = {
  ...system,
  clock: { ...system.clock, sleep: (ms, signal) => system.clock.sleep(ms / 5, signal) },
  random: { ...system.random, uniform: () => 0 },
};
const token = 'a-token_of.the~platform';
const rule = (state: string, word: string) => ({ kind: 'gas', state, when: { path: 'state', equals: [word] } });
const map = {
  time: 'cin.time',
  rules: [rule('active', 'alarm'), rule('inactive', 'normal'), { ...rule('pulse', 'opened'), kind: 'tamper' }],
};
const source = {
  id: 'mobius',
  device: 'mobius',
  token: resolvedSecret(token),
  map,
  devices: [
    { device: 'gas-1', key: 'Mobius/ae-home/gas' },
    { device: 'gas-2', key: 'yard' },
  ],
};

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function start(recorder: Recorder, part: object = {}, port = 0): Promise<{ sensors: Sensors; base: string; stop(): Promise<void> }> {
  const sensors = openSensors(sensorsOptions.parse({ onem2m: { listen: { port }, sources: [{ ...source, ...part }] } }), recorder, env);
  const abort = new AbortController();
  const done = sensors.service.run(abort.signal);
  const stop = async (): Promise<void> => {
    abort.abort();
    await done;
  };
  stops.push(stop);
  const address = await vi.waitFor(() => sensors.onem2mAddress() ?? Promise.reject(new Error('not yet')));
  return { sensors, base: `http://127.0.0.1:${address.port}/onem2m`, stop };
}

async function post(url: string, body: string, more: readonly string[] = []): Promise<{ status: number; head: string; body: string }> {
  const headers = ['X-M2M-RI: x7', 'X-M2M-Origin: /Mobius2', 'Content-Type: application/json'].flatMap((header) => ['-H', header]);
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-i', '--max-time', '20', ...headers, ...more, '-d', body, url]);
  const [head = '', text = ''] = stdout.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body: text };
}

/** As Mobius 2 tells it: the path of names in `sur`, no `m2m:` inside of `nev`, `rvi` beside. */
function mobius(ri: string, con: unknown, container = 'Mobius/ae-home/gas'): string {
  const cin = {
    rn: `4-${ri}`,
    ty: 4,
    pi: '3-20260101',
    ri,
    ct: '20261120T010203',
    lt: '20261120T010203',
    et: '20281120T010203',
    st: 7,
    cs: 9,
    con,
    cr: 'Sdev',
  };
  return JSON.stringify({ 'm2m:sgn': { sur: `${container}/sub-bongsu`, nev: { rep: { 'm2m:cin': cin }, net: 3 }, rvi: '2a' } });
}

describe('a notification', () => {
  it('raises, is answered with its own identifier, and raises nothing twice', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    const url = `${base}/mobius/${token}`;
    const first = await post(url, mobius('4-1', { state: 'alarm' }), ['-H', 'X-M2M-RVI: 2a']);
    expect(first).toMatchObject({ status: 200, body: '' });
    expect(first.head).toMatch(/x-m2m-rsc: 2000/);
    expect(first.head).toMatch(/x-m2m-ri: x7/);
    expect(first.head).toMatch(/x-m2m-rvi: 2a/);
    expect((await post(url, mobius('4-1', { state: 'alarm' }))).status).toBe(200);
    expect((await post(url, mobius('4-2', '{"state":"normal"}', '/Mobius2/Mobius/ae-home/gas'))).status).toBe(200);
    expect((await post(url, mobius('4-3', '{"state":"alarm"}', 'Mobius/ae-yard/yard'))).status).toBe(200);
    expect(recorder.reports).toMatchObject([
      { device: 'gas-1', kind: 'gas', state: 'active', occurrenceKind: 'given' },
      { device: 'gas-1', kind: 'gas', state: 'inactive' },
      { device: 'gas-2', kind: 'gas', state: 'active' },
    ]);
  });

  it('of verification is answered when it comes to the right address', async () => {
    const { base } = await start(openRecorder());
    const body = JSON.stringify({ 'm2m:sgn': { vrq: true, sur: 'Mobius/ae-home/gas/sub-bongsu', cr: 'Sbongsu' } });
    expect((await post(`${base}/mobius/${token}`, body)).head).toMatch(/^http\/1.1 200.*x-m2m-rsc: 2000/s);
    expect((await post(`${base}/mobius/another-token-of-theirs`, body)).head).toMatch(/^http\/1.1 404.*x-m2m-rsc: 4004/s);
  });

  it.each<[string, string, string, number, RegExp]>([
    ['a wrong token', 'mobius/x', mobius('1', {}), 404, /nobody here/],
    ['another name', `nobody/${token}`, mobius('1', {}), 404, /nobody here/],
    ['a container that nobody has', `mobius/${token}`, mobius('1', { state: 'alarm' }, 'Mobius/ae/other'), 404, /no device/],
    ['no JSON', `mobius/${token}`, '<m2m:sgn/>', 400, /not JSON/],
    ['no notification', `mobius/${token}`, '{"a":1}', 400, /no notification/],
    ['an update', `mobius/${token}`, '{"m2m:sgn":{"nev":{"rep":{"m2m:cnt":{"cni":3}},"net":1},"sur":"a/b"}}', 400, /no content instance/],
    ['too much', `mobius/${token}`, mobius('1', 'x'.repeat(66_000)), 413, /64 KiB/],
  ])('is refused with %s', async (_, path, body, status, words) => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    const file = body.length > 1000 ? ['--data-binary', '@-'] : [];
    const refused =
      file.length > 0
        ? await fetch(`${base}/${path}`, { method: 'POST', body }).then(async (r) => ({ status: r.status, body: await r.text() }))
        : await post(`${base}/${path}`, body);
    expect(refused.status).toBe(status);
    expect(refused.body).toMatch(words);
    expect(recorder.reports).toEqual([]);
  });

  it('from another address than the platform’s is not heard', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder, { from: ['127.0.0.2', '10.0.0.0/8'] });
    const send = (address: string) => post(`${base}/mobius/${token}`, mobius('1', { state: 'alarm' }), ['--interface', address]);
    expect((await send('127.0.0.1')).status).toBe(404);
    expect((await send('127.0.0.2')).status).toBe(200);
  });

  it('that the store does not take is answered 500, and taken when it comes again', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    recorder.failing = true;
    expect((await post(`${base}/mobius/${token}`, mobius('9', { state: 'alarm' }))).head).toMatch(/^http\/1.1 500.*x-m2m-rsc: 5000/s);
    recorder.failing = false;
    expect((await post(`${base}/mobius/${token}`, mobius('9', { state: 'alarm' }))).status).toBe(200);
    expect(recorder.reports).toHaveLength(1);
  });
});

describe('what a notification holds', () => {
  const cin = (part: object) => ({ 'm2m:sgn': { nev: { rep: { 'm2m:cin': { ri: 'c1', con: 'x', ...part } }, net: 3 }, sur: '/id/sub1' } });
  it.each<[string, object, object]>([
    ['a number', { con: 3 }, { value: 3 }],
    ['a number as text', { con: '21.5' }, { value: 21.5 }],
    ['a word', { con: '경보' }, { value: '경보' }],
    ['an object', { con: { a: 1 } }, { a: 1 }],
    ['an object as text', { con: '{"a":1}' }, { a: 1 }],
    ['a list', { con: '[1]' }, { value: [1] }],
    ['base64', { con: btoa('{"a":2}'), cnf: 'application/json:1' }, { a: 2 }],
    ['a time', { con: 1, ct: '20261120T162448,554660' }, { value: 1, cin: { id: 'c1', time: '2026-11-20T16:24:48.554Z' } }],
  ])('is %s', (_, part, content) => {
    expect(readNotice(cin(part))).toMatchObject({ what: 'instances', instances: [{ name: 'c1', content }] });
  });

  it('comes together, as numbers in texts, and without prefixes', () => {
    const one = { nev: { rep: { cin: { ri: 'c1', con: '1' } }, net: '3' }, sur: 'a/b' };
    expect(readNotice({ sgn: one })).toMatchObject({ instances: [{ name: 'c1' }] });
    expect(readNotice({ 'm2m:agn': { 'm2m:sgn': [one, { ...one, nev: {} }] } })).toMatchObject({ instances: [{ name: 'c1' }], odd: 1 });
    expect(readNotice({ 'm2m:sgn': { sud: true, sur: 'a/b' } })).toEqual({ what: 'deletion' });
    expect(readNotice({ 'm2m:sgn': { vrq: 'true' } })).toEqual({ what: 'verification' });
  });

  it('is read or refused, whatever comes', () => {
    const names = fc.constantFrom(
      'm2m:sgn',
      'sgn',
      'm2m:agn',
      'nev',
      'rep',
      'm2m:cin',
      'con',
      'ri',
      'sur',
      'vrq',
      'sud',
      'net',
      'cnf',
      'ct',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(names, tie('tree'), { maxKeys: 4 }),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (body) => {
        const notice = readNotice(body);
        if (notice?.what !== 'instances') return;
        for (const { name, content } of notice.instances) {
          expect(name === undefined || name.length <= 200).toBe(true);
          expect(typeof content).toBe('object');
        }
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (answer) => readInstance(answer) === undefined || true));
  });

  it('is of the container that its path, or an identifier that was learnt, names', () => {
    const containers = openContainers();
    containers.learn('/id-in/sub77', 'cse-in/ae1/smoke');
    containers.learn('cnt5', 'cse-in/ae1/heat');
    const known = ['cse-in/ae1/smoke', 'heat'];
    const of = (subscription?: string, parent?: string) => pick(known, containers.namesOf({ subscription, parent }));
    expect(of('/id-in/sub77', 'cnt9')).toBe('cse-in/ae1/smoke');
    expect(of('/id-in/sub78', 'cnt5')).toBe('heat');
    expect(of('//sp/id-in/cse-in/ae1/smoke/sub')).toBe('cse-in/ae1/smoke');
    expect(of('cse-in/ae1/preheat/sub')).toBeUndefined();
    expect(of()).toBeUndefined();
    fc.assert(
      fc.property(fc.option(fc.string(), { nil: undefined }), fc.option(fc.string(), { nil: undefined }), (subscription, parent) => {
        expect(containers.namesOf({ subscription, parent }).every((name) => typeof name === 'string')).toBe(true);
      }),
    );
  });
});

describe('a platform that we subscribe at: ACME CSE', () => {
  const stack = new AsyncDisposableStack();
  let cse: Cse;
  let recorder: Recorder;
  let port = 0;
  beforeAll(async () => {
    cse = stack.use(await openCse());
    await cse.furnish('ae1', ['gas', 'yard', 'door']);
    port = await freePort();
  }, 300_000);
  beforeEach(() => {
    recorder = openRecorder();
  });
  afterAll(() => stack.disposeAsync());

  const at = (containers: readonly string[], part: object = {}) => ({
    devices: [
      { device: 'gas-1', key: 'cse-in/ae1/gas' },
      { device: 'gas-2', key: 'cse-in/ae1/yard' },
    ],
    cse: { url: cse.url, origin: 'CAdmin', notify: `http://127.0.0.1:${port}`, containers, check: '10s', ...part },
  });
  const both = ['cse-in/ae1/gas', 'cse-in/ae1/yard'];
  const said = (): string[] => recorder.reports.map(({ device, state }) => `${device} ${state}`);
  const subscribed = (container: string) =>
    vi.waitFor(async () => expect((await cse.ask('GET', `${container}/bongsu-mobius`)).code).toBe('2000'), 8000);

  it('notifies us of what its devices tell, and what it could not tell is fetched', async () => {
    const first = await start(recorder, at(both), port);
    await subscribed('cse-in/ae1/yard');
    await cse.tell('cse-in/ae1/gas', JSON.stringify({ state: 'alarm' }));
    await cse.tell('cse-in/ae1/yard', { state: 'alarm' });
    await cse.tell('cse-in/ae1/gas', JSON.stringify({ state: 'normal' }));
    await vi.waitFor(() => expect(said().toSorted()).toEqual(['gas-1 active', 'gas-1 inactive', 'gas-2 active']), 5000);
    expect(recorder.reports.every(({ clockQuality }) => clockQuality === 'synchronised')).toBe(true);
    await first.stop();
    await cse.tell('cse-in/ae1/yard', { state: 'normal' });
    const second = await start(recorder, at(both), port);
    await vi.waitFor(() => expect(said().slice(3)).toEqual(['gas-2 inactive']), 5000);
    expect(second.sensors.status()).toMatchObject([
      { driver: 'onem2m', problem: undefined },
      { state: 'waiting' },
      { device: 'gas-2', state: 'ok' },
    ]);
  });

  it('that loses our subscription, or names another address in it, has it again', async () => {
    await cse.ask('PUT', 'cse-in/ae1/gas/bongsu-mobius', { body: { 'm2m:sub': { nu: [`${cse.url}/nowhere`] } } });
    await start(recorder, at(['cse-in/ae1/gas']), port);
    await vi.waitFor(
      async () => expect(JSON.stringify((await cse.ask('GET', 'cse-in/ae1/gas/bongsu-mobius')).body)).toContain(`:${port}/onem2m/mobius/`),
      5000,
    );
    await cse.ask('DELETE', 'cse-in/ae1/gas/bongsu-mobius');
    await post(
      `http://127.0.0.1:${port}/onem2m/mobius/${token}`,
      JSON.stringify({ 'm2m:sgn': { sud: true, sur: 'cse-in/ae1/gas/bongsu-mobius' } }),
    );
    await subscribed('cse-in/ae1/gas');
  });

  it('tells no event of before the first look, and each that came while we were away', async () => {
    const door = 'cse-in/ae1/door';
    const here = { ...at([door]), devices: [{ device: 'gas-1', key: 'door' }] };
    await cse.tell(door, { state: 'opened' });
    const first = await start(recorder, here, port);
    await vi.waitFor(() => expect(recorder.kept.get('onem2m mobius')).toContain(door), 8000);
    await first.stop();
    expect(said()).toEqual([]);
    await cse.tell(door, { state: 'opened' });
    await start(recorder, here, port);
    await vi.waitFor(() => expect(said()).toEqual(['gas-1 pulse']), 8000);
  });

  it('is heard with one container while another is missing', async () => {
    await cse.ask('DELETE', 'cse-in/ae1/gas/bongsu-mobius');
    await start(recorder, at(['cse-in/ae1/none', 'cse-in/ae1/gas']), port);
    await subscribed('cse-in/ae1/gas');
    await vi.waitFor(() => expect(recorder.conditions.map(({ message }) => message.en).join()).toContain('no such container'), 8000);
  });

  it.each([
    ['has no such container', { containers: ['cse-in/ae1/none'] }, 'no such container'],
    ['does not know us', { origin: 'Cstranger' }, 'refuses us'],
    ['does not reach us', { notify: 'http://127.0.0.1:1', subscription: 'another' }, 'does not reach us'],
    ['does not answer', { url: 'http://127.0.0.1:1' }, 'does not answer'],
  ])('and that %s is a condition', async (_, part, words) => {
    await start(recorder, at(['cse-in/ae1/gas'], part), port);
    await vi.waitFor(() => expect(recorder.conditions.map(({ message }) => message.en).join()).toContain(words), 8000);
    expect(recorder.conditions.find(({ state }) => state === 'raised')).toMatchObject({ kind: 'bus-fault', channel: 'onem2m-mobius' });
    expect(JSON.stringify(recorder.conditions)).not.toContain(token);
  });
});
