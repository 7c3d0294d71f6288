// Senders that sign, forms, and whoever guesses: signatures made by openssl, sent with curl.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Env, openLog, resolvedSecret, systemEnv } from '#base';
import { openSensors, type Sensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { openSlowness } from '../../src/sensors/http/slowness.ts';
import { signatureOption } from '../../src/sensors/signature-option.ts';
import { parseForm } from '../../src/sensors/webhook/form.ts';
import { judgeSignature } from '../../src/sensors/webhook/signature.ts';
import { openSpent } from '../../src/sensors/webhook/spent.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const run = promisify(execFile);
const env = systemEnv(openLog('silent'));
const key = 'a-key-of-the-sender-0123';
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const rule = (state: string, word: string) => ({ kind: 'gas', state, when: { path: 'state', equals: [word] } });
const map = { id: 'no', rules: [rule('active', 'alarm'), rule('inactive', 'normal')] };
const signed = { id: 'signed', device: 'gas-1', hmac: { secret: resolvedSecret(key), prefix: 'sha256=' }, map };
const timed = {
  id: 'timed',
  device: 'gas-2',
  hmac: { secret: resolvedSecret(key), encoding: 'base64', timestamp: {} },
  map,
  template: 'hydrant',
};
const form = {
  id: 'form',
  device: 'gas-3',
  token: resolvedSecret('a-token-0123456789'),
  body: 'form',
  map: { ...map, detail: { where: 'place' } },
};
const shaped = { id: 'shaped', device: 'gas-4', token: resolvedSecret('a-token-0123456789'), body: 'form', template: 'hydrant' };

async function start(recorder: Recorder): Promise<{ sensors: Sensors; base: string }> {
  const webhook = { listen: { port: 0 }, sources: [signed, timed, form, shaped] };
  const sensors = openSensors(sensorsOptions.parse({ webhook }), recorder, env);
  const stop = new AbortController();
  const done = sensors.service.run(stop.signal);
  stops.push(async () => {
    stop.abort();
    await done;
  });
  const { port } = await vi.waitFor(() => sensors.webhookAddress() ?? Promise.reject(new Error('not yet')));
  return { sensors, base: `http://127.0.0.1:${port}/webhook` };
}

async function post(url: string, body: string | Buffer, headers: readonly string[]): Promise<{ status: number; body: unknown }> {
  const flags = headers.flatMap((header) => ['-H', header]);
  const curl = run('curl', ['-sS', '--max-time', '20', '-w', '\n%{http_code}', ...flags, '--data-binary', '@-', url]);
  curl.child.stdin?.end(body);
  const { stdout } = await curl;
  const cut = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(cut + 1)), body: JSON.parse(stdout.slice(0, cut)) };
}

/** As a sender's own program would: openssl signs. */
async function sign(text: string, secret = key): Promise<string> {
  const openssl = run('openssl', ['dgst', '-sha256', '-hmac', secret, '-r']);
  openssl.child.stdin?.end(text);
  return (await openssl).stdout.slice(0, 64);
}

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const alarm = (no: string, state = 'alarm'): string => JSON.stringify({ no, state });

describe('a sender that signs', () => {
  it('is heard with the right signature of the very bytes, and with no other', async () => {
    const recorder = openRecorder();
    const { base, sensors } = await start(recorder);
    const mac = await sign(alarm('1'));
    expect(await post(`${base}/signed`, alarm('1'), [`X-Signature-256: sha256=${mac}`])).toMatchObject({
      status: 200,
      body: { result: 'raised' },
    });
    expect(await post(`${base}/signed`, alarm('1'), [`X-Signature-256: sha256=${mac}`])).toMatchObject({ body: { result: 'duplicate' } });
    const wrong: [string, string[]][] = [
      [`${alarm('1')} `, [`X-Signature-256: sha256=${mac}`]],
      [alarm('1'), [`X-Signature-256: ${mac}`]],
      [alarm('1'), [`X-Signature-256: sha256=${await sign(alarm('1'), 'another-key-0123456789')}`]],
      [alarm('1'), []],
    ];
    for (const [body, headers] of wrong)
      expect(await post(`${base}/signed`, body, headers)).toMatchObject({ status: 401, body: { error: 'wrong-signature' } });
    await vi.waitFor(() => expect(recorder.said()).toContain('sensor-fault raised gas-1'));
    expect(sensors.status()[0]?.problem?.en).toContain('4 messages with a wrong secret');
    const cleared = await sign(alarm('2', 'normal'));
    expect(await post(`${base}/signed`, alarm('2', 'normal'), [`X-Signature-256: sha256=${cleared}`])).toMatchObject({ status: 200 });
    await vi.waitFor(() => expect(recorder.said()).toContain('sensor-fault cleared gas-1'));
    expect(recorder.reports).toHaveLength(2);
  });

  it('is refused with an old time, and a replay is judged no more', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    const send = async (no: string, seconds: number, state?: string): Promise<{ status: number; body: unknown }> => {
      const time = String(Math.round(Date.now() / 1000) + seconds);
      const body = alarm(no, state);
      return post(`${base}/timed`, body, [`X-Timestamp: ${time}`, `X-Signature-256: ${base64(await sign(`${time}.${body}`))}`]);
    };
    expect(await send('1', -301)).toMatchObject({ status: 401, body: { error: 'wrong-time' } });
    expect(await send('1', 302)).toMatchObject({ status: 401, body: { error: 'wrong-time' } });
    expect(await send('1', -5)).toMatchObject({ status: 200, body: { result: 'raised' } });
    expect(await send('2', -4, 'normal')).toMatchObject({ status: 200, body: { result: 'cleared' } });
    expect(await send('2', -4, 'normal')).toMatchObject({ status: 200, body: { result: 'duplicate' } });
  });
});

