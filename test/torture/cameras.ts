// A gateway among hostile cameras: it does not fall, its loop is not held, its memory stays, and the alarms of all other cameras arrive.
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { connectControl } from '#control';
import { openEar } from '../../bench/backlog-hub.ts';
import { fieldAddress, fieldLogin, openField } from '../../bench/cameras-field.ts';
import { type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
import { hostileId, openHostilePack } from './cameras-hostile.ts';
import type { Ordeal, TortureOptions } from './torture.ts';

const defaultLastMs = 180_000;
const good = 20;
const alarmsPerSecond = 20;
const blockedLimitMs = 50;
const memoryLimitMiB = 250;
/** What the daemon compiles and loads at its start is not counted as a held loop. */
const warmMs = 15_000;
/** Short waits, so that each of the pack is met often. */
const cameras = { requestTimeout: '2s', connectTimeout: '1s', retryMin: '500ms', retryMax: '3s', lostAfter: 1, events: { pullWait: '5s' } };
const watcher = new URL('loop-watch.mjs', import.meta.url).pathname;

/** The torture `cameras`: for `lastMs` (default three minutes) a pack of hostile cameras beside twenty good ones that raise alarms. */
export async function camerasTorture({ lastMs = defaultLastMs, tell }: Pick<TortureOptions, 'lastMs' | 'tell'>): Promise<Ordeal> {
  await using hub = await openMosquitto({ quiet: true });
  const ear = await openEar(hub.port);
  await using field = await openField(good, 0);
  using pack = await openHostilePack();
  const watch = join('/tmp', `bongsu-loop-${process.pid}-${Date.now()}`);
  await using gateway = await openGateway(() => ({ uplink: { url: hub.url }, cameras }), {
    NODE_OPTIONS: `--import=${watcher}`,
    BONGSU_LOOP_WATCH: watch,
  });
  const { pid } = gateway;
  await register(gateway, field.port, pack.addresses);
  const startMs = Date.now();
  tell(`${good} good cameras, ${Object.keys(pack.addresses).length} hostile ones, ${lastMs / 1000} s …`);
  await untilPulling(async () => (await field.look()).pulling);
  await sleep(Math.max(0, warmMs - (Date.now() - startMs)));
  const from = Date.now();
  const before = countTransitions(gateway);
  const run = await field.notify(alarmsPerSecond, lastMs);
  const delivered = await untilDelivered(gateway);
  const figures = {
    alarms: run.sent,
    lost: run.sent - (countTransitions(gateway) - before),
    undelivered: delivered,
    eventToCommitP99Ms: run.p99Ms,
    crashes: isAlive(pid) && !(await gateway.log()).includes('"level":60') ? 0 : 1,
    loopHeldMs: await worstSince(watch, from),
    rssPeakMiB: peakRssMiB(pid),
    failedLogins: (await field.look()).failedLogins,
    notMet: Object.keys(pack.requests).filter((name) => pack.requests[name] === 0),
    requests: Object.values(pack.requests).reduce((sum, count) => sum + count, 0),
  };
  ear.destroy();
  await rm(watch, { force: true });
  const isWhole = figures.lost === 0 && figures.undelivered === 0 && figures.crashes === 0 && figures.notMet.length === 0;
  return { figures, stood: isWhole && figures.loopHeldMs <= blockedLimitMs && figures.rssPeakMiB <= memoryLimitMiB };
}

/** A few at a time: the technician's door has a bound on callers. */
async function register(gateway: GatewayPeer, port: number, hostile: Readonly<Record<string, string>>): Promise<void> {
  const goods = Array.from({ length: good }, (_, index) => [`good-${index + 1}`, `${fieldAddress(index)}:${port}`] as const);
  const waiting = [...goods, ...Object.entries(hostile).map(([name, address]) => [hostileId(name), address] as const)];
  const lane = async (): Promise<void> => {
    await using control = await connectControl(gateway.socket, 'torture');
    for (let next = waiting.shift(); next; next = waiting.shift())
      await control.call('camera.add', { id: next[0], address: next[1], login: fieldLogin });
  };
  await Promise.all(Array.from({ length: 12 }, lane));
}

async function untilPulling(pulling: () => Promise<number>): Promise<void> {
  const limitMs = Date.now() + 60_000;
  while ((await pulling()) < good) {
    if (Date.now() > limitMs) throw new Error('the good cameras are not heard');
    await sleep(100);
  }
}

/** Transitions of the good cameras. */
function countTransitions({ folder }: GatewayPeer): number {
  const db = new Database(join(folder, 'bongsu.db'), { readonly: true });
  try {
    const sql = "SELECT count(*) FROM alarm_transition JOIN alarm ON alarm.row = alarm_transition.alarm WHERE device LIKE 'good-%'";
    return db.prepare<[], number>(sql).pluck().get() ?? 0;
  } finally {
    db.close();
  }
}

/** Entries of alarms that the hub does not have within half a minute: the hostile ones still bring more. */
async function untilDelivered({ folder }: GatewayPeer): Promise<number> {
  const db = new Database(join(folder, 'bongsu.db'), { readonly: true });
  try {
    const newest = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM outbox_entry').pluck().get() ?? 0;
    const left = db.prepare<[number], number>('SELECT count(*) FROM outbox_entry WHERE seq <= ?').pluck();
    for (const limitMs = Date.now() + 30_000; Date.now() < limitMs; await sleep(200)) if (left.get(newest) === 0) return 0;
    return left.get(newest) ?? 0;
  } finally {
    db.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function peakRssMiB(pid: number): number {
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
}

/** Milliseconds that the daemon's loop was held by its own work, at most, since `fromMs`. */
async function worstSince(file: string, fromMs: number): Promise<number> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const held = lines.map((line) => line.split(' ').map(Number)).filter(([atMs = 0]) => atMs >= fromMs + 1000);
  return Math.max(0, ...held.map(([, ms = 0]) => ms));
}
