// The memory path in long and bad times: what fills it, what stops it, and what the hub would misread.
import { describe, expect, it } from 'vitest';
import type { Alarms } from '#alarms';
import { BongsuError, openLog, systemClock, systemRandom } from '#base';
import type { Entry, Report, ReportIds, ReportOutcome, Transition } from '#model';
import type { UplinkSession } from '#uplink';
import { openMirror } from '../../src/alarms/mirror.ts';
import { openFallback } from '../../src/gateway/fallback.ts';

const env = { clock: systemClock, random: systemRandom, log: openLog('silent') };
const text = { en: 'sick', ko: '' };
const fault = (code: string): BongsuError => new BongsuError(code, { message: text, hint: text, retryable: true });

interface Step {
  readonly alarmId: string;
  readonly step: Transition['step'];
  readonly reason: string | undefined;
}

/** A memory path before alarms as they foresee themselves, a store whose answers `take` gives, and a line that the hub hears. */
function openSite(take: (report: Report, ids: ReportIds | undefined) => Promise<ReportOutcome>) {
  const mirror = openMirror();
  const stop = new AbortController();
  const heard: Step[] = [];
  const alarms = { report: take, foresee: mirror.foresee } as unknown as Alarms;
  const deps = { alarms, bootId: 'boot', onFull() {}, watchStore: () => ({ [Symbol.dispose]() {} }) };
  const fallback = openFallback(deps, env);
  const session = {
    signal: stop.signal,
    room: { entries: 64, lanes: undefined },
    watch: () => ({ [Symbol.dispose]() {} }),
    async send({ body }: Entry) {
      if (body.class === 'alarm') heard.push({ alarmId: body.value.alarmId, step: body.value.step, reason: body.value.reason });
      return { result: 'confirmed' };
    },
  } as unknown as UplinkSession;
  let ids = 0;
  return {
    mirror,
    heard,
    fallback,
    line: () => void fallback.deliver(session),
    store: () => void fallback.service.run(stop.signal),
    carry(report: Report, answers = false): Promise<ReportOutcome> {
      ids += 1;
      return fallback.carry(report, { entry: `e-${ids}`, alarm: `a-${ids}` }, { cause: fault('store.hung'), answers });
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}

const sick = () => Promise.reject(fault('store.hung'));

function smoke(device: string, state: Report['state'], more: Partial<Report> = {}): Report {
  const seen = { device, channel: 'z', kind: 'smoke', state, time: 1, clockQuality: 'receipt' } as const;
  return { ...seen, occurrence: undefined, ...more };
}

describe('a disk that is dead for good', () => {
  it('costs the site’s own history, and no alarm: the oldest that the hub has makes room', async () => {
    using site = openSite(sick);
    site.line();
    for (let index = 0; index < 10_050; index += 1) await site.carry(smoke(`s-${index}`, 'active'));
    expect(site.heard).toHaveLength(10_050);
    expect(site.fallback.held).toBe(10_000);
  });

  it('turns a device away when the hub has none of what is held', async () => {
    using site = openSite(sick);
    const waiting = Array.from({ length: 10_000 }, (_, index) => site.carry(smoke(`s-${index}`, 'active')));
    await expect(site.carry(smoke('s-last', 'active'))).rejects.toMatchObject({ code: 'store.hung' });
    site.line();
    await Promise.all(waiting);
  });
});

describe('the same words again', () => {
  const said = (state: Report['state'], occurrence: string) => smoke('s-1', state, { occurrence, occurrenceKind: 'derived' });

  it('are a second fire when the first was over', async () => {
    using site = openSite(sick);
    site.line();
    for (const one of [said('active', 'on'), said('inactive', 'off'), said('active', 'on')]) await site.carry(one);
    expect(site.heard.map(({ step }) => step)).toEqual(['raised', 'cleared', 'raised']);
    expect(new Set(site.heard.map(({ alarmId }) => alarmId)).size).toBe(2);
  });

  it('are a retry while nothing came between, and a test is none of a fire', async () => {
    using site = openSite(sick);
    site.line();
    await Promise.all([site.carry(said('active', 'on')), site.carry(said('active', 'on'))]);
    expect(site.heard).toHaveLength(1);
    await site.carry(smoke('s-1', 'active', { occurrence: 'x', test: true }));
    await site.carry(smoke('s-1', 'active', { occurrence: 'x' }));
    expect(site.heard).toHaveLength(3);
  });
});

describe('an end whose beginning waits in the store', () => {
  it('does not travel before it, and holds up nobody who is asked', async () => {
    let isSick = true;
    using site = openSite(() => (isSick ? sick() : Promise.resolve({ result: 'cleared', alarmId: 'a-0' })));
    site.mirror.learn(smoke('s-1', 'active'), { result: 'raised', alarmId: 'a-0' });
    site.line();
    expect(await site.carry(smoke('s-1', 'inactive'))).toMatchObject({ result: 'cleared' });
    expect(site.heard).toEqual([]);
    site.mirror.learn(smoke('s-2', 'active'), { result: 'raised', alarmId: 'b-0' });
    let isAnswered = false;
    const pushed = site.carry(smoke('s-2', 'inactive'), true).finally(() => (isAnswered = true));
    await systemClock.sleep(30);
    expect(isAnswered).toBe(false);
    isSick = false;
    site.store();
    expect(await pushed).toMatchObject({ result: 'cleared' });
  });
});

describe('a raise that the store knew as a retry', () => {
  it('is taken back at the hub, which held it for an alarm of its own', async () => {
    let isSick = true;
    using site = openSite(() => (isSick ? sick() : Promise.resolve({ result: 'duplicate', alarmId: 'long-ago' })));
    site.line();
    await site.carry(smoke('s-1', 'active', { occurrence: 'panel-77' }));
    isSick = false;
    site.store();
    await expect
      .poll(() => site.heard)
      .toEqual([
        { alarmId: 'a-1', step: 'raised', reason: undefined },
        { alarmId: 'a-1', step: 'cleared', reason: 'retracted' },
      ]);
  });
});

describe('one report that the store never takes', () => {
  it('holds up no other, and reaches the hub all the same', { timeout: 15_000 }, async () => {
    const written: string[] = [];
    using site = openSite((report, ids) => {
      if (report.device === 's-bad') return Promise.reject(fault('store.failed'));
      written.push(report.device);
      return Promise.resolve({ result: 'raised', alarmId: ids?.alarm });
    });
    const reported = ['s-1', 's-bad', 's-2', 's-3'].map((device) => site.carry(smoke(device, 'active')));
    site.store();
    await expect.poll(() => site.fallback.held, { timeout: 10_000 }).toBe(0);
    expect(new Set(written)).toEqual(new Set(['s-1', 's-2', 's-3']));
    site.line();
    await expect.poll(() => site.heard.length).toBe(1);
    expect(await Promise.all(reported)).toHaveLength(4);
  });
});

describe('a store that is well again', () => {
  it('is given what is held by the hundred, in order, and from the first that fails on once more', { timeout: 15_000 }, async () => {
    const order: string[] = [];
    let underway = 0;
    let widest = 0;
    let hasFailed = false;
    using site = openSite(async (report, ids) => {
      underway += 1;
      widest = Math.max(widest, underway);
      await systemClock.sleep(5);
      underway -= 1;
      if (report.device === 's-300' && !hasFailed) {
        hasFailed = true;
        throw fault('store.io');
      }
      order.push(report.device);
      return { result: 'raised', alarmId: ids?.alarm };
    });
    const reports = Array.from({ length: 600 }, (_, index) => site.carry(smoke(`s-${index}`, 'active')));
    site.store();
    await Promise.all(reports);
    expect(widest).toBe(256);
    await expect.poll(() => site.fallback.held, { timeout: 5000 }).toBe(0);
    expect(order.slice(0, 256)).toEqual(Array.from({ length: 256 }, (_, index) => `s-${index}`));
    expect(order.lastIndexOf('s-301')).toBeGreaterThan(order.indexOf('s-300'));
  });
});
