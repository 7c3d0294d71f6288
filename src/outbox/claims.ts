// Claiming: hands out the gravest of what may be claimed. Who has been handed what is known to the thread's memory alone, so that a crash makes all of it pending again.
import type { Database } from 'better-sqlite3';
import type { Destinations } from './destinations.ts';
import { lanes as lane, laneCount, reachOf, wayOf } from './lanes.ts';
import { giveBack, loosen, type Memory, type SlotMemory, turnPage } from './memory.ts';
import { type EntryRow, type FoundRow, openReadyRows, type ReadyRows } from './ready.ts';

/** What is asked of a claim. */
export interface ClaimOptions {
  /** 1 … 1,000. */
  readonly limit: number;
  /** Entries up to this position waited for the line: theirs are the lanes of the past. Default 0: none. */
  readonly past?: number | undefined;
  /** Only of the first so many lanes of the way: 1 the live critical alarms, 2 outcomes too … Default all 8. */
  readonly lanes?: number | undefined;
  /**
   * About so many characters of values at most, of all lanes but the live critical one; readings may add half of it. One entry is handed out however large
   * it is. Default, and at most, 4 MiB.
   */
  readonly bytes?: number | undefined;
}

/** A claim. Tried again under the same `ticket`, it first gives back what a failed try had claimed. */
export interface ClaimAsk extends ClaimOptions {
  readonly destination: string;
  readonly ticket: number;
}

/** At most so many entries are claimed and unconfirmed for a destination; a claim beyond it gets live critical alarms and outcomes, for as many places more. */
const maxClaimed = 16_384;
const graveReserve = 1024;
const maxClaim = 1000;
const maxClaimBytes = 4 * 2 ** 20;
/** Rows are read in pages of about so many characters, judged by the page before, and never more rows than these: what is read and not taken is read again. */
const pageBytes = 2 ** 19;
const maxPageRows = 64;
/** Of readings, which are batches, the first page is short: 64 of them are 4 MiB. */
const firstReadings = 4;
/** For each entry of another lane readings are owed so much of a slot: a little over a twentieth of all. */
const readingsShare = 1 / 18;
const maxOwed = 50;

/** What one claim has found so far. */
interface Finding {
  readonly slot: number;
  readonly own: SlotMemory;
  readonly rows: EntryRow[];
  /** What became claimable behind where its lane has been walked, by lane of the way, the oldest first. */
  readonly behind: readonly number[][];
  bytes: number;
}

/** When a lane has given enough: so many rows in all, or so many bytes. */
interface Enough {
  readonly rows: number;
  readonly bytes: number;
}

/** Opens the claim. */
export function openClaim(db: Database, destinations: Destinations, memory: Memory): (ask: ClaimAsk) => readonly EntryRow[] {
  const ready = openReadyRows(db);
  return ({ destination, limit, ticket, past = 0, lanes = laneCount, bytes = maxClaimBytes }) => {
    const slot = destinations.slotOf(destination);
    const finding = begin(ready, memory.of(slot), { slot, ticket, past });
    const { own, rows } = finding;
    const wanted = Math.min(limit, maxClaim, maxClaimed - own.claimed.size);
    const grave = { rows: Math.min(limit, maxClaim, maxClaimed + graveReserve - own.claimed.size), bytes: maxClaimBytes };
    if (grave.rows <= 0 || lanes <= 0) return rows;
    takeHastened(ready, finding, grave);
    takeLane(ready, finding, lane.critical, grave);
    if (wanted > rows.length) takeOthers(ready, finding, { lanes, wanted, bytes: Math.min(bytes, maxClaimBytes) });
    else if (lanes > lane.grant) takeLane(ready, finding, lane.grant, grave);
    return rows.toSorted((one, other) => one.lane - other.lane);
  };
}

interface Share {
  readonly lanes: number;
  readonly wanted: number;
  readonly bytes: number;
}

/** Readings as far as they are owed, then all before them, then readings for what is left. */
function takeOthers(ready: ReadyRows, finding: Finding, { lanes, wanted, bytes }: Share): void {
  const { own, rows } = finding;
  const before = rows.length;
  const inAll = { rows: wanted, bytes: finding.bytes + bytes };
  const free = wanted - before;
  const owed = lanes > lane.reading ? Math.min(free, Math.floor(own.owedToReadings + free * readingsShare)) : 0;
  // Large batches do not use up the bytes of what goes before them.
  const isDry = takeLane(ready, finding, lane.reading, { rows: before + owed, bytes: finding.bytes + bytes / 2 });
  const readings = rows.length - before;
  const enough = { rows: wanted, bytes: finding.bytes + bytes };
  for (let next: number = lane.grant; next < Math.min(lanes, lane.reading); next += 1) takeLane(ready, finding, next, enough);
  const others = rows.length - before - readings;
  if (lanes > lane.reading) takeLane(ready, finding, lane.reading, inAll);
  const taken = rows.length - before - others;
  // Where no reading waited, none is owed.
  own.owedToReadings = isDry && readings < owed ? 0 : Math.max(0, Math.min(maxOwed, own.owedToReadings + others * readingsShare - taken));
}

