// The cameras' bench: 4,000 pull points held by one gateway. What they cost when nothing happens, how soon and how surely what happens is durable, and how
// soon all are heard again after all rebooted at once.
import { mkdir } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openMosquitto } from '../test/peers/mosquitto.ts';
import { openEar } from './backlog-hub.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { type CamerasDaemon, registerField, startCamerasDaemon } from './cameras-daemon.ts';
import { type Field, type FieldRun, openField } from './cameras-field.ts';
import { diskFigures, diskMeanings } from './disk.ts';
import { round, steadyMs } from './measure.ts';

const meanings = {
  cores: 'of this machine: gateway, store’s thread, cameras, broker and bench share them',
  loadBefore: 'its load of the last minute before the bench; anything near the cores makes all figures worse',
  ...diskMeanings,
  cameras: 'pull points, each at its own address, all in one other process; 1 % more have another password than the gateway believes',
  startSeconds: 'start of `bongsu run` until all pull points wait at their cameras',
  rssMiB: 'largest resident memory of the gateway’s process (VmHWM) over all that follows, the media process apart',
  rssIdleMiB: 'its resident memory while nothing happens',
  idleCpuPercent: 'of a core, all its threads, over a minute in which nothing happens: each pull waits 60 s and comes back empty',
  eventToCommitP99Ms:
    '500 notifications/s over all cameras for 30 s: from the moment that a camera has one to its next pull, which the gateway sends after the commit alone',
  eventToCommitP50Ms: 'the median of the same',
  eventCpuPercent: 'of a core, all its threads, until the last is committed; the hub gets all of it',
  loadCpuPercent: 'of a core: what the process of the cameras took meanwhile, on the same machine',
  floodP99Ms: '2,000 notifications/s for a minute, measured the same way',
  floodCpuPercent: 'of a core, all its threads, until the last is committed',
  floodLoadCpuPercent: 'of a core: what the process of the cameras took meanwhile',
  floodPerSecond: 'notifications that the cameras really had in a second of the flood',
  floodTailSeconds: 'from the last of the flood until all of it is committed: what the gateway was behind, and the cameras kept for it',
  late: 'of both floods: notifications after which no pull came within two minutes; they count in the percentiles with the time that passed',
  lost: 'of both floods: notifications that are no committed step of an alarm',
  downSeconds: 'all cameras reboot at once and are gone so long, with all that they knew of subscriptions and nonces',
  recoverSeconds: 'from their return until all pull points wait again, or five minutes',
  notRecovered: 'pull points that do not wait again even then',
  lostAfterRecovery: 'of 500 notifications/s for 5 s after that',
  failedLoginsPerCameraMax:
    'most failed logins at one camera in all of this, which is one period of cameras.loginRetry; a restart of the gateway (kill -9) in it, and cameras with another password',
} as const;

type Figure = keyof typeof meanings;

const quietMs = 60_000;
const settleMs = 15_000;
const pullingWithinSeconds = 300;

export const camerasBench: Bench<Figure> = {
  figures: meanings,
  async run(options) {
    const { folder, timeScale, tell } = options;
    const cameras = options.cameras ?? (timeScale < 1 ? 400 : 4000);
    const loadBefore = round(loadavg()[0] ?? 0, 2);
    const disk = diskFigures(options);
    tell(`${cameras} cameras …`);
    await using hub = await openMosquitto({ quiet: true, config: ['set_tcp_nodelay true'] });
    const ear = await openEar(hub.port);
    await using field = await openField(cameras, Math.ceil(cameras / 100));
    // What is compiled is kept: a first start of all loads the compiler of TypeScript besides. No login is under way when it is killed.
    await mkdir(folder, { recursive: true });
    await (await startCamerasDaemon(folder, hub.port)).stop('SIGKILL');
    await registerField(folder, cameras + Math.ceil(cameras / 100), field.port);
    const startMs = steadyMs();
    let daemon = await startCamerasDaemon(folder, hub.port);
    try {
      const { seconds: startSeconds } = await untilPulling(field, cameras, startMs);
      tell(`all pull after ${startSeconds} s; now quiet …`);
      const stage = { field, daemon, cameras, timeScale, tell };
      const idle = await measureIdle(stage);
      const events = await measureEvents(stage);
      const reboot = await measureReboot(stage);
      const rssMiB = round(daemon.rssMiB().peak, 0);
      tell('kill -9 and start again …');
      await daemon.stop('SIGKILL');
      daemon = await startCamerasDaemon(folder, hub.port);
      await untilPulling(field, cameras, steadyMs());
      await sleep(settleMs * timeScale);
      const { failedLogins } = await field.look();
      const rest = { failedLoginsPerCameraMax: failedLogins, cores: availableParallelism(), loadBefore, ...disk, cameras, startSeconds };
      return { ...rest, rssMiB: Math.max(rssMiB, round(daemon.rssMiB().peak, 0)), ...idle, ...events, ...reboot };
    } finally {
      await daemon.stop();
      ear.destroy();
    }
  },
};

