// The webhook from outside, with curl: what is answered when, and what is reported; its pure parts for whatever may come.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openLog, resolvedSecret, systemEnv } from '#base';
import { openSensors, type Sensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { parseJson, valueAt } from '../../src/sensors/messages/json.ts';
import { interpret, nameAt } from '../../src/sensors/messages/mapping.ts';
import { messageMaps } from '../../src/sensors/messages/maps.ts';
import { openTestCertificates } from '../peers/certificates.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const run = promisify(execFile);
const env = systemEnv(openLog('silent'));
const token = '0123456789abcdef-token';
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const cloud = {
  id: 'cloud',
  device: 'cloud-gateway',
  token: resolvedSecret('another-token-0123456789'),
  map: {
    device: 'deviceInfo.devEui',
    time: 'time',
    detail: { battery: 'object.battery' },
    rules: [
      { kind: 'smoke', state: 'active', when: { path: 'object.event', equals: ['alarm'] } },
      { kind: 'tamper', channel: 'mount', state: 'pulse', when: { path: 'object.event', equals: ['removed'] } },
    ],
  },
  devices: [{ device: 'home-1', key: 'aa01' }],
};

async function start(recorder: Recorder, part: object = {}, tls?: object): Promise<{ sensors: Sensors; base: string }> {
  const webhook = {
    listen: { port: 0 },
    ...(tls ? { tls } : {}),
    sources: [{ id: 'radar', device: 'fall-1', token: resolvedSecret(token), map: 'fall-webhook', ...part }, cloud],
  };
  const sensors = openSensors(sensorsOptions.parse({ webhook }), recorder, env);
  const stop = new AbortController();
  const done = sensors.service.run(stop.signal);
  stops.push(async () => {
    stop.abort();
    await done;
  });
  const address = await vi.waitFor(() => {
    const found = sensors.webhookAddress();
    if (!found) throw new Error('not yet');
    return found;
  });
  return { sensors, base: `http://127.0.0.1:${address.port}` };
}

/** Sends with curl; the answer is its status, its JSON and its headers. */
async function post(
  url: string,
  body: string,
  more: string[] = [],
  bearer = token,
): Promise<{ status: number; body: unknown; head: string }> {
  const curl = run('curl', ['-sS', '-i', '--max-time', '20', '-H', `Authorization: Bearer ${bearer}`, '--data-binary', '@-', ...more, url]);
  curl.child.stdin?.on('error', () => {});
  curl.child.stdin?.end(body);
  const text = (await curl).stdout.replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, '');
  const [head = '', json = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body: JSON.parse(json), head: head.toLowerCase() };
}

const fall = (id: string, status: string): string =>
  JSON.stringify({ id, type: 1, payload: { status, timestamp: new Date().toISOString() } });

