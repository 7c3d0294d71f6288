// Breaks of many cameras are one condition: those of a few are told alone, of many together, and what comes soon after belongs to them.
import { expect, it } from 'vitest';
import type { Condition } from '#model';
import { openBreakNews } from '../../src/cameras/events/break-news.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { env } from './fake-deps.ts';
import { at } from './said.ts';

const broken = (device: string): Condition => {
  const message = { ko: '', en: '' };
  return { device, channel: '', kind: 'events-missed', state: 'raised', severity: 'warning', time: at, message };
};

async function opened() {
  const clock = openFakeClock(at);
  const told: string[] = [];
  const condition = async (step: Condition) => void told.push(`${step.device} ${step.channel} ${step.state}`.replace('  ', ' '));
  const news = openBreakNews({ condition }, { ...env, clock });
  const stop = new AbortController();
  const done = news.service.run(stop.signal);
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 10_000) {
      clock.advance(Math.min(left, 10_000));
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
  };
  const take = (from: number, to: number) => {
    for (let index = from; index < to; index += 1) news.take(broken(`cam-${index}`));
  };
  return {
    told,
    take,
    pass,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

it('tells a few alone, within ten seconds', async () => {
  await using news = await opened();
  news.take(0, 5);
  await news.pass(9999);
  expect(news.told).toEqual([]);
  await news.pass(1);
  expect(news.told).toEqual([0, 1, 2, 3, 4].map((index) => `cam-${index} raised`));
});

it('tells many as one, with those that follow, and ends it after an hour', async () => {
  await using news = await opened();
  news.take(0, 400);
  await news.pass(10_000);
  news.take(400, 402);
  await news.pass(290_000);
  news.take(402, 403);
  await news.pass(290_000);
  expect(news.told).toEqual(['gateway breaks raised']);
  await news.pass(300_000);
  news.take(500, 501);
  await news.pass(10_000);
  expect(news.told.slice(1)).toEqual(['cam-500 raised']);
  await news.pass(3_600_000);
  expect(news.told.slice(2)).toEqual(['gateway breaks cleared']);
  news.take(0, 6);
  await news.pass(10_000);
  expect(news.told.slice(3)).toEqual(['gateway breaks raised']);
});

it('ends after an hour what a former daemon may have told', async () => {
  await using news = await opened();
  await news.pass(3_600_000);
  expect(news.told).toEqual(['gateway breaks cleared']);
});
