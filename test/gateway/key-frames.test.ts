// The story of a key frame: who is asked, for how long, and how many at once.
import { expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import { openKeyFrames } from '../../src/gateway/key-frames.ts';
import { openFakeClock } from '../fakes/clock.ts';

function opened() {
  const clock = openFakeClock(1_700_000_000_000);
  const asked: { device: string; channel: number; quality: string; signal: AbortSignal; fail(error: Error): void }[] = [];
  const cameras = {
    askKeyFrame: (device: string, channel: number, quality: string, signal: AbortSignal) =>
      new Promise<void>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        asked.push({ device, channel, quality, signal, fail: reject });
      }),
  };
  const story = openKeyFrames(cameras, { clock, random: systemRandom, log: openLog('silent') });
  const need = (device: string): void => story.onEvent({ event: 'needs-key-frame', device, channel: 2, quality: 'sub' });
  return { clock, asked, story, need };
}

it('asks the camera of the picture, and gives up after two seconds', async () => {
  const { clock, asked, need, story } = opened();
  story.onEvent({ event: 'source-closed', device: 'cam-1', channel: 2, quality: 'sub', reason: '', text: { ko: '', en: '' } });
  need('cam-1');
  expect(asked).toMatchObject([{ device: 'cam-1', channel: 2, quality: 'sub' }]);
  clock.advance(1_999);
  expect(asked[0]?.signal.aborted).toBe(false);
  clock.advance(1);
  expect(asked[0]?.signal.aborted).toBe(true);
});

it('asks a hundred at once and no more, and bears those that fail', async () => {
  const { asked, need } = opened();
  for (let number = 0; number < 120; number += 1) need(`cam-${number}`);
  expect(asked).toHaveLength(100);
  asked[0]?.fail(new Error('gone'));
  await new Promise((resolve) => setImmediate(resolve));
  need('cam-late');
  expect(asked.at(-1)?.device).toBe('cam-late');
});
