// How much each camera's stream takes, as its own path has measured it: remembered after it has closed.
import type { PathReport } from './protocol.ts';

type Key = Pick<PathReport, 'device' | 'channel' | 'quality'>;

/** Measures streams by what their paths counted. */
export interface Rates {
  /** What the paths count at `atMs` of the monotonic clock. */
  note(paths: readonly PathReport[], atMs: number): void;
  /** Bits a second on the line; undefined until it was measured. */
  of(key: Key): number | undefined;
}

interface Count {
  readonly atMs: number;
  readonly bytes: number;
}

/** A shorter time is not measured: one large key frame more or less would be half of it. */
const shortestMs = 3_000;
/** A camera that sends less is believed slowly, one that sends more at once: the line must not be found full too late. */
const fallingShare = 0.2;
/** Streams that are remembered; beyond, the one that was longest not measured is forgotten. */
const maxKnown = 10_000;
/** TCP, IP and the RTSP frame around packets of some 1,400 bytes. */
const overhead = 1.05;

/** Opens the memory of rates. */
export function openRates(): Rates {
  const counts = new Map<string, Count>();
  const known = new Map<string, number>();
  const remember = (name: string, rate: number): void => {
    const before = known.get(name) ?? 0;
    known.delete(name);
    known.set(name, rate > before ? rate : before + (rate - before) * fallingShare);
    const [oldest] = known.size > maxKnown ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
  };
  const measure = (name: string, bytes: number, atMs: number): void => {
    const before = counts.get(name);
    const tookMs = atMs - (before?.atMs ?? atMs);
    if (before && bytes > before.bytes && tookMs < shortestMs) return;
    counts.set(name, { atMs, bytes });
    if (before && bytes > before.bytes) remember(name, ((bytes - before.bytes) * 8 * overhead * 1000) / tookMs);
  };
  return {
    note(paths, atMs) {
      const flowing = paths.filter(({ state }) => state === 'ready');
      const names = new Set(flowing.map(nameOf));
      for (const name of counts.keys()) if (!names.has(name)) counts.delete(name);
      for (const path of flowing) measure(nameOf(path), path.bytes, atMs);
    },
    of: (key) => known.get(nameOf(key)),
  };
}

function nameOf({ device, channel, quality }: Key): string {
  return `${device}/${channel}/${quality}`;
}
