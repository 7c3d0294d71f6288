// The memory path: alarms reach the hub while the store fails, in order, and are stored under the same ids when it works again.
import { describe, expect, it } from 'vitest';
import type { Alarms } from '#alarms';
import { BongsuError, type Log, openLog, systemClock, systemRandom } from '#base';
import type { Entry, Report, ReportIds, ReportOutcome, Transition } from '#model';
import type { UplinkSession } from '#uplink';
import { openFallback } from '../../src/gateway/fallback.ts';
import { openIntake } from '../../src/gateway/intake.ts';

const env = { clock: systemClock, random: systemRandom, log: openLog('silent') };
const text = { en: 'hung', ko: '' };
const hung = (): BongsuError => new BongsuError('store.hung', { message: text, hint: text, retryable: true });

/** A log that keeps what is an error. */
function openErrors() {
  const errors: object[] = [];
  const log: Log = { debug() {}, info() {}, warn() {}, error: (fields) => void errors.push(fields), child: () => log };
  return { errors, log };
}

/** A store that fails until it is mended, and alarms that foresee one alarm a point. */
function openSite(log: Log = env.log) {
  const written: { report: Report; ids: ReportIds | undefined }[] = [];
  const open = new Map<string, string>();
  const listeners = new Set<() => void>();
  let isSick = true;
  const full: boolean[] = [];
  const alarms = {
    report(report: Report, ids?: ReportIds): Promise<ReportOutcome> {
      if (isSick) return Promise.reject(hung());
      written.push({ report, ids });
      return Promise.resolve({ result: report.state === 'active' ? 'raised' : 'cleared', alarmId: ids?.alarm });
    },
    foresee({ device, channel, kind, state, time, clockQuality }: Report, ids: ReportIds): readonly Transition[] {
      const alarmId = open.get(device) ?? ids.alarm;
      if (state === 'active') open.set(device, alarmId);
      else open.delete(device);
      const step = state === 'active' ? 'raised' : 'cleared';
      return [{ alarmId, step, device, channel, kind, severity: 'critical', time, clockQuality, detail: {}, test: false }];
    },
  } as unknown as Alarms;
  const fallback = openFallback(
    {
      alarms,
      bootId: 'boot',
      onFull: (isFull) => void full.push(isFull),
      watchStore(listener) {
        listeners.add(listener);
        return { [Symbol.dispose]: () => listeners.delete(listener) };
      },
    },
    { ...env, log },
  );
  return {
    alarms,
    fallback,
    full,
    written,
    mend(): void {
      isSick = false;
      for (const listener of listeners) listener();
    },
  };
}

function openLine() {
  const sent: Entry[] = [];
  const stop = new AbortController();
  const session = {
    signal: stop.signal,
    room: { entries: 8, lanes: undefined },
    watch: () => ({ [Symbol.dispose]: () => {} }),
    async send(entry: Entry) {
      await systemClock.sleep(5);
      sent.push(entry);
      return { result: 'confirmed' };
    },
  } as unknown as UplinkSession;
  return { session, sent, stop };
}

function smoke(device: string, state: Report['state'], occurrence?: string): Report {
  return { device, channel: 'smoke', kind: 'smoke', state, occurrence, time: 1, clockQuality: 'receipt' };
}

