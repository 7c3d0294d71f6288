// The relay's health: raised and cleared once each, in words of both languages.
import { describe, expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import type { Condition } from '#model';
import { openRelayHealth } from '../../src/gateway/relay-health.ts';
import { openFakeClock } from '../fakes/clock.ts';

function opened() {
  const clock = openFakeClock(0);
  const told: Condition[] = [];
  const intake = {
    report: () => Promise.reject(new Error('no reports here')),
    condition: async (step: Condition) => void told.push(step),
  };
  const health = openRelayHealth(intake, { clock, random: systemRandom, log: openLog('silent') });
  const settled = async (): Promise<Condition[]> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return told;
  };
  return { clock, health, settled };
}

describe('the relay', () => {
  it('that dies and serves again is told once each, in both languages', async () => {
    const { clock, health, settled } = opened();
    health.onEvent({ event: 'media-down', reason: 'SIGKILL', process: 0 });
    health.onEvent({ event: 'media-down', reason: 'SIGKILL', process: 0 });
    for (const listener of ['rtsp', 'http'] as const) health.onEvent({ event: 'listening', listener, process: 0 });
    clock.advance(3000);
    health.onEvent({ event: 'listening', listener: 'rtsp', process: 0 });
    clock.advance(3000);
    expect(await settled()).toMatchObject([
      {
        kind: 'media-down',
        state: 'raised',
        message: { ko: expect.stringMatching(/중단/), en: expect.stringMatching(/died/) },
        detail: 'SIGKILL',
      },
      { kind: 'media-down', state: 'cleared', message: { ko: '영상 중계가 다시 정상입니다', en: 'The relay serves again' } },
    ]);
  });

  it('is well again only when each of its processes is', async () => {
    const { clock, health, settled } = opened();
    const serve = (number: number): void => {
      for (const listener of ['rtsp', 'http'] as const) health.onEvent({ event: 'listening', listener, process: number });
      clock.advance(3000);
    };
    health.onEvent({ event: 'media-down', reason: 'SIGKILL', process: 1 });
    serve(0);
    expect(await settled()).toMatchObject([{ state: 'raised' }]);
    serve(1);
    expect(await settled()).toMatchObject([{ state: 'raised' }, { state: 'cleared' }]);
  });

  it('whose port is taken says what to do, and only here which', async () => {
    const { health, settled } = opened();
    health.onEvent({ event: 'cannot-listen', listener: 'rtsp', address: '0.0.0.0:8554', reason: 'EADDRINUSE', process: 0 });
    expect(await settled()).toMatchObject([
      {
        state: 'raised',
        message: { ko: expect.stringMatching(/^[^0-9]*포트[^0-9]*$/), en: expect.stringMatching(/^[^0-9]*port[^0-9]*$/) },
        detail: '0.0.0.0:8554, EADDRINUSE',
      },
    ]);
  });
});
