// One look around: everybody by multicast, and every address of the ranges, with progress, an end on request, and a place to go on from.
import type { Env } from '#base';
import type { Finding } from '#model';
import type { DiscoveryOptions } from '../discovery-options.ts';
import { addressAt, countAddresses, isWithin, parseIpv4, type Span } from '../ranges.ts';
import type { LoginGate } from '../soap/index.ts';
import { openExaminer } from './examiner.ts';
import { onLinkNets } from './interfaces.ts';
import { openKnocker } from './knock.ts';
import { type LookWorld, look } from './look.ts';
import { probeEverybody } from './multicast.ts';
import { openNeighbours, openOnLinkGate, openTableSource } from './neighbours.ts';
import { openPace, openRoom } from './pace.ts';
import type { Sighting } from './sighting.ts';
import { openUnicast } from './unicast.ts';
import { openWalk, type Walk } from './walk.ts';

/** What to look at. */
export interface ScanRequest {
  /** Merged spans. */
  readonly spans: readonly Span[];
  /** Whether everybody on the local networks is asked as well. */
  readonly multicast: boolean;
  /** The place of the walk at which it begins; others were finished before. */
  readonly from: number;
}

/** How far it is. */
export interface ScanProgress {
  readonly total: number;
  /** Addresses that are finished. */
  readonly done: number;
  /** All places before it are finished: where a cancelled scan goes on. */
  readonly resumeAt: number;
}

/** A scan under way. */
export interface Scan {
  progress(): ScanProgress;
  /** Resolves when all is looked at, or `signal` has aborted. Rejects with the system's error when no UDP socket can be had. */
  readonly done: Promise<void>;
}

/** What a scan shares with the room, and who hears of each place that was examined. */
export interface ScanDeps {
  readonly gate: LoginGate;
  readonly clockTolerance: number;
  readonly connectTimeout: number;
  found(finding: Finding): void;
}

/** Starts a scan. */
export function startScan(request: ScanRequest, options: DiscoveryOptions, deps: ScanDeps, env: Env, signal: AbortSignal): Scan {
  const { spans, multicast, from } = request;
  const total = countAddresses(spans);
  const walk = openWalk(Math.min(from, total), total);
  const run = async (): Promise<void> => {
    const source = openTableSource();
    const neighbours = openNeighbours(source, env.clock);
    const { requestTimeout } = options;
    const examiner = openExaminer({ ...deps, requestTimeout }, { ...deps, neighbours }, env, signal);
    const everybody = multicast ? probeEverybody(options, (sighting) => examiner.see([sighting]), env, signal) : undefined;
    const onLink = openOnLinkGate(neighbours, source.limit, env.clock, signal);
    if (total > 0) await walkRanges(spans, walk, { ...options, neighbours, onLink, see: examiner.see, env, signal });
    await everybody;
    await examiner.settled();
  };
  return { progress: () => ({ total, done: walk.done(), resumeAt: walk.resumeAt() }), done: run() };
}

type WalkWorld = Omit<LookWorld, 'unicast' | 'knocker' | 'sockets' | 'pace' | 'nets'> & DiscoveryOptions;

async function walkRanges(spans: readonly Span[], walk: Walk, base: WalkWorld): Promise<void> {
  const { env, signal, atOnce, rate, ports } = base;
  const mayAnswer = (host: string): boolean => {
    const address = parseIpv4(host);
    return address !== undefined && isWithin(spans, address);
  };
  const nets = onLinkNets();
  const mayRepeat = (host: string): boolean => {
    const address = parseIpv4(host);
    return address === undefined || !isWithin(nets, address) || base.neighbours.find(host).state !== 'absent';
  };
  const found = (sighting: Sighting): void => base.see([sighting]);
  await using unicast = await openUnicast(base, { found, mayAnswer, mayRepeat }, env);
  using knocker = openKnocker(env);
  const leave = (): void => {
    knocker[Symbol.dispose]();
    void unicast[Symbol.asyncDispose]();
  };
  signal.addEventListener('abort', leave, { once: true });
  const world: LookWorld = { ...base, unicast, knocker, sockets: openRoom(atOnce), pace: openPace(rate, env.clock), nets };
  const lane = async (): Promise<void> => {
    while (!signal.aborted) {
      const place = walk.next();
      const address = place === undefined ? undefined : addressAt(spans, place);
      if (place === undefined || address === undefined) return;
      await look(address, world);
      if (!signal.aborted) walk.finish(place);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanesFor(atOnce, ports.length, countAddresses(spans)) }, lane));
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** As many addresses at once as keep all sockets busy: while half of them is knocked at, at all ports, the other half is asked by UDP, which takes as long. */
function lanesFor(atOnce: number, ports: number, addresses: number): number {
  return Math.min(atOnce, addresses, 2 * Math.ceil(atOnce / ports));
}
