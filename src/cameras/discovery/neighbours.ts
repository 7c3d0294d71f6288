// The kernel's neighbour table: which on-link addresses are there and by which MAC, and how many unanswered ones a scan may leave in it at a time.
import { readFileSync } from 'node:fs';
import type { Clock } from '#base';
import { readMac } from './messages.ts';

/** What the table says of an address; `unknown` when it says nothing. */
export interface Neighbour {
  readonly state: 'there' | 'absent' | 'unknown';
  readonly mac: string;
}

/** The table as read a moment ago. */
export interface Neighbours {
  find(host: string): Neighbour;
  /** The MAC of a host that has just answered; empty when it is not on-link. */
  macOf(host: string): string;
  /** Entries of hosts that are there. */
  present(): number;
}

/** Entries that the kernel keeps at most (`gc_thresh3`, arp(7)); beyond it, it drops packets to everybody, the cameras that are watched among them. */
export interface TableSource {
  readonly limit: number;
  /** The text of /proc/net/arp. */
  read(): string;
}

const nobody: Neighbour = { state: 'unknown', mac: '' };
const freshMs = 200;
/** Who is missed, or has just answered, is looked for again in a newer one. */
const againMs = 20;
const defaultLimit = 1024;

/** The machine's own table; empty where there is none. */
export function openTableSource(): TableSource {
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  const limit = Number.parseInt(read('/proc/sys/net/ipv4/neigh/default/gc_thresh3'), 10);
  return { limit: limit >= 64 ? limit : defaultLimit, read: () => read('/proc/net/arp') };
}

/** Opens the table; it is read again when it is older than a fifth of a second. */
export function openNeighbours(source: TableSource, clock: Clock): Neighbours {
  let table: ReadonlyMap<string, Neighbour> = new Map();
  let readMs = Number.NEGATIVE_INFINITY;
  const fresh = (withinMs = freshMs): ReadonlyMap<string, Neighbour> => {
    if (clock.monotonicMs() - readMs < withinMs) return table;
    table = parseNeighbours(source.read());
    readMs = clock.monotonicMs();
    return table;
  };
  return {
    // The kernel passes over rows where the table changes while it is read.
    find: (host) => fresh().get(host) ?? fresh(againMs).get(host) ?? nobody,
    macOf: (host) => table.get(host)?.mac || (fresh(againMs).get(host)?.mac ?? ''),
    present: () => [...fresh().values()].filter(({ state }) => state === 'there').length,
  };
}

/** Reads /proc/net/arp: address, hardware type, flags (0x2: complete), MAC (proc(5)). */
export function parseNeighbours(text: string): ReadonlyMap<string, Neighbour> {
  const table = new Map<string, Neighbour>();
  for (const line of text.split('\n').slice(1)) {
    const [host, , flags, address = ''] = line.trim().split(/\s+/);
    if (host === undefined || flags === undefined) continue;
    const isThere = (Number.parseInt(flags, 16) & 2) !== 0;
    table.set(host, isThere ? { state: 'there', mac: readMac(address) } : { state: 'absent', mac: '' });
  }
  return table;
}

/** Lets a scan touch on-link addresses no faster than the table forgets those that do not answer. */
export interface OnLinkGate {
  /** Resolves when `host` may be touched; one after another. Resolves at once when `signal` has aborted. */
  admit(host: string): Promise<void>;
  /** Addresses touched lately that nobody has answered for. */
  outstanding(): number;
}

/** An unanswered entry cannot be evicted while it is asked for (3 s), nor for 5 s after it changed (neigh_forced_gc). */
const holdMs = 6000;
const lookMs = 50;
const leastRoom = 16;
/** The table fills by others' doing too. */
const lookAfter = 16;

/** Half of the table may be ours, less where many hosts are there; a tenth stays free. */
export function openOnLinkGate(neighbours: Neighbours, limit: number, clock: Clock, signal: AbortSignal): OnLinkGate {
  const touched = new Map<string, number>();
  let most = Math.floor(limit / 2);
  let admitted = 0;
  let last: Promise<void> = Promise.resolve();
  const prune = (): void => {
    const beforeMs = clock.monotonicMs() - holdMs;
    most = Math.max(leastRoom, Math.min(Math.floor(limit / 2), Math.floor(limit * 0.9) - neighbours.present()));
    for (const [host, atMs] of touched) if (atMs < beforeMs || neighbours.find(host).state === 'there') touched.delete(host);
  };
  const turn = async (host: string): Promise<void> => {
    if (touched.size >= most || admitted % lookAfter === 0) prune();
    admitted += 1;
    while (!signal.aborted && touched.size >= most) {
      await new Promise<void>((resolve) => void clock.after(lookMs, resolve));
      prune();
    }
    touched.set(host, clock.monotonicMs());
  };
  return {
    admit(host) {
      last = last.then(() => turn(host));
      return last;
    },
    outstanding() {
      prune();
      return touched.size;
    },
  };
}
