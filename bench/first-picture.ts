// The bench of the first picture: how soon a reader has a whole key frame, and how far behind the camera it is then.
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, BenchOptions } from './bench.ts';
import { percentile, round } from './measure.ts';
import { openPictureCamera, type PictureCamera } from './picture-camera.ts';
import { openPictureReader } from './picture-reader.ts';
import { type MediaRelay, startRelay } from './relay-media.ts';

const meanings = {
  cores: 'of this machine: camera, relay and readers share them',
  loadBefore: 'its load of the last minute before the bench; anything near the cores makes all figures worse',
  tries: 'of each',
  secondReaderP95Ms:
    'a camera with a key frame a second that somebody plays already: from the start of another reader’s connection to its first whole key frame',
  secondReaderP50Ms: 'the median of the same',
  liveDelayMs:
    'of those readers after 5 s, 95th percentile: how long ago the newest frame came when a player shows it that shows each frame by its timestamp from the first on',
  firstReaderExtraP95Ms:
    'a camera that nobody plays and that begins with a key frame: the same time by way of the relay, less the time straight from the camera',
  firstReaderExtraP50Ms: 'the median of the same',
  longGopP95Ms:
    'a camera with a key frame every 10 s, in the midst of them, that sends one when it is asked (50 ms after the relay says that it is needed)',
  longGopP50Ms: 'the median of the same',
} as const;

type Figure = keyof typeof meanings;

/** What an ONVIF call to the camera takes, roughly. */
const askMs = 50;
const liveAfterMs = 5_000;

export const firstPictureBench: Bench<Figure> = {
  figures: meanings,
  async run(options) {
    const { timeScale, tell } = options;
    const tries = timeScale < 1 ? 5 : 50;
    const loadBefore = round(loadavg()[0] ?? 0, 2);
    const second = await measureSecond(options, tries);
    tell(JSON.stringify(second));
    const first = await measureFirst(tries);
    tell(JSON.stringify(first));
    const long = await measureLong(tries);
    return { cores: availableParallelism(), loadBefore, tries, ...second, ...first, ...long };
  },
};

/** Readers in pairs a second apart, each staying 5 s. */
async function measureSecond({ timeScale }: BenchOptions, tries: number) {
  await using camera = await openPictureCamera({ gopMs: 1_000, beginsWithKey: true });
  await using relay = await startRelay();
  const url = await relay.admit(camera.url, 'cam-1');
  using watcher = openPictureReader(url);
  await watcher.firstKeyMs;
  await sleep(1_500);
  const tried: Promise<{ readonly firstMs: number; readonly delayMs: number }>[] = [];
  const look = async () => {
    using reader = openPictureReader(url);
    const firstMs = await reader.firstKeyMs;
    await sleep(liveAfterMs * timeScale);
    return { firstMs, delayMs: reader.liveDelayMs() };
  };
  for (let number = 0; number < tries; number += 1) {
    tried.push(look());
    // Not in step with the camera.
    await sleep(137 + ((number * 61) % 400));
  }
  const all = await Promise.all(tried);
  const times = all.map(({ firstMs }) => firstMs);
  return {
    secondReaderP95Ms: percentile(times, 0.95),
    secondReaderP50Ms: percentile(times, 0.5),
    liveDelayMs: percentile(
      all.map(({ delayMs }) => delayMs),
      0.95,
    ),
  };
}

async function measureFirst(tries: number) {
  await using camera = await openPictureCamera({ gopMs: 1_000, beginsWithKey: true });
  await using relay = await startRelay();
  const extras: number[] = [];
  for (let number = 0; number < tries; number += 1) {
    const directMs = await firstKey(camera.url);
    extras.push((await firstKey(await relay.admit(camera.url, `cam-${number}`))) - directMs);
  }
  return { firstReaderExtraP95Ms: percentile(extras, 0.95), firstReaderExtraP50Ms: percentile(extras, 0.5) };
}

async function measureLong(tries: number) {
  await using camera = await openPictureCamera({ gopMs: 10_000, beginsWithKey: false });
  await using relay = await startRelay();
  answerAsks(relay, camera);
  const times: number[] = [];
  for (let number = 0; number < tries; number += 1) times.push(await firstKey(await relay.admit(camera.url, `cam-${number}`)));
  return { longGopP95Ms: percentile(times, 0.95), longGopP50Ms: percentile(times, 0.5) };
}

async function firstKey(url: string): Promise<number> {
  using reader = openPictureReader(url);
  return await reader.firstKeyMs;
}

/** What the gateway does by ONVIF. */
function answerAsks(relay: MediaRelay, camera: PictureCamera): void {
  relay.onEvent = ({ event }) => {
    if (event === 'needs-key-frame') setTimeout(camera.keyFrame, askMs);
  };
}
