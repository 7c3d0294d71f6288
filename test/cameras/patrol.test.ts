// The patrol: looks at every channel in its time, few at once, on the audit before a frame is seen, and never twice with a refused login.
import { describe, expect, it } from 'vitest';
import type { Look, LookAsk } from '#model';
import { openSlots } from '../../src/cameras/slots.ts';
import { openLoginGate } from '../../src/cameras/soap/index.ts';
import { openLooker } from '../../src/cameras/watch/looker.ts';
import { openPatrol } from '../../src/cameras/watch/patrol.ts';
import { openMovedTime, settle } from './moved-time.ts';

const minute = 60_000;
const options = { answerEvery: 10 * minute, frameEvery: 120 * minute, timeout: 10_000, atOnce: 8, lostAfter: 2 };
const seen: Look = { result: 'seen', codec: 'h264', tookMs: 10 };
const failed = (reason: Extract<Look, { result: 'failed' }>['reason']): Look => ({ result: 'failed', reason, text: { ko: '', en: '' } });

/** So many cameras of one channel on patrol; `answer` is what a look brings. */
function openSite(count: number, answer: (ask: LookAsk) => Look | undefined, { lookMs = 0, hasSources = true } = {}) {
  const { env, clock, move } = openMovedTime();
  const asks: LookAsk[] = [];
  const accounts: string[] = [];
  const news: { id: string; result: string; failures: number }[] = [];
  let atOnce = 0;
  let atOnceMax = 0;
  const look = async (ask: LookAsk): Promise<Look | undefined> => {
    asks.push(ask);
    atOnce += 1;
    atOnceMax = Math.max(atOnceMax, atOnce);
    if (lookMs > 0) await clock.sleep(lookMs);
    atOnce -= 1;
    return answer(ask);
  };
  const gate = openLoginGate({ loginRetry: 5 * minute }, clock);
  const looker = openLooker(options, { look, gate, slots: openSlots(options.atOnce) });
  const patrol = openPatrol(options, { looker, account: async (subjects) => void accounts.push(subjects) }, env);
  const online = { is: true };
  for (let index = 0; index < count; index += 1) {
    patrol.add({
      id: `cam-${index}`,
      host: `10.0.0.${index}`,
      channels: () => (online.is ? [1] : []),
      source: () => (hasSources ? { url: `rtsp://10.0.0.${index}/live`, user: 'gate', password: 'secret' } : undefined),
      seen: async (_channel, { result }, failures) => void news.push({ id: `cam-${index}`, result, failures }),
    });
  }
  const stop = new AbortController();
  const done = patrol.run(stop.signal);
  const end = async () => {
    stop.abort();
    await done;
  };
  return { asks, accounts, news, online, move, end, most: () => atOnceMax };
}

const count = (asks: readonly LookAsk[], depth: LookAsk['depth']): number => asks.filter((ask) => ask.depth === depth).length;

describe('the patrol', () => {
  it('asks each channel once in its time, and awaits its first frame now and then', async () => {
    const site = openSite(50, () => seen);
    await site.move(61 * minute);
    expect(count(site.asks, 'answer')).toBeGreaterThanOrEqual(50 * 5);
    expect(count(site.asks, 'answer')).toBeLessThanOrEqual(50 * 7);
    // The first frames come sooner than every two hours, to end or confirm what stood before the start.
    expect(count(site.asks, 'picture')).toBe(50);
    expect(site.news.every(({ result, failures }) => result === 'seen' && failures === 0)).toBe(true);
    await site.end();
  });

  it('names on the audit each channel whose frame it awaits, before it does, many in one entry', async () => {
    const site = openSite(50, () => seen);
    await site.move(61 * minute);
    const named = site.accounts.flatMap((subjects) => subjects.split(' '));
    expect(named.toSorted()).toEqual(
      site.asks
        .filter(({ depth }) => depth === 'picture')
        .map(({ device }) => `${device}/1`)
        .toSorted(),
    );
    expect(site.accounts.length).toBeLessThan(20);
    expect(site.accounts.every((subjects) => subjects.length <= 380)).toBe(true);
    await site.end();
  });

  it('accounts for no look at a channel that tells no address', async () => {
    const site = openSite(5, () => seen, { hasSources: false });
    await site.move(61 * minute);
    expect(site.accounts).toEqual([]);
    expect(site.asks).toEqual([]);
    await site.end();
  });

  it('looks at few at once', async () => {
    const site = openSite(200, () => failed('timeout'), { lookMs: 8000 });
    await site.move(20 * minute);
    expect(site.most()).toBe(options.atOnce);
    await site.end();
  });

  it('looks at nobody who is not online', async () => {
    const site = openSite(5, () => seen);
    site.online.is = false;
    await site.move(15 * minute);
    expect(site.asks).toEqual([]);
    await site.end();
  });

  it('looks again soon after a failure, and says that pictures come only when it has seen one', async () => {
    let answer: Look = failed('silent');
    const site = openSite(1, () => answer);
    await site.move(13 * minute);
    expect(site.news.map(({ failures }) => failures).slice(0, 3)).toEqual([1, 2, 3]);
    answer = seen;
    const before = site.news.length;
    await site.move(14 * minute);
    expect(site.news.slice(before)).toEqual([{ id: 'cam-0', result: 'seen', failures: 0 }]);
    expect(count(site.asks, 'picture')).toBeGreaterThan(0);
    await site.end();
  });

  it('does not look all the time where all pictures are gone', async () => {
    const site = openSite(20, () => failed('unreachable'));
    await site.move(60 * minute);
    // Of each camera: its turns of an hour, and the two that make sure.
    expect(count(site.asks, 'answer')).toBeLessThanOrEqual(20 * 9);
    expect(count(site.asks, 'picture')).toBeLessThanOrEqual(20 * 3);
    await site.end();
  });

  it('tries a refused login once an hour at most', async () => {
    const site = openSite(1, () => failed('login-refused'));
    await site.move(179 * minute);
    expect(site.asks.length).toBeGreaterThanOrEqual(3);
    expect(site.asks.length).toBeLessThanOrEqual(6);
    await site.end();
  });

  it('says nothing when the media process cannot say', async () => {
    const site = openSite(3, () => undefined);
    await site.move(30 * minute);
    expect(site.asks.length).toBeGreaterThan(3);
    expect(site.news).toEqual([]);
    await site.end();
    await settle();
  });
});