interface Stage extends Pick<BenchOptions, 'timeScale' | 'tell'> {
  readonly field: Field;
  readonly daemon: CamerasDaemon;
  readonly cameras: number;
}

async function measureIdle({ daemon, timeScale, tell }: Stage) {
  await sleep(settleMs * timeScale);
  const cpu = await cpuPercent(daemon, () => sleep(quietMs * timeScale));
  const figures = { idleCpuPercent: cpu.percent, rssIdleMiB: round(daemon.rssMiB().now, 0) };
  tell(JSON.stringify(figures));
  return figures;
}

async function measureEvents(stage: Stage) {
  const { tell, timeScale } = stage;
  const events = await flood(stage, 500, 30_000 * timeScale);
  tell(JSON.stringify(events));
  const grave = await flood(stage, 2000, 60_000 * timeScale);
  tell(JSON.stringify(grave));
  return {
    eventToCommitP99Ms: events.p99Ms,
    eventToCommitP50Ms: events.p50Ms,
    eventCpuPercent: events.cpuPercent,
    loadCpuPercent: events.loadCpuPercent,
    floodP99Ms: grave.p99Ms,
    floodCpuPercent: grave.cpuPercent,
    floodLoadCpuPercent: grave.loadCpuPercent,
    floodPerSecond: grave.perSecond,
    floodTailSeconds: grave.tailSeconds,
    late: events.unanswered + grave.unanswered,
    lost: events.lost + grave.lost,
  };
}

async function measureReboot(stage: Stage) {
  const { field, cameras, timeScale, tell } = stage;
  const downSeconds = 30 * timeScale;
  tell(`all reboot, ${downSeconds} s …`);
  await field.reboot(downSeconds * 1000);
  const { seconds: recoverSeconds, missing: notRecovered } = await untilPulling(field, cameras, steadyMs());
  // A state that changes before the first values are in is told as it is, and not as a step.
  await sleep(settleMs * timeScale);
  const after = await flood(stage, 500, 5000 * timeScale);
  tell(JSON.stringify({ recoverSeconds, after }));
  return { downSeconds, recoverSeconds, notRecovered, lostAfterRecovery: after.lost };
}

/** Floods, and counts what was not committed. */
async function flood({ field, daemon }: Stage, perSecond: number, ms: number): Promise<FieldRun & { lost: number; cpuPercent: number }> {
  const before = daemon.transitions();
  const { value: run, percent } = await cpuPercent(daemon, () => field.notify(perSecond, ms));
  return { ...run, lost: run.sent - (daemon.transitions() - before), cpuPercent: percent };
}

async function cpuPercent<T>(daemon: CamerasDaemon, act: () => Promise<T>): Promise<{ readonly value: T; readonly percent: number }> {
  const [startMs, startCpu] = [steadyMs(), daemon.cpuSeconds()];
  const value = await act();
  return { value, percent: round(((daemon.cpuSeconds() - startCpu) / (steadyMs() - startMs)) * 1e5, 1) };
}

/** Waits until all pull, and what happened in the meantime is over; five minutes at most, then some are missing. */
async function untilPulling(
  field: Field,
  cameras: number,
  startMs: number,
): Promise<{ readonly seconds: number; readonly missing: number }> {
  for (;;) {
    const { pulling } = await field.look();
    const seconds = round((steadyMs() - startMs) / 1000, 1);
    if (pulling === cameras || seconds > pullingWithinSeconds) return { seconds, missing: cameras - pulling };
    await sleep(100);
  }
}
