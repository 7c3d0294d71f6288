// The second layer of the torture `rtsp`: a real media process among hostile cameras, readers and servers, with one good camera and one good reader.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '#streams';
import { openQuirkyCamera } from '../../streams/quirky-camera.ts';
import { openRawReader, type RawReader, startPlaying } from '../../streams/raw-reader.ts';
import { leaseOf, makeLease, openRelay, type Relay } from '../../streams/site.ts';
import { type Dice, openDice } from './mutator.ts';
import { openStrangers, raid, type Strangers } from './strangers.ts';

/** What came of it. */
export interface LineFigures {
  readonly lastS: number;
  /** Broken messages that the media process was sent. */
  readonly messages: number;
  /** Of hostile servers and of hostile readers. */
  readonly connections: number;
  /** Starts of the media process beyond the first. */
  readonly restarts: number;
  readonly samePid: boolean;
  readonly goodReaderPackets: number;
  readonly goodReaderLost: number;
  /** Longest that the loop of the media process was held by its own work. */
  readonly loopHeldMs: number;
  readonly rssMiB: { readonly before: number; readonly peak: number; readonly after: number };
  /** The most that one of its children had: node-media-server. */
  readonly childRssMiB: number;
  readonly handles: { readonly before: number; readonly after: number };
}

/** Short waits, so that all that can fail fails often. */
const options = { closeAfter: '1s', openTimeout: '1s', frameTimeout: '1s', maxReaders: 100 };
const lanes = 16;
/** What the media process compiles and loads at its start is not counted. */
const warmMs = 1_000;
/** The FLV child is kept for half a minute. */
const settleMs = 45_000;

interface Site {
  readonly relay: Relay;
  readonly strangers: Strangers;
  readonly good: string;
  readonly ports: { readonly rtsp: number; readonly http: number };
  readonly dice: Dice;
  raids: number;
}

/** Runs it for `lastMs`; `settles`: waits until handles are back afterwards. */
export async function raidProcess(lastMs: number, seed: number, settles: boolean): Promise<LineFigures> {
  const dice = openDice(seed);
  await using camera = await openQuirkyCamera({ packetBytes: 2_000 });
  await using strangers = await openStrangers(dice);
  const loopback = `://127.0.0.1:${strangers.port}/live`;
  const pushTo = ['rtsp', 'rtmp'].map((scheme) => ({ address: scheme + loopback }));
  // Written until the process is gone.
  await using files = new AsyncDisposableStack();
  await using relay = openRelay({ ...options, pushTo }, new URL('media-entry.ts', import.meta.url));
  await relay.until('listening', ({ listener }) => listener === 'http', 30_000);
  const lease = makeLease(camera.url, { device: 'good' });
  await relay.streams.admit(leaseOf(lease));
  const url = relay.streams.address('stream', lease.token);
  using reader = await openRawReader(url);
  if ((await startPlaying(reader, url)) !== 200) throw new Error('the good reader does not play');
  const { media, rtsp, http } = await relay.streams.status();
  const pid = media.pid ?? 0;
  const watch = join(tmpdir(), `bongsu-loop-${pid}`);
  files.defer(() => rm(watch, { force: true }));
  await sleep(warmMs);
  const before = { rss: rssMiB(pid, 'VmRSS'), handles: handlesOf(pid) };
  const fromMs = Date.now();

  const children = watchChildren(pid);
  const site: Site = { relay, strangers, good: camera.url, ports: { rtsp: rtsp.port, http: http.port }, dice, raids: 0 };
  const until = performance.now() + lastMs;
  const sent = await Promise.all(Array.from({ length: lanes }, (_, at) => lane(site, at, until)));
  const loopHeldMs = await worstSince(watch, fromMs);
  const isBack = async (): Promise<boolean> => handlesOf(pid) <= before.handles && (await relay.streams.status()).sessions.length === 1;
  for (const end = performance.now() + settleMs; settles && !(await isBack()) && performance.now() < end; ) await sleep(250);
  const { media: after } = await relay.streams.status();
  const figures: LineFigures = {
    lastS: Math.round(lastMs / 1000),
    messages: sent.reduce((sum, count) => sum + count, strangers.messages),
    connections: strangers.connections + site.raids,
    restarts: after.restarts,
    samePid: after.pid === pid,
    goodReaderPackets: reader.packets.length,
    goodReaderLost: lostOf(reader),
    loopHeldMs,
    rssMiB: { before: before.rss, peak: rssMiB(pid, 'VmHWM'), after: rssMiB(pid, 'VmRSS') },
    childRssMiB: children.peakMiB,
    handles: { before: before.handles, after: handlesOf(pid) },
  };
  children[Symbol.dispose]();
  return figures;
}