describe('the webhook', () => {
  it('raises and clears a fall, and answers a repeat with the same alarm', async () => {
    const recorder = openRecorder();
    const { base, sensors } = await start(recorder);
    const first = await post(`${base}/webhook/radar`, fall('m1', 'fall confirmed'));
    expect(first).toMatchObject({ status: 200, body: { result: 'raised', alarmId: 'alarm-1' } });
    expect(await post(`${base}/webhook/radar`, fall('m1', 'fall confirmed'))).toMatchObject({
      status: 200,
      body: { result: 'duplicate', alarmId: 'alarm-1' },
    });
    expect(await post(`${base}/webhook/radar`, fall('m1', 'fall exit'))).toMatchObject({ status: 200, body: { result: 'cleared' } });
    expect(await post(`${base}/webhook/radar`, fall('m2', 'present'))).toMatchObject({ status: 200, body: { result: 'ignored' } });
    expect(recorder.reports).toMatchObject([
      {
        device: 'fall-1',
        channel: 'fall',
        kind: 'fall',
        state: 'active',
        clockQuality: 'synchronised',
        detail: { status: 'fall confirmed' },
      },
      { device: 'fall-1', channel: 'fall', kind: 'fall', state: 'inactive' },
    ]);
    expect(sensors.status()[0]).toMatchObject({ device: 'fall-1', driver: 'webhook', source: 'radar', state: 'ok' });
  });

  it('takes the Idempotency-Key where the body has no id, else the body itself', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    const body = JSON.stringify({ payload: { status: 'fall confirmed' } });
    const outcome = async (more: string[], text = body): Promise<unknown> => (await post(`${base}/webhook/radar`, text, more)).body;
    expect(await outcome(['-H', 'Idempotency-Key: k1'])).toMatchObject({ result: 'raised' });
    expect(await outcome(['-H', 'Idempotency-Key: k1'])).toMatchObject({ result: 'duplicate' });
    expect(await outcome(['-H', 'Idempotency-Key: k2'])).toMatchObject({ result: 'raised' });
    expect(await outcome([])).toMatchObject({ result: 'raised' });
    expect(await outcome([])).toMatchObject({ result: 'duplicate' });
    expect(await outcome([], `${body} `)).toMatchObject({ result: 'raised' });
    expect(recorder.reports.map(({ occurrenceKind }) => occurrenceKind)).toEqual(['given', 'given', 'derived', 'derived']);
    expect(await post(`${base}/webhook/radar`, body, ['-H', `Idempotency-Key: ${'x'.repeat(201)}`])).toMatchObject({
      status: 400,
      body: { error: 'bad-key' },
    });
  });

  it('speaks for many devices of one cloud', async () => {
    const recorder = openRecorder();
    const { base, sensors } = await start(recorder);
    const say = (devEui: string, event: string) =>
      JSON.stringify({ time: '2020-01-01T00:00:00Z', deviceInfo: { devEui }, object: { event, battery: 88 } });
    const send = (body: string) => post(`${base}/webhook/cloud`, body, [], 'another-token-0123456789');
    expect(await send(say('aa01', 'alarm'))).toMatchObject({ status: 200 });
    expect(await send(say('aa01', 'removed'))).toMatchObject({ status: 200 });
    expect(await send(say('bb02', 'alarm'))).toMatchObject({ status: 404, body: { error: 'no-such-device' } });
    expect(recorder.reports).toMatchObject([
      { device: 'home-1', channel: 'smoke', kind: 'smoke', state: 'active', clockQuality: 'receipt', detail: { battery: 88 } },
      { device: 'home-1', channel: 'mount', kind: 'tamper', state: 'pulse' },
    ]);
    expect(sensors.devices().map(({ id, address }) => `${id} ${address}`)).toEqual(['fall-1 radar', 'cloud-gateway cloud', 'home-1 cloud']);
    expect((await post(`${base}/webhook/cloud`, say('aa01', 'alarm'))).status).toBe(401);
  });

  it('answers 503 with Retry-After while the store fails, and success only after the commit', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    recorder.failing = true;
    const refused = await post(`${base}/webhook/radar`, fall('m1', 'fall confirmed'));
    expect(refused).toMatchObject({ status: 503, body: { error: 'not-stored' } });
    expect(refused.head).toContain('retry-after: 5');
    recorder.failing = false;
    const commit = Promise.withResolvers<void>();
    const report = recorder.report;
    const manners: unknown[] = [];
    recorder.report = async (one, how) => {
      manners.push(how);
      await commit.promise;
      return report(one);
    };
    let answered = false;
    const answer = post(`${base}/webhook/radar`, fall('m1', 'fall confirmed')).finally(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    commit.resolve();
    expect(await answer).toMatchObject({ status: 200, body: { result: 'raised' } });
    expect(manners).toEqual([{ answers: true }]);
  });

  it.each<[string, string, string, string[], string, number, string]>([
    ['a wrong token', 'radar', '{}', [], 'wrong-token-0123456789', 401, 'unauthorised'],
    ['an unknown source', 'nobody', '{}', [], token, 404, 'no-such-source'],
    ['a body of 64 KiB and a byte', 'radar', `"${'x'.repeat(65_535)}"`, [], token, 413, 'too-large'],
    ['the same in chunks', 'radar', `"${'x'.repeat(200_000)}"`, ['-H', 'Transfer-Encoding: chunked'], token, 413, 'too-large'],
    ['what is no JSON', 'radar', '{"id":', [], token, 400, 'bad-json'],
    ['an empty body', 'radar', '', [], token, 400, 'bad-json'],
    ['a deep body', 'radar', '['.repeat(17) + ']'.repeat(17), [], token, 400, 'bad-json'],
    ['a PUT', 'radar', '{}', ['-X', 'PUT'], token, 405, 'method-not-allowed'],
  ])('refuses %s', async (_, source, body, more, bearer, status, error) => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    expect(await post(`${base}/webhook/${source}`, body, more, bearer)).toMatchObject({ status, body: { error } });
    expect(recorder.reports).toEqual([]);
    expect((await post(`${base}/webhook/radar`, fall('next', 'fall confirmed'))).status).toBe(200);
  });

  it('answers 503 when too many wait for the store at once', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    const commit = Promise.withResolvers<void>();
    const report = recorder.report;
    recorder.report = async (one) => {
      await commit.promise;
      return report(one);
    };
    const send = (index: number) =>
      fetch(`${base}/webhook/radar`, {
        method: 'POST',
        body: fall(`m${index}`, 'fall confirmed'),
        headers: { authorization: `Bearer ${token}` },
      });
    const all = Array.from({ length: 100 }, (_, index) => send(index));
    const early = await Promise.race(all);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);
    commit.resolve();
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(64);
    expect(recorder.reports.length).toBe(statuses.filter((status) => status === 200).length);
  });

  it('outlives peers that send garbage or go away', async () => {
    const recorder = openRecorder();
    const { base } = await start(recorder);
    const port = Number(new URL(base).port);
    for (const text of [
      '\0\xff\r\n\r\n',
      `POST /webhook/radar HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 50\r\n\r\n{"id"`,
    ]) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.end(text);
      socket.resume();
      await once(socket, 'close');
    }
    expect((await post(`${base}/webhook/radar`, fall('after', 'fall confirmed'))).status).toBe(200);
  });

  it('on a port that is taken is a condition, and listens when the port is free', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const recorder = openRecorder();
    const webhook = {
      listen: { port },
      sources: [{ id: 'radar', device: 'fall-1', token: resolvedSecret(token), map: 'fall-webhook' }],
    };
    const sensors = openSensors(sensorsOptions.parse({ webhook }), recorder, env);
    const stop = new AbortController();
    const done = sensors.service.run(stop.signal);
    stops.push(async () => {
      stop.abort();
      await done;
    });
    await vi.waitFor(() => expect(recorder.said()).toEqual(['bus-fault raised gateway']), 5000);
    expect(recorder.conditions[0]).toMatchObject({
      channel: 'webhook',
      message: { ko: expect.stringMatching(/^[^0-9]*ss -ltnp[^0-9]*$/), en: expect.stringMatching(/^[^0-9]*ss -ltnp[^0-9]*$/) },
      detail: expect.stringMatching(new RegExp(`^listen EADDRINUSE.* 127\\.0\\.0\\.1:${port}$`)),
    });
    blocker.close();
    await vi.waitFor(() => expect(recorder.said().at(-1)).toBe('bus-fault cleared gateway'), { timeout: 8000, interval: 100 });
    expect((await post(`http://127.0.0.1:${port}/webhook/radar`, fall('m', 'fall confirmed'))).status).toBe(200);
  });

  it('speaks HTTPS with the certificate it is given, and says when it cannot', async () => {
    const certificates = await openTestCertificates();
    stops.push(async () => certificates[Symbol.asyncDispose]());
    const key = resolvedSecret(await readFile(certificates.server.key, 'utf8'));
    const recorder = openRecorder();
    const { base } = await start(recorder, {}, { cert: certificates.server.cert, key });
    const secure = base.replace('http:', 'https:');
    expect((await post(`${secure}/webhook/radar`, fall('m', 'fall confirmed'), ['--cacert', certificates.ca])).status).toBe(200);
    await expect(post(`${secure}/webhook/radar`, '{}', ['--cacert', certificates.stranger.ca])).rejects.toThrow(/certificate/);
    const broken = openRecorder();
    await expect(start(broken, {}, { cert: certificates.stranger.cert, key })).rejects.toThrow('not yet');
    expect(broken.conditions).toMatchObject([
      {
        kind: 'bus-fault',
        state: 'raised',
        message: { ko: expect.stringContaining('인증서'), en: expect.stringContaining('certificate') },
      },
    ]);
  });

  it('misses a sensor that should speak now and then', async () => {
    const recorder = openRecorder();
    const { base, sensors } = await start(recorder, { silentAfter: '1s' });
    await vi.waitFor(() => expect(recorder.said()).toEqual(['sensor-silent raised fall-1']), 5000);
    expect(sensors.status()[0]?.state).toBe('silent');
    await post(`${base}/webhook/radar`, fall('m2', 'present'));
    await vi.waitFor(() => expect(recorder.said().at(-1)).toBe('sensor-silent cleared fall-1'), 2000);
  });
});

