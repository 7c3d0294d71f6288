// Scenes of the torture `disk` in which the file suffers while the gateway is down after kill -9: cut off, bits flipped, its log gone.
import { readdirSync } from 'node:fs';
import { open, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connected, type DiskStage, openDiskStage, settle } from './disk-stage.ts';
import { growHistory } from './history.ts';
import type { Senders } from './senders.ts';

/** What came of a damaged file. */
export interface DamageFigures {
  /** Answered before the blow, and what of it never arrived: it was in the lost pages alone. */
  readonly answeredBefore: number;
  readonly lostWithDamage: number;
  /** Answered after the blow, and what of it never arrived: must be 0. */
  readonly answeredAfter: number;
  readonly lostAfter: number;
  /** Ends, after the blow, of alarms from before it that the store has forgotten: there is nothing to tell of them. At most one of each sender. */
  readonly forgottenEnds: number;
  /** Messages that arrived under two ids: at most one of each sender, whose answer was lost with the commit. */
  readonly twoNames: number;
  /** As the condition at the hub says; undefined when nothing of the file was salvaged, for it was sound. */
  readonly salvagedRows: number | undefined;
  /** Damaged files that lie beside the store. */
  readonly setAside: number;
  /** Ways in which memory was lost, as the hub was told. */
  readonly lapses: readonly string[];
  readonly restated: number;
  /** Numbers that neither came nor are explained: must be 0. */
  readonly unexplained: number;
  /** Messages whose flipped bits made them unreadable to the hub. */
  readonly malformed: number;
  /** What waits at the end: must be 0. */
  readonly pending: number;
  /** From the start until it answers, milliseconds. */
  readonly readyMs: number;
  readonly stood: boolean;
}

/** What is done to the file. */
export interface Damage {
  /** So large the file is made with old alarms before, so that not all of it lies in the log; default not at all. */
  readonly historyBytes?: number;
  /** What the hub must hear: a salvage, a lost log, or whatever comes. */
  readonly expects?: 'file' | 'log';
  strike(path: string): Promise<void>;
}

/** How long the senders send before and after. */
export interface DamageTimes {
  readonly sendMs: number;
}

const pageBytes = 4096;
const readyWithinMs = 20_000;

/** Plays one blow: some alarms delivered, some waiting, kill -9, the damage, and on it goes. The hub confirms itself, each time all that it has ever got. */
export async function playDamage(damage: Damage, { sendMs }: DamageTimes): Promise<DamageFigures> {
  await using stage = await openDiskStage({ confirms: 'all' });
  const { gateway, broker } = stage;
  const path = join(gateway.folder, 'bongsu.db');
  if (damage.historyBytes !== undefined) {
    await gateway.stop();
    growHistory(path, damage.historyBytes);
    await gateway.start();
    await connected(gateway);
  }
  const senders = stage.send();
  await sleep(sendMs);
  await broker.stop();
  await sleep(sendMs);
  await gateway.stop('SIGKILL');
  const before = new Map(senders.answered);
  await damage.strike(path);
  await broker.start();
  const startMs = Date.now();
  await gateway.start();
  const readyMs = Date.now() - startMs;
  await connected(gateway);
  await sleep(2 * sendMs);
  await senders.stop();
  const pending = await settle(stage, senders);
  return judge(stage, { senders, before, damage, pending, readyMs });
}

interface Ending {
  readonly senders: Senders;
  readonly before: ReadonlyMap<string, number>;
  readonly damage: Damage;
  readonly pending: number;
  readonly readyMs: number;
}

function judge({ gateway, hub, books }: DiskStage, { senders, before, damage, pending, readyMs }: Ending): DamageFigures {
  const missing = hub.tally.missing(senders).map(placeOf);
  const lost = missing.filter(({ device, number }) => number < (before.get(device) ?? 0));
  const later = missing.filter(({ device, number }) => number >= (before.get(device) ?? 0));
  const forgottenEnds = later.filter(({ device, number }) => number % 2 === 1 && number === before.get(device)).length;
  const answeredBefore = [...before.values()].reduce((sum, count) => sum + count, 0);
  const { duplicatesAfterId } = hub.tally.judge(senders);
  const lapses = books.lapses();
  const unexplained = Object.values(books.account()).reduce((sum, account) => sum + account.missing - account.told, 0);
  const setAside = readdirSync(gateway.folder).filter((name) => /^bongsu\.db\.damaged-\d+$/.test(name)).length;
  const isTold = damage.expects === undefined || lapses.includes(damage.expects);
  const isKept = !lapses.includes('file') || setAside > 0;
  const isHeard = lapses.length === 0 || books.conditions().has('store-damaged');
  const lostAfter = later.length - forgottenEnds;
  const isClean = lostAfter === 0 && pending === 0 && unexplained === 0 && duplicatesAfterId <= before.size;
  return {
    answeredBefore,
    lostWithDamage: lost.length,
    answeredAfter: senders.total - answeredBefore,
    lostAfter,
    forgottenEnds,
    twoNames: duplicatesAfterId,
    salvagedRows: books.salvagedRows(),
    setAside,
    lapses,
    restated: books.restated,
    unexplained,
    malformed: hub.malformed,
    pending,
    readyMs,
    stood: isClean && isTold && isKept && isHeard && readyMs <= readyWithinMs && senders.total > answeredBefore,
  };
}

function placeOf(name: string): { readonly device: string; readonly number: number } {
  const [device = '', number = ''] = name.split('.');
  return { device, number: Number(number) };
}

/** Cuts the file off somewhere between a tenth and nine tenths; the log stays. */
export function truncated(random: () => number): Damage {
  return {
    historyBytes: 2 ** 20,
    expects: 'file',
    async strike(path) {
      await truncate(path, Math.floor((await stat(path)).size * (0.1 + 0.8 * random())));
    },
  };
}

/** Flips one to eight bits in each of twenty random pages. A bit in a text is no damage that SQLite could see. */
export function flipped(random: () => number): Damage {
  return {
    historyBytes: 2 ** 19,
    async strike(path) {
      const pages = Math.floor((await stat(path)).size / pageBytes);
      await using file = await open(path, 'r+');
      const page = Buffer.alloc(pageBytes);
      for (let hit = 0; hit < 20; hit += 1) {
        const at = Math.floor(random() * pages) * pageBytes;
        await file.read(page, 0, pageBytes, at);
        for (let bits = 1 + Math.floor(random() * 8); bits > 0; bits -= 1) {
          const byte = Math.floor(random() * pageBytes);
          page.writeUInt8(page.readUInt8(byte) ^ (1 << Math.floor(random() * 8)), byte);
        }
        await file.write(page, 0, pageBytes, at);
      }
    },
  };
}

/** The write-ahead log is gone, and with it all that was committed since it was last written back. */
export const withoutLog: Damage = {
  expects: 'log',
  async strike(path) {
    for (const part of ['-wal', '-shm']) await rm(path + part, { force: true });
  },
};

/** Numbers from 0 to 1 that a seed determines (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
