// Looking for cameras: one look around at a time, and an ear for those that come and go by themselves.
import { type Env, isAbort, messageOf, type Service } from '#base';
import type { Finding } from '#model';
import type { DiscoveryOptions } from '../discovery-options.ts';
import { faults } from '../faults.ts';
import { countAddresses, maxAddresses, mergeSpans, parseRange, type Span } from '../ranges.ts';
import type { LoginGate } from '../soap/index.ts';
import { examine } from './examine.ts';
import { listInterfaces, nearOf } from './interfaces.ts';
import { mergeFindings } from './merge.ts';
import { type Greeting, listenToGreetings } from './multicast.ts';
import { openNeighbours, openTableSource } from './neighbours.ts';
import { openRoom } from './pace.ts';
import { type ScanProgress, startScan } from './scan.ts';
import { placeOf, sightingOf } from './sighting.ts';
import { openVisitors } from './visitors.ts';

/** What discovery shares with the room. */
export interface DiscoveryDeps {
  readonly gate: LoginGate;
  /** From which offset on a camera's clock is wrong, milliseconds. */
  readonly clockTolerance: number;
  readonly connectTimeout: number;
}

/** What to look at. */
interface LookAroundRequest {
  /** As `cameras.discovery.ranges`; none: those of the configuration. */
  readonly ranges: readonly string[];
  readonly multicast: boolean;
  /** `resumeAt` of a look that was cancelled; 0 begins anew. */
  readonly from: number;
}

/** A look under way. */
interface LookAround {
  /** The ranges that it is at. */
  readonly ranges: readonly string[];
  progress(): ScanProgress;
  /** One finding for each camera, as far as it is known by now. */
  merged(): readonly Finding[];
  /** Resolves at the end, also when `signal` has aborted. */
  readonly done: Promise<void>;
}

/** Who hears of cameras that speak by themselves. */
interface GreetingWatch {
  /** A camera that said Hello was examined. */
  came(finding: Finding): void;
}

/** Looks for cameras. */
export interface Discovery {
  /** Begins to look; `found` hears each place once. @throws cameras.look-runs, cameras.range-bad, cameras.range-large */
  lookAround(request: LookAroundRequest, found: (finding: Finding) => void, signal: AbortSignal): LookAround;
  /** Hears Hello and Bye as long as it runs. */
  listen(watch: GreetingWatch): Service;
}

const maxFindings = 20_000;

/** Opens discovery; nothing is sent before something is asked for. */
export function openDiscovery(options: DiscoveryOptions, deps: DiscoveryDeps, env: Env): Discovery {
  let runs = false;
  return {
    lookAround(request, found, signal) {
      if (runs) throw faults.fault('look-runs');
      const ranges = request.ranges.length > 0 ? request.ranges : options.ranges;
      const spans = readRanges(ranges);
      const findings: Finding[] = [];
      const take = (finding: Finding): void => {
        if (findings.length >= maxFindings) return;
        findings.push(finding);
        found(finding);
      };
      runs = true;
      const scan = startScan({ ...request, spans }, options, { ...deps, found: take }, env, signal);
      const done = scan.done.finally(() => {
        runs = false;
      });
      return { ranges, progress: scan.progress, merged: () => mergeFindings(findings), done };
    },
    listen: (watch) => openEar(options, deps, watch, env),
  };
}

function readRanges(ranges: readonly string[]): readonly Span[] {
  const spans = mergeSpans(
    ranges.map((range) => {
      const span = parseRange(range);
      if (!span) throw faults.fault('range-bad', { detail: range.slice(0, 60) });
      return span;
    }),
  );
  const count = countAddresses(spans);
  if (count > maxAddresses) throw faults.fault('range-large', { detail: String(count) });
  return spans;
}

/** A camera that says Hello is just starting: its services answer some seconds later. */
const settleMs = 3000;
const spreadMs = 5000;
const againMs = 60_000;
const maxWaiting = 5000;
/** A recorder may speak for some; who says more is not a camera. */
const maxEach = 8;
const earAtOnce = 16;

/** Greetings are examined with delay, so many at a time, each place once a minute; beyond 8 waiting of one sender, or 5,000 in all, they are dropped: the next look finds them. */
function openEar(options: DiscoveryOptions, deps: DiscoveryDeps, { came }: GreetingWatch, env: Env): Service {
  const neighbours = openNeighbours(openTableSource(), env.clock);
  const heardMs = new Map<string, number>();
  const room = openRoom(earAtOnce);
  const visitors = openVisitors({ each: maxEach, all: maxWaiting });
  let ending: AbortSignal | undefined;
  const examineLater = async ({ said, host }: Greeting, signal: AbortSignal): Promise<void> => {
    const near = nearOf(listInterfaces(options.interfaces));
    const sighting = sightingOf(said, host, 'hello', near);
    const place = placeOf(sighting.url);
    const nowMs = env.clock.monotonicMs();
    for (const [old, atMs] of heardMs) {
      if (nowMs - atMs < againMs) break;
      heardMs.delete(old);
    }
    if (heardMs.has(place) || heardMs.size >= maxWaiting) return;
    using visit = visitors.admit(host);
    if (!visit) return;
    heardMs.set(place, nowMs);
    await env.clock.sleep(settleMs + env.random.uniform() * spreadMs, signal);
    await room.enter();
    try {
      signal.throwIfAborted();
      const { clockTolerance, connectTimeout, gate } = deps;
      const asked = { clockTolerance, connectTimeout, requestTimeout: options.requestTimeout };
      const finding = await examine(sighting, asked, { gate, env }, signal);
      const mac = neighbours.macOf(sighting.host);
      came(mac === '' ? finding : { ...finding, mac });
    } finally {
      room.leave();
    }
  };
  const greetings = listenToGreetings(
    options,
    (greeting) => {
      const signal = ending;
      if (!signal || greeting.kind !== 'Hello') return;
      examineLater(greeting, signal).catch((error: unknown) => {
        if (!isAbort(error, signal))
          env.log.warn({ host: greeting.host, error: messageOf(error) }, 'a camera that said Hello was not examined');
      });
    },
    env,
  );
  return {
    name: greetings.name,
    async run(signal) {
      ending = signal;
      await greetings.run(signal);
    },
  };
}