describe('a message', () => {
  it('is found by path, and nothing inherited is', () => {
    const message = { a: { 'b-c': [{ d: 1 }, [2, 3]] }, n: null };
    expect(
      ['a.b-c[0].d', 'a.b-c[1][1]', 'n', 'n.x', 'a.b-c[2].d', 'a.b-c.d', 'constructor.name', '__proto__', 'a[0]'].map((path) =>
        valueAt(message, path),
      ),
    ).toEqual([1, 3, null, undefined, undefined, undefined, undefined, undefined, undefined]);
  });

  it('parses as JSON.parse does, whatever its strings hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        const exact = /(?<![\d.e+-])-?\d{16,40}(?![\d.e])/.test(text);
        if (!exact) expect(parseJson(Buffer.from(text))).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
    expect(parseJson(Buffer.from(JSON.stringify({ text: '[[[[[[[[[[[[[[[[[[[[{{{{{\\"' })))).toMatchObject({ ok: true });
  });

  it('keeps integers apart that a number would round, and takes no rounded number for a name', () => {
    const idOf = (text: string) => {
      const parsed = parseJson(Buffer.from(`{"id":${text}}`));
      return parsed.ok ? nameAt(parsed.value, 'id') : 'bad';
    };
    const texts = [
      '9007199254740991',
      '9007199254740992',
      '9007199254740993',
      '-9007199254740993',
      '18446744073709551615',
      '7',
      '1.5',
      '0',
    ];
    expect(texts.map(idOf)).toEqual(texts);
    expect(['9007199254740993.0', '1e300', '1e999', '9'.repeat(41), 'true', 'null', '""', '{}'].map(idOf)).toEqual(
      Array.from({ length: 8 }, () => undefined),
    );
  });

  it('of any bytes is a value or a problem, never an exception', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof parseJson(bytes).ok === 'boolean'));
    expect(parseJson(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ ok: false, problem: 'the body is not UTF-8' });
  });

  it('of any shape is interpreted or passed over, with a time that can be', () => {
    const now = Date.parse('2026-11-20T04:00:00Z');
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('fall confirmed', 'fall exit', 'x'), (timestamp, status) => {
        const meaning = interpret(messageMaps['fall-webhook'], { payload: { status, timestamp } }, now);
        expect(meaning === undefined).toBe(status === 'x');
        if (!meaning) return;
        expect(meaning.time).toBeGreaterThanOrEqual(now - 7 * 86_400_000);
        expect(meaning.time).toBeLessThanOrEqual(now + 300_000);
      }),
    );
  });

  it.each<[unknown, number | undefined]>([
    ['2026-11-20T12:59:00+09:00', Date.parse('2026-11-20T03:59:00Z')],
    [1_795_147_140, 1_795_147_140_000],
    [1_795_147_140_123, 1_795_147_140_123],
    ['2026-11-20 12:59:00', undefined],
    ['2026-11-20T04:30:00Z', undefined],
    ['2020-01-01T00:00:00Z', undefined],
    [true, undefined],
  ])('that says its time is %j', (timestamp, expected) => {
    const now = Date.parse('2026-11-20T04:00:00Z');
    const meaning = interpret(messageMaps['fall-webhook'], { payload: { status: 'fall exit', timestamp } }, now);
    expect([meaning?.time, meaning?.clockQuality]).toEqual(expected === undefined ? [now, 'receipt'] : [expected, 'synchronised']);
  });
});
