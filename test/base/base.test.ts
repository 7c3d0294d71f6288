// Mechanism without meaning: units, queue, backoff, identifiers, sealing, services.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BongsuError,
  durationOption,
  durationText,
  faultTable,
  formatDuration,
  isAbort,
  messageOf,
  openBackoff,
  openQueue,
  openSealer,
  parseDuration,
  parseSize,
  runServices,
  sizeOption,
  systemClock,
  systemRandom,
  troubleOf,
  uuidv7,
} from '#base';

describe('units', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2 h', 7_200_000],
    ['7d', 604_800_000],
    ['', undefined],
    ['30', undefined],
    ['30 parsecs', undefined],
    ['-1s', undefined],
    ['1e3s', undefined],
  ])('reads the duration %j as %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    ['512B', 512],
    ['64KiB', 65_536],
    ['2GiB', 2 ** 31],
    ['2GB', undefined],
  ])('reads the size %j as %s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it('writes a duration that reads back the same', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (ms) => parseDuration(formatDuration(ms)) === ms));
  });

  it('never fails on any text', () => {
    fc.assert(fc.property(fc.string(), (text) => parseDuration(text) !== null && parseSize(text) !== null));
  });

  it('holds an option to its range', () => {
    const option = durationOption({ min: '1s', max: '1h', default: '30s' });
    expect(option.parse(undefined)).toBe(30_000);
    expect(option.safeParse('2h').success).toBe(false);
    expect(sizeOption({ min: '1KiB', max: '1MiB', default: '4KiB' }).parse('1MiB')).toBe(2 ** 20);
  });
});

describe('queue', () => {
  it('refuses what exceeds its capacity and keeps the order', async () => {
    const queue = openQueue<number>(2);
    expect([queue.offer(1), queue.offer(2), queue.offer(3)]).toEqual([true, true, false]);
    expect([await queue.take(), await queue.take()]).toEqual([1, 2]);
  });

  it('wakes a waiting consumer, and ends it when closed', async () => {
    const queue = openQueue<string>(2);
    const first = queue.take();
    queue.offer('a');
    expect(await first).toBe('a');
    const second = queue.take();
    queue.close();
    expect(await second).toBeUndefined();
    expect(queue.offer('b')).toBe(false);
  });

  it('stops waiting when the signal aborts, and loses nothing by it', async () => {
    const queue = openQueue<number>(1);
    const abort = new AbortController();
    const waiting = queue.take(abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    queue.offer(7);
    expect(await queue.take()).toBe(7);
  });
});

describe('backoff', () => {
  it('stays between its bounds and comes down after a success', () => {
    const backoff = openBackoff({ minMs: 100, maxMs: 5000 }, { ...systemRandom, uniform: () => 0.999 });
    const waits = Array.from({ length: 20 }, () => backoff.next());
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5000);
    expect(waits[19]).toBeGreaterThan(4900);
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(300);
  });
});

describe('uuidv7', () => {
  it('sorts by its time and says its version and variant', () => {
    const early = uuidv7(1_700_000_000_000, systemRandom);
    const late = uuidv7(1_700_000_000_001, systemRandom);
    expect(early < late).toBe(true);
    expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('is well formed with an unset or negative clock', () => {
    expect(uuidv7(-5, systemRandom)).toMatch(/^00000000-0000-7/);
  });
});

describe('sealer', () => {
  const sealer = openSealer(Buffer.alloc(32, 1), systemRandom);

  it('opens what it sealed, in the same context only', () => {
    const sealed = sealer.seal('비밀번호1!', 'cam-1');
    expect(sealer.open(sealed, 'cam-1')).toBe('비밀번호1!');
    expect(sealed.includes(Buffer.from('비밀번호1!'))).toBe(false);
    expect(() => sealer.open(sealed, 'cam-2')).toThrowError(expect.objectContaining({ code: 'base.seal-broken' }));
  });

  it('refuses any changed, cut or foreign bytes', () => {
    const sealed = sealer.seal('secret', 'cam-1');
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(sealed);
        broken[at] = (broken[at] ?? 0) ^ change;
        expect(() => sealer.open(broken, 'cam-1')).toThrowError(BongsuError);
      }),
    );
    expect(() => sealer.open(Buffer.alloc(0), 'cam-1')).toThrowError(BongsuError);
    expect(() => openSealer(Buffer.alloc(32, 2), systemRandom).open(sealed, 'cam-1')).toThrowError(BongsuError);
  });
});