describe('while the store fails', () => {
  it('an alarm is answered when the hub has it, and stored later under the same ids', async () => {
    const site = openSite();
    const { session, sent, stop } = openLine();
    const ending = new AbortController();
    const intake = openIntake(site.alarms, site.fallback, env, ending.signal);
    const delivering = site.fallback.deliver(session);
    const writing = site.fallback.service.run(ending.signal);
    expect(await intake.report(smoke('s-1', 'active', 'a'))).toMatchObject({ result: 'raised' });
    expect(await intake.report(smoke('s-1', 'inactive', 'b'))).toMatchObject({ result: 'cleared' });
    const alarmIds = sent.map((entry) => (entry.body.class === 'alarm' ? entry.body.value.alarmId : ''));
    expect(new Set(alarmIds).size).toBe(1);
    expect(site.written).toEqual([]);
    site.mend();
    await expect.poll(() => site.written.length, { timeout: 5000 }).toBe(2);
    expect(site.written.map(({ ids }) => ids?.entry)).toEqual(sent.map(({ id }) => id));
    expect(site.fallback.held).toBe(0);
    stop.abort();
    ending.abort();
    await Promise.all([delivering, writing]);
  });

  it('a retry of the sender is the same alarm, once', async () => {
    const site = openSite();
    const intake = openIntake(site.alarms, site.fallback, env, new AbortController().signal);
    const first = intake.report(smoke('s-1', 'active', 'a'));
    const again = intake.report(smoke('s-1', 'active', 'a'));
    await systemClock.sleep(1);
    const { session, sent, stop } = openLine();
    const delivering = site.fallback.deliver(session);
    expect(await again).toEqual(await first);
    expect(sent).toHaveLength(1);
    stop.abort();
    await delivering;
  });

  it('without a line too, the sender waits, and is answered when the store works again', async () => {
    const site = openSite();
    const ending = new AbortController();
    const intake = openIntake(site.alarms, site.fallback, env, ending.signal);
    const writing = site.fallback.service.run(ending.signal);
    let answered = false;
    const report = intake.report(smoke('s-1', 'active', 'a')).finally(() => (answered = true));
    await systemClock.sleep(50);
    expect(answered).toBe(false);
    site.mend();
    expect(await report).toMatchObject({ result: 'raised' });
    ending.abort();
    await writing;
  });

  it('an alarm that the hub refuses is sent once, and answered when it is stored', async () => {
    const site = openSite();
    const { session, stop } = openLine();
    let tries = 0;
    Object.assign(session, {
      send() {
        tries += 1;
        return Promise.resolve({ result: 'set-aside', reasonCode: 0x87 });
      },
    });
    const ending = new AbortController();
    const intake = openIntake(site.alarms, site.fallback, env, ending.signal);
    const delivering = site.fallback.deliver(session);
    const writing = site.fallback.service.run(ending.signal);
    const report = intake.report(smoke('s-1', 'active', 'a'));
    await systemClock.sleep(100);
    expect(tries).toBe(1);
    site.mend();
    expect(await report).toMatchObject({ result: 'raised' });
    stop.abort();
    ending.abort();
    await Promise.all([delivering, writing]);
  });

  it('where the hub itself confirms, a device that waits for its answer gets it from the store, and one that is asked goes on', async () => {
    const site = openSite();
    const { session, sent, stop } = openLine();
    const take = session.send;
    Object.assign(session, { send: (entry: Entry) => take(entry, { replay: false }).then(() => ({ result: 'sent' })) });
    const ending = new AbortController();
    const intake = openIntake(site.alarms, site.fallback, env, ending.signal);
    const delivering = site.fallback.deliver(session);
    const writing = site.fallback.service.run(ending.signal);
    let answered = false;
    const pushed = intake.report(smoke('s-1', 'active', 'a'), { answers: true }).finally(() => (answered = true));
    expect(await intake.report(smoke('s-2', 'active', 'a'))).toMatchObject({ result: 'raised' });
    await expect.poll(() => sent.length).toBe(2);
    await systemClock.sleep(50);
    expect(answered).toBe(false);
    expect(sent).toHaveLength(2);
    site.mend();
    expect(await pushed).toMatchObject({ result: 'raised' });
    stop.abort();
    ending.abort();
    await Promise.all([delivering, writing]);
  });

  it('is said once, with the number of alarms when it is over', async () => {
    const { errors, log } = openErrors();
    const told: object[] = [];
    Object.assign(log, { info: (fields: object) => void told.push(fields) });
    const site = openSite(log);
    const ending = new AbortController();
    const intake = openIntake(site.alarms, site.fallback, { ...env, log: env.log }, ending.signal);
    const writing = site.fallback.service.run(ending.signal);
    const reports = Array.from({ length: 50 }, (_, index) => intake.report(smoke(`s-${index}`, 'active')));
    await systemClock.sleep(20);
    expect(errors).toHaveLength(1);
    site.mend();
    await Promise.all(reports);
    await expect.poll(() => told).toEqual([{ alarms: 50, refused: 0, turnedAway: 0, forgotten: 0 }]);
    ending.abort();
    await writing;
  });

  it('an outbox without room is told, and told again when there is some; at the start there is room, whatever was said before a crash', async () => {
    const site = openSite();
    const { report } = site.alarms;
    site.alarms.report = () => Promise.reject(new BongsuError('outbox.full', { message: text, hint: text, retryable: true }));
    const ending = new AbortController();
    const intake = openIntake(site.alarms, site.fallback, env, ending.signal);
    const writing = site.fallback.service.run(ending.signal);
    const reported = intake.report(smoke('s-1', 'active', 'a'));
    await systemClock.sleep(20);
    expect(site.full.at(-1)).toBe(true);
    site.alarms.report = report;
    site.mend();
    await reported;
    await expect.poll(() => site.full, { timeout: 5000 }).toEqual([false, true, false]);
    ending.abort();
    await writing;
  });

  it('what is no sickness is told to the sender as it is', async () => {
    const site = openSite();
    site.alarms.report = () => Promise.reject(new BongsuError('store.full', { message: text, hint: text, retryable: true }));
    const intake = openIntake(site.alarms, site.fallback, env, new AbortController().signal);
    await expect(intake.report(smoke('s-1', 'active'))).rejects.toMatchObject({ code: 'store.full' });
  });
});
