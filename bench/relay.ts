// The relay's bench: 100 cameras to one reader each, what that costs us and what it costs other relays, and how many streams pass without loss.
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, BenchOptions } from './bench.ts';
import { round } from './measure.ts';
import { cpuPercents, residentMiB } from './process.ts';
import {
  burstFeed,
  type CamerasFeed,
  compileLoad,
  type LoadProgram,
  type ReadersReport,
  segmentFeed,
  startCameras,
  startReaders,
} from './relay-load.ts';
import { startRelay } from './relay-media.ts';
import { type PeerName, type PeerRelay, startPeer } from './relay-peers.ts';

const meanings = {
  cores: 'of this machine: cameras, relay and readers share them',
  loadBefore: 'its load of the last minute before the bench; anything near the cores makes all figures worse',
  streams:
    'cameras of 4 Mbit/s H.264 with a key frame a second, each with one reader over TCP; they write some 6 KB at once, unaligned to packets',
  cpuPercent: 'of a core, the media process, all its threads',
  rssMiB: 'its largest resident memory (VmHWM)',
  loadCpuPercent: 'of a core, cameras and readers meanwhile (C)',
  lostPackets: 'RTP packets that a reader should have got and did not, in all runs of our relay below',
  framesPercent:
    'frames that came to readers of those that 25 a second would be, the least of both runs: below 100 the cameras did not get their share of the processor',
  ageP50Ms:
    'from the making of a frame at the camera until its last packet is at the reader, the median: the camera itself takes 3 ms for it',
  ageP99Ms: 'the same, 99th percentile: key frames, which take the camera 15 ms',
  cpuPercentSegments: 'the same work where each write of a camera is one TCP segment of 1,448 bytes',
  nodeMediaServerCpuPercent: 'node-media-server with the same cameras, RTSP to HTTP-FLV; null where it died of it',
  nodeMediaServerRssMiB: 'its largest resident memory',
  nodeMediaServerCpuRatio: 'ours / its',
  mediamtxCpuPercent: 'MediaMTX (the binary that MEDIAMTX names), RTSP to RTSP; null where none is named',
  mediamtxCpuRatio: 'ours / its',
  go2rtcCpuPercent: 'go2rtc (the binary that GO2RTC names), RTSP to RTSP; null where none is named',
  go2rtcCpuRatio: 'ours / its',
  maxStreams: 'most streams, in steps of 100 up to 1,000, that pass for 5 s without a lost packet and no more than a second behind',
  maxStreamsCpuPercent: 'of a core, the media process with so many',
  maxStreamsLoadCpuPercent: 'of a core, cameras and readers with so many: where both together near the cores, the load is what ends it',
} as const;

type Figure = keyof typeof meanings;

const warmMs = 10_000;
const ourMs = 60_000;
const otherMs = 20_000;
const stepMs = 5_000;

export const relayBench: Bench<Figure> = {
  figures: meanings,
  async run(options) {
    const { folder, timeScale, tell } = options;
    const streams = timeScale < 1 ? 20 : 100;
    const loadBefore = round(loadavg()[0] ?? 0, 2);
    compileLoad(folder);
    const ours = await measureOurs(options, streams, burstFeed, ourMs * timeScale);
    tell(`ours: ${JSON.stringify(ours)}; now in segments …`);
    const segments = await measureOurs(options, streams, segmentFeed, otherMs * timeScale);
    const [nodeMediaServer, mediamtx, go2rtc] = [
      await measurePeer('nodeMediaServer', options, streams),
      await measurePeer('mediamtx', options, streams),
      await measurePeer('go2rtc', options, streams),
    ];
    tell('how many streams …');
    const most = await measureMost(options);
    const ratio = (peer: Cost): number => round(ours.cpuPercent / peer.cpuPercent, 2);
    return {
      cores: availableParallelism(),
      loadBefore,
      streams,
      ...ours,
      lostPackets: ours.lostPackets + segments.lostPackets,
      framesPercent: Math.min(ours.framesPercent, segments.framesPercent),
      cpuPercentSegments: segments.cpuPercent,
      nodeMediaServerCpuPercent: nodeMediaServer.cpuPercent,
      nodeMediaServerRssMiB: nodeMediaServer.rssMiB,
      nodeMediaServerCpuRatio: ratio(nodeMediaServer),
      mediamtxCpuPercent: mediamtx.cpuPercent,
      mediamtxCpuRatio: ratio(mediamtx),
      go2rtcCpuPercent: go2rtc.cpuPercent,
      go2rtcCpuRatio: ratio(go2rtc),
      ...most,
    };
  },
};

interface Cost {
  readonly cpuPercent: number;
  readonly rssMiB: number;
}