type Act = (site: Site) => Promise<number>;

/** Opens an address for as long as `visit` takes. */
async function withLease(site: Site, source: string, changes: Partial<Lease>, visit: (token: string) => Promise<number>): Promise<number> {
  const lease = makeLease(source, { device: `bad-${site.dice.below(40)}`, ...changes });
  await site.relay.streams.admit(leaseOf(lease));
  try {
    return await visit(lease.token);
  } finally {
    await site.relay.streams.revoke(lease.grant);
  }
}

/** What a camera of the site is: the good one for some, the stranger over RTSP or through the tunnel for most. */
function cameraOf({ dice, good, strangers }: Site): { readonly source: string; readonly device?: string } {
  if (dice.chance(0.2)) return { source: good, device: 'good' };
  return { source: `${dice.chance(0.8) ? 'rtsp' : 'http'}://127.0.0.1:${strangers.port}/live` };
}

const raidReaders: Act = async (site) => {
  const { source, ...device } = cameraOf(site);
  return await withLease(site, source, device, async (token) => {
    const few = Array.from({ length: 1 + site.dice.below(6) }, () => raid({ port: site.ports.rtsp, kind: 'rtsp', token }, site.dice));
    site.raids += few.length;
    return (await Promise.all(few)).reduce((sum, count) => sum + count, 0);
  });
};

const raidWeb: Act = async (site) => {
  const { source, ...device } = cameraOf(site);
  const kind = site.dice.pick([{ protocol: 'http-flv' }, { protocol: 'ws-flv' }, { form: 'still' }] as const);
  const still = { source: { url: `http://127.0.0.1:${site.strangers.port}/still.jpg`, user: 'a', password: 'b' } };
  return await withLease(site, source, { ...device, ...kind, ...('form' in kind && still) }, async (token) => {
    const few = Array.from({ length: 1 + site.dice.below(3) }, () => raid({ port: site.ports.http, kind: 'web', token }, site.dice));
    site.raids += few.length;
    return (await Promise.all(few)).reduce((sum, count) => sum + count, 0);
  });
};

/** An honest reader of a hostile camera. */
const read: Act = async (site) => {
  const scheme = site.dice.chance(0.7) ? 'rtsp' : 'http';
  return await withLease(site, `${scheme}://127.0.0.1:${site.strangers.port}/live`, {}, async (token) => {
    const url = site.relay.streams.address('stream', token);
    using reader = await openRawReader(url);
    await startPlaying(reader, url);
    await Promise.race([reader.closed, sleep(site.dice.below(800))]);
    return 0;
  });
};

/** A push to a hostile server. */
const push: Act = async (site) => {
  const { source, ...device } = cameraOf(site);
  const lease = makeLease(source, { device: `bad-${site.dice.below(40)}`, ...device });
  const scheme = site.dice.chance(0.7) ? 'rtsp' : 'rtmp';
  await site.relay.streams.admit(leaseOf(lease), `${scheme}://127.0.0.1:${site.strangers.port}/live/x`);
  await sleep(200 + site.dice.below(800));
  await site.relay.streams.revoke(lease.grant);
  return 0;
};

const acts: readonly Act[] = [raidReaders, raidReaders, raidWeb, read, read, push];

/** Does one thing after the other; each lane has one that it always does at first. */
async function lane(site: Site, number: number, until: number): Promise<number> {
  let sent = 0;
  for (let act = acts[number % acts.length] ?? read; performance.now() < until; act = site.dice.pick(acts)) sent += await act(site);
  return sent;
}

/** Gaps in the numbers of the packets that came. */
function lostOf({ packets }: RawReader): number {
  return packets.slice(1).reduce((sum, { sequence }, at) => sum + ((sequence - (packets[at]?.sequence ?? 0) - 1) & 0xffff), 0);
}

/** Looks at the children of `pid` twice a second. */
function watchChildren(pid: number): Disposable & { readonly peakMiB: number } {
  let peakMiB = 0;
  const look = (): void => {
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
      peakMiB = Math.max(peakMiB, ...children.map((child) => rssMiB(Number(child), 'VmHWM')));
    } catch {
      // One has gone in between.
    }
  };
  const timer = setInterval(look, 500);
  return {
    get peakMiB() {
      return peakMiB;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function rssMiB(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  return Math.round(Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
}

function handlesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

async function worstSince(file: string, fromMs: number): Promise<number> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const held = lines.map((line) => line.split(' ').map(Number)).filter(([atMs = 0]) => atMs >= fromMs + 1000);
  return Math.max(0, ...held.map(([, ms = 0]) => ms));
}