/** Gives back what a failed try had claimed, sees what was undone, and sorts what lies behind. */
function begin(ready: ReadyRows, own: SlotMemory, { slot, ticket, past }: { slot: number; ticket: number; past: number }): Finding {
  if (own.lastClaim.ticket === ticket) giveBack(own, own.lastClaim.seqs);
  own.lastClaim = { ticket, seqs: [] };
  for (const seqs of own.unproved) {
    if (ready.laneAt(slot, seqs[0] ?? 0) !== undefined) for (const seq of seqs) loosen(own, seq);
  }
  own.unproved = [];
  if (past !== own.past) turnPage(own, past);
  return { slot, own, rows: [], behind: sortBehind(ready, slot, own), bytes: 0 };
}

/** By lane of the way; what lies before where its lane has been walked is found on the walk. */
function sortBehind(ready: ReadyRows, slot: number, own: SlotMemory): readonly number[][] {
  const byLane: number[][] = Array.from({ length: laneCount }, () => []);
  for (const [seq, known] of [...own.behind].toSorted(([one], [other]) => one - other)) {
    const stored = own.claimed.has(seq) ? undefined : (known ?? ready.laneAt(slot, seq));
    const way = stored === undefined ? undefined : wayOf(stored, seq, own.past);
    if (way !== undefined && seq <= (own.walked[way] ?? 0)) byLane[way]?.push(seq);
    else own.behind.delete(seq);
  }
  return byLane;
}

/** Steps of what was graver than their own past: ahead of all that is live. */
function takeHastened(ready: ReadyRows, finding: Finding, enough: Enough): void {
  const { hastened, past } = finding.own;
  for (const seq of hastened) {
    if (isEnough(finding, enough)) break;
    if (seq <= past && ready.laneAt(finding.slot, seq) === lane.critical) takeBehind(ready, finding, seq, lane.critical);
  }
}

/** Walks one lane from where it was walked to: what is claimed beyond stands in the way, and nothing else. Whether nothing is left of it. */
function takeLane(ready: ReadyRows, finding: Finding, way: number, enough: Enough): boolean {
  const { slot, own } = finding;
  for (const seq of finding.behind[way] ?? []) {
    if (isEnough(finding, enough)) return false;
    takeBehind(ready, finding, seq, way);
  }
  const { stored, after, upTo } = reachOf(way, own.past);
  let at = Math.max(own.walked[way] ?? 0, after);
  let pageRows = way === lane.reading ? firstReadings : maxPageRows;
  let isDry = false;
  while (!isDry && !isEnough(finding, enough)) {
    const asked = Math.min(enough.rows - finding.rows.length, pageRows);
    const page = ready.inLane(slot, stored, at, upTo, asked);
    const bytesBefore = finding.bytes;
    for (const row of page) {
      take(finding, row, way);
      at = row.seq;
      if (isEnough(finding, enough)) break;
    }
    isDry = page.length < asked;
    pageRows = Math.max(1, Math.min(maxPageRows, Math.floor((pageBytes * page.length) / (finding.bytes - bytesBefore + 1))));
  }
  own.walked[way] = at;
  return isDry;
}

function isEnough({ rows, bytes }: Finding, enough: Enough): boolean {
  return rows.length >= enough.rows || bytes >= enough.bytes;
}

function takeBehind(ready: ReadyRows, finding: Finding, seq: number, way: number): void {
  const row = finding.own.claimed.has(seq) ? undefined : ready.at(finding.slot, seq);
  // What was remembered of its lane may have been undone: then the next claim looks.
  if (row && row.lane !== reachOf(way, finding.own.past).stored) loosen(finding.own, seq);
  else if (row) take(finding, row, way);
}

function take(finding: Finding, { subject, ...row }: FoundRow, way: number): void {
  const { own, rows } = finding;
  const { seq, class: name, sequence } = row;
  if (own.claimed.has(seq)) return;
  own.claimed.set(seq, { class: name, sequence, stored: row.lane, subject, generation: own.generation });
  own.lastClaim.seqs.push(seq);
  own.behind.delete(seq);
  rows.push({ ...row, lane: way });
  finding.bytes += row.value.length;
}