it.each([
  ['an all-clear', { state: 'normal' }],
  ['a value', { pressure: 120 }],
] as const)(
  'a signed message that somebody has caught is no second one after a restart, whatever name it is given: %s',
  async (_, content) => {
    const recorder = openRecorder();
    const first = await start(recorder);
    const time = String(Math.round(Date.now() / 1000));
    const body = JSON.stringify(content);
    const headers = [`X-Timestamp: ${time}`, `X-Signature-256: ${base64(await sign(`${time}.${body}`))}`];
    expect(await post(`${first.base}/timed`, body, [...headers, 'Idempotency-Key: one'])).toMatchObject({ status: 200 });
    const before = recorder.reports.length + recorder.readings.length;
    await stops.pop()?.();
    const second = await start(recorder);
    expect(await post(`${second.base}/timed`, body, [...headers, 'Idempotency-Key: two'])).toMatchObject({ body: { result: 'duplicate' } });
    recorder.kept.clear(); // killed before it was noted: the store's own key is left
    await stops.pop()?.();
    const third = await start(recorder);
    await post(`${third.base}/timed`, body, [...headers, 'Idempotency-Key: three']);
    if ('state' in content) expect(recorder.reports.length + recorder.readings.length).toBe(before);
  },
);

describe('a form', () => {
  it('is an object of its fields, also in the charset of old senders', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    const token = 'Authorization: Bearer a-token-0123456789';
    expect(await post(`${base}/form`, 'no=7&state=alarm&place=%EB%B3%B8%EA%B4%80+3%EC%B8%B5', [token])).toMatchObject({ status: 200 });
    const korean = 'Content-Type: application/x-www-form-urlencoded; charset=EUC-KR';
    expect(await post(`${base}/form`, 'no=8&state=normal&place=%BA%BB%B0%FC', [token, korean])).toMatchObject({ status: 200 });
    expect(await post(`${base}/form`, 'no=9&state=%FF', [token])).toMatchObject({ status: 400, body: { error: 'bad-form' } });
    expect(recorder.reports).toMatchObject([
      { device: 'gas-3', state: 'active', detail: { where: '본관 3층' } },
      { device: 'gas-3', state: 'inactive', detail: { where: '본관' } },
    ]);
    expect(await post(`${base}/shaped`, 'pressure=120', [token])).toMatchObject({ status: 200, body: { result: 'measured' } });
  });

  it('is read as the URL Standard reads it', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(text, text), { minLength: 1, maxLength: 20, selector: ([name]) => name }), (pairs) => {
        const wellFormed = pairs.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()]);
        const parsed = parseForm(Buffer.from(new URLSearchParams(wellFormed).toString()), undefined);
        expect(parsed).toEqual({ ok: true, value: Object.fromEntries(wellFormed) });
      }),
    );
  });

  it('is bounded, and whatever comes is read or refused', () => {
    expect(parseForm(Buffer.from('a=1&'.repeat(257)), undefined)).toMatchObject({ ok: false });
    expect(parseForm(Buffer.from('a=1&a=2'), undefined)).toEqual({ ok: true, value: { a: ['1', '2'] } });
    expect(parseForm(Buffer.from('__proto__=1&b=2'), undefined)).toMatchObject({ ok: true });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, type) => typeof parseForm(bytes, type).ok === 'boolean'));
  });
});

