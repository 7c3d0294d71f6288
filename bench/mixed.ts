// The mixed bench: how long alarms take to the hub while a hundred streams run on the same machine.
import { mkdir } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, BenchOptions } from './bench.ts';
import { diskFigures, diskMeanings } from './disk.ts';
import { round } from './measure.ts';
import { cpuPercents } from './process.ts';
import { burstFeed, compileLoad, startCameras, startReaders } from './relay-load.ts';
import { startRelay } from './relay-media.ts';
import { measureWire } from './wire.ts';

const meanings = {
  cores: 'of this machine: cameras, relay, readers, broker and the gateway’s rooms share them',
  loadBefore: 'its load of the last minute before the bench; anything near the cores makes all figures worse',
  ...diskMeanings,
  streams: 'cameras of 4 Mbit/s H.264 with one reader each',
  alarmP99Ms:
    '200 alarms/s while the streams run: report() to the bytes at a subscriber’s socket, through commit, outbox, uplink and Mosquitto; 99th percentile',
  alarmP50Ms: 'the median of the same',
  quietAlarmP99Ms: 'the same without the streams, just before',
  quietAlarmP50Ms: 'the median of the same',
  relayCpuPercent: 'of a core, the media process meanwhile',
  loadCpuPercent: 'of a core, cameras and readers meanwhile',
  lostPackets: 'RTP packets that a reader should have got and did not',
} as const;

type Figure = keyof typeof meanings;

const warmMs = 10_000;

export const mixedBench: Bench<Figure> = {
  figures: meanings,
  async run(options) {
    const { folder, timeScale, tell } = options;
    const streams = timeScale < 1 ? 20 : 100;
    const loadBefore = round(loadavg()[0] ?? 0, 2);
    const disk = diskFigures(options);
    tell('alarms alone');
    const quiet = await wire(folder, 'quiet', timeScale);
    tell(`alarms beside ${streams} streams`);
    const busy = await measureBeside(options, streams);
    return {
      cores: availableParallelism(),
      loadBefore,
      ...disk,
      streams,
      ...busy,
      quietAlarmP99Ms: quiet.reportToWireP99Ms,
      quietAlarmP50Ms: quiet.reportToWireP50Ms,
    };
  },
};

/** Alarms from a site of its own. */
async function wire(folder: string, name: string, timeScale: number) {
  const own = join(folder, name);
  await mkdir(own);
  return await measureWire(own, timeScale);
}

async function measureBeside({ folder, timeScale }: BenchOptions, streams: number) {
  compileLoad(folder);
  await using relay = await startRelay();
  await using cameras = await startCameras(folder, burstFeed);
  const urls: string[] = [];
  for (let camera = 0; camera < streams; camera += 1)
    urls.push(await relay.admit(`rtsp://127.0.0.1:${cameras.port}/camera`, `cam-${camera}`));
  await using readers = await startReaders(folder, urls);
  await sleep(warmMs * timeScale);
  await readers.report();
  let alarms = { reportToWireP99Ms: 0, reportToWireP50Ms: 0 };
  const [relayCpuPercent = 0, ...load] = await cpuPercents([relay.pid, cameras.pid, readers.pid], async () => {
    alarms = await wire(folder, 'busy', timeScale);
  });
  const { lost, disordered, gone } = await readers.report();
  if (gone > 0) throw new Error(`${gone} readers were lost`);
  return {
    alarmP99Ms: alarms.reportToWireP99Ms,
    alarmP50Ms: alarms.reportToWireP50Ms,
    relayCpuPercent,
    loadCpuPercent: round(
      load.reduce((sum, one) => sum + one, 0),
      1,
    ),
    lostPackets: Math.max(lost, disordered),
  };
}