const unmeasured: Cost = { cpuPercent: Number.NaN, rssMiB: Number.NaN };

async function measureOurs({ folder, timeScale }: BenchOptions, streams: number, feed: CamerasFeed, forMs: number) {
  await using relay = await startRelay();
  await using cameras = await startCameras(folder, feed);
  const urls: string[] = [];
  for (let camera = 0; camera < streams; camera += 1)
    urls.push(await relay.admit(`rtsp://127.0.0.1:${cameras.port}/camera-${camera}`, `cam-${camera}`));
  await using readers = await startReaders(folder, urls);
  await sleep(warmMs * timeScale);
  await readers.report();
  const [cpuPercent = 0, ...load] = await cpuPercents([relay.pid, cameras.pid, readers.pid], () => sleep(forMs));
  const { lost, disordered, gone, ageP50Ms, ageP99Ms, frames } = await readers.report();
  if (gone > 0) throw new Error(`${gone} readers were lost`);
  return {
    cpuPercent,
    rssMiB: residentMiB(relay.pid, 'VmHWM'),
    loadCpuPercent: round(
      load.reduce((sum, one) => sum + one, 0),
      1,
    ),
    lostPackets: Math.max(lost, disordered),
    framesPercent: round((frames / ((streams * 25 * forMs) / 1000)) * 100, 0),
    ageP50Ms,
    ageP99Ms,
  };
}

async function measurePeer(name: PeerName, options: BenchOptions, streams: number): Promise<Cost> {
  const { folder, timeScale, tell } = options;
  await using cameras = await startCameras(folder, burstFeed);
  const addresses = Array.from({ length: streams }, (_, camera) => `rtsp://127.0.0.1:${cameras.port}/camera-${camera}`);
  await using peer = await startPeer(name, folder, addresses);
  if (!peer) return unmeasured;
  // They die of less than this; the others are measured all the same.
  const cost = await measureServing(peer, options, streams).catch((error: unknown) => {
    tell(`${name} failed: ${String(error)}`);
    return unmeasured;
  });
  tell(`${name}: ${JSON.stringify(cost)}`);
  return cost;

  async function measureServing({ pid, urls }: PeerRelay, { folder: where }: BenchOptions, count: number): Promise<Cost> {
    // It pulls all cameras before there is a reader.
    await sleep(3000);
    await using readers = await startReaders(where, urls);
    await sleep(warmMs * timeScale);
    await readers.report();
    const forMs = otherMs * timeScale;
    const [cpuPercent = 0] = await cpuPercents([pid], () => sleep(forMs));
    const { bytes } = await readers.report();
    if (bytes < count * burstFeed.bytesPerSecond * (forMs / 1000) * 0.8)
      throw new Error(`${name} does not pass the streams on: ${bytes} bytes came`);
    return { cpuPercent, rssMiB: residentMiB(pid, 'VmHWM') };
  }
}

/** Adds 100 streams after the other, until something is lost or late. */
async function measureMost({ folder, timeScale, tell }: BenchOptions) {
  await using relay = await startRelay();
  await using cameras = await startCameras(folder, burstFeed);
  await using stack = new AsyncDisposableStack();
  const crowds: LoadProgram<ReadersReport>[] = [];
  const step = timeScale < 1 ? 20 : 100;
  let most = { maxStreams: 0, maxStreamsCpuPercent: 0, maxStreamsLoadCpuPercent: 0 };
  for (let streams = step; streams <= step * 10; streams += step) {
    const urls: string[] = [];
    while (urls.length < step) urls.push(await relay.admit(`rtsp://127.0.0.1:${cameras.port}/camera`, `cam-${streams + urls.length}`));
    const crowd = await startReaders(folder, urls).catch(() => undefined);
    if (!crowd) break;
    crowds.push(stack.use(crowd));
    await sleep(2000);
    for (const program of [cameras, ...crowds]) await program.report();
    const pids = [relay.pid, cameras.pid, ...crowds.map(({ pid }) => pid)];
    const [cpu = 0, ...load] = await cpuPercents(pids, () => sleep(stepMs * timeScale));
    const { lateMs, behindMs } = await cameras.report();
    const reports = await Promise.all(crowds.map((program) => program.report()));
    const lost = reports.reduce((sum, report) => sum + report.lost + report.disordered + report.gone, 0);
    const loadCpu = round(
      load.reduce((sum, one) => sum + one, 0),
      1,
    );
    tell(JSON.stringify({ streams, cpu, loadCpu, lost, lateMs, behindMs }));
    if (lost > 0 || behindMs > 1000) break;
    most = { maxStreams: streams, maxStreamsCpuPercent: cpu, maxStreamsLoadCpuPercent: loadCpu };
  }
  return most;
}