describe('services', () => {
  const waiter = (name: string, trace: string[]) => ({
    name,
    async run(signal: AbortSignal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      trace.push(name);
    },
  });

  it('ends all of them when told to', async () => {
    const trace: string[] = [];
    const stop = new AbortController();
    const running = runServices([waiter('a', trace), waiter('b', trace)], stop.signal);
    stop.abort();
    await running;
    expect(trace.toSorted()).toEqual(['a', 'b']);
  });

  it('ends the others and rejects when one crashes', async () => {
    const trace: string[] = [];
    const crash = { name: 'bad', run: () => Promise.reject(new Error('broken')) };
    await expect(runServices([waiter('a', trace), crash], new AbortController().signal)).rejects.toThrow('broken');
    expect(trace).toEqual(['a']);
  });

  it('counts a service that ends by itself as crashed', async () => {
    const quitter = { name: 'quitter', run: () => Promise.resolve() };
    await expect(runServices([quitter], new AbortController().signal)).rejects.toThrow('quitter');
  });
});

describe('clock', () => {
  it('counts from the boot of the machine, alike for every process of it', () => {
    const script = 'import("#base").then(({ systemClock }) => console.log(JSON.stringify(systemClock.sinceBoot())))';
    const before = systemClock.sinceBoot();
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { cwd: process.cwd(), encoding: 'utf8' });
    const after = systemClock.sinceBoot();
    const other = stdout === '' ? expect.fail(stderr) : (JSON.parse(stdout) as typeof before);
    expect(other.boot).toBe(before.boot);
    expect(other.boot).toMatch(/^[0-9a-f-]{36}$/);
    expect(other.ms).toBeGreaterThanOrEqual(before.ms);
    expect(other.ms).toBeLessThanOrEqual(after.ms);
  });

  it('rejects a sleep with the reason of its signal', async () => {
    const abort = new AbortController();
    const sleeping = systemClock.sleep(60_000, abort.signal);
    const reason = new Error('stop');
    abort.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    expect(isAbort(reason, abort.signal)).toBe(true);
    await expect(systemClock.sleep(1, abort.signal)).rejects.toBe(reason);
  });
});

describe('durations for people', () => {
  it.each([
    [500, '500ms', '500ms'],
    [90_000, '90s', '90초'],
    [900_000, '15m', '15분'],
    [7_200_000, '2h', '2시간'],
    [172_800_000, '2d', '2일'],
  ])('%d ms is %s, %s', (ms, en, ko) => {
    expect(durationText(ms)).toEqual({ en, ko });
  });
});

describe('faults', () => {
  it('carry code, both languages, hint and detail', () => {
    const faults = faultTable('room', { odd: { message: { en: 'Odd', ko: '이상' }, hint: { en: 'Look', ko: '확인' } } });
    const fault = faults.fault('odd', { detail: 'at 3' });
    expect(fault).toMatchObject({ code: 'room.odd', message: 'Odd: at 3', text: { en: 'Odd: at 3', ko: '이상: at 3' }, retryable: false });
    expect(messageOf('x'.repeat(1000))).toHaveLength(300);
    expect(troubleOf(fault)).toEqual({ message: { en: 'Odd. Look', ko: '이상. 확인' }, detail: 'at 3' });
    const caused = faults.fault('odd', { detail: '10.0.0.5:502', cause: new Error('ECONNREFUSED') });
    expect(troubleOf(caused).detail).toBe('10.0.0.5:502, ECONNREFUSED');
    expect(troubleOf(faults.fault('odd'))).toMatchObject({ detail: '' });
    // What the detail was made of is not said again.
    const said = { detail: 'connect ECONNREFUSED', cause: new Error('connect ECONNREFUSED') };
    expect(troubleOf(faults.fault('odd', said)).detail).toBe('connect ECONNREFUSED');
    expect(troubleOf(faults.fault('odd', { ...said, detail: 'ECONNREFUSED' })).detail).toBe('connect ECONNREFUSED');
    const bare = troubleOf(new Error('connect 10.0.0.5'));
    expect([bare.detail, bare.message.en.includes('10.0.0.5')]).toEqual(['connect 10.0.0.5', false]);
  });
});