describe('a signature', () => {
  const options = signatureOption.parse({ secret: resolvedSecret(key), timestamp: { window: '1m', joint: ':' } });
  const now = Date.UTC(2026, 10, 20);

  it('is wrong for every other body, time and text', async () => {
    const body = Buffer.from('{"a":1}');
    const time = String(now / 1000);
    const signature = await sign(`${time}:{"a":1}`);
    const judge = (given: { signature?: string; time?: string; body?: Uint8Array }, at = now) =>
      judgeSignature(options, { signature, time, body, ...given }, at);
    expect(judge({})).toBe('right');
    expect(judge({ signature: signature.toUpperCase() })).toBe('right');
    expect([judge({}, now + 60_001), judge({}, now - 60_001), judge({}, now + 60_000)]).toEqual(['late', 'late', 'right']);
    expect(judge({}, Date.UTC(2000, 0, 1))).toBe('right'); // our own clock was never set
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.string(), fc.string(), (other, sign2, time2) => {
        if (Buffer.compare(other, body) !== 0) expect(judge({ body: other })).toBe('wrong');
        expect(judge({ signature: sign2 })).toBe('wrong');
        if (time2 !== time) expect(judge({ time: time2 })).toBe('wrong');
      }),
    );
  });

  it('that was spent is known in this life and the next, or too old to be told', async () => {
    const clock = openFakeClock(now);
    const recorder = openRecorder();
    const open = () => openSpent({ source: 'webhook s signed', window: 60_000 }, { clock, marks: recorder.marks });
    const spent = open();
    const signedAt = (count: number) => ({ name: `name-of-signature-${count}`.padEnd(44, 'x'), sentMs: now + count });
    const names = Array.from({ length: 201 }, (_, count) => signedAt(count)).map((each, count) => ({
      ...each,
      name: `${count}${each.name}`,
    }));
    for (const name of names) await spent.add(name);
    const beyond = { ...signedAt(201), name: 'new' };
    const judge = async (memory: ReturnType<typeof open>) =>
      Promise.all([...names.slice(0, 2), ...names.slice(-1), beyond].map((each) => memory.judge(each)));
    expect(await judge(spent)).toEqual(['spent', 'spent', 'spent', 'new']);
    expect(await judge(open())).toEqual(['late', 'spent', 'spent', 'new']);
    clock.advance(130_000);
    await spent.add({ name: 'later', sentMs: now + 130_000 });
    expect(await judge(open())).toEqual(['new', 'new', 'new', 'new']); // their time is refused before
  });

  it('is asked for again where the store failed, and nothing passes meanwhile', async () => {
    const recorder = openRecorder();
    const spent = openSpent({ source: 's', window: 60_000 }, { clock: openFakeClock(now), marks: recorder.marks });
    recorder.failing = true;
    await expect(spent.add({ name: 'a', sentMs: now })).rejects.toThrow('disk full');
    recorder.failing = false;
    await spent.add({ name: 'b', sentMs: now });
    expect(recorder.kept.get('s')).toContain('"a"');
    recorder.kept.set('s', '{"names":[[1,2],"x"],"until":"y"}');
    const next = openSpent({ source: 's', window: 60_000 }, { clock: openFakeClock(now), marks: recorder.marks });
    expect(await next.judge({ name: 'a', sentMs: now })).toBe('new');
  });
});

describe('whoever guesses', () => {
  it('waits twice as long each time, by address, and is sent away beyond eight', async () => {
    const clock = openFakeClock(0);
    const fake: Env = { ...env, clock };
    const slowness = openSlowness(fake);
    const { signal } = new AbortController();
    const waits: number[] = [];
    for (let count = 0; count < 7; count += 1) {
      const before = clock.monotonicMs();
      let isOver = false;
      const holding = async (): Promise<void> => {
        await slowness.hold('10.0.0.1', signal);
        isOver = true;
      };
      void holding();
      while (!isOver) {
        clock.advance(250);
        await Promise.resolve();
        await Promise.resolve();
        await Promise.resolve();
      }
      waits.push(Math.round((clock.monotonicMs() - before) / 250));
    }
    expect(waits.map((wait, index) => Math.abs(wait - Math.min(32, 2 ** index)) <= 1)).toEqual(Array(7).fill(true));
    const held = Array.from({ length: 8 }, () => slowness.hold('10.0.0.2', signal));
    expect(await slowness.hold('10.0.0.2', signal)).toBe(false);
    clock.advance(8000);
    expect(await Promise.all(held)).toEqual(Array(8).fill(true));
  });

  it('does not keep a sender waiting that has its secret, from the same address', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    const guesses = Array.from({ length: 20 }, () =>
      fetch(`${base}/form`, { method: 'POST', body: 'a=1', headers: { authorization: 'Bearer x' } }),
    );
    const statuses = Promise.all(guesses.map(async (guess) => (await guess).status));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = performance.now();
    expect(await post(`${base}/form`, 'no=1&state=alarm', ['Authorization: Bearer a-token-0123456789'])).toMatchObject({ status: 200 });
    expect(performance.now() - before).toBeLessThan(2000);
    for (const stop of stops.splice(0)) await stop();
    const all = await statuses;
    expect([...new Set(all)].toSorted((a, b) => a - b)).toEqual([401, 429]);
  });
});

it('needs one secret and one alone', () => {
  const parse = (part: object) => sensorsOptions.safeParse({ webhook: { sources: [{ id: 'a', device: 'a', map, ...part }] } });
  expect(parse({}).error?.issues[0]?.message).toContain('either token or hmac');
  expect(parse({ token: resolvedSecret('0123456789abcdef'), hmac: { secret: resolvedSecret(key) } }).success).toBe(false);
  expect(parse({ hmac: { secret: resolvedSecret('short') } }).error?.issues[0]?.message).toContain('16 to 256 bytes');
});
