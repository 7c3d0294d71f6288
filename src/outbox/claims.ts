// Claiming: the gravest first, by lanes; who has been handed what is known to the thread's memory alone, so that a crash makes all of it pending again.
import type { Database } from 'better-sqlite3';
import type { EntryClass } from '#model';
import type { Destinations } from './destinations.ts';
import { giveBack, loosen, type Marks, type Memory, turnPage } from './marks.ts';
import { claimedColumns, readyInLane } from './schema.ts';

/** A claimed entry as it crosses the thread's channel: its value still JSON text. */
export interface EntryRow {
  readonly seq: number;
  readonly id: string;
  readonly class: EntryClass;
  readonly sequence: number;
  readonly bootId: string;
  readonly recordedTime: number;
  readonly lane: number;
  readonly value: string;
}

/** What is asked of a claim. */
export interface ClaimOptions {
  /** 1 … 1,000. */
  readonly limit: number;
  /** Entries up to this position waited for the line: theirs are the lanes of the past. Default 0: none. */
  readonly past?: number | undefined;
  /** Only of the first so many lanes of the way: 1 the live critical alarms, 2 outcomes too … Default all 8. */
  readonly lanes?: number | undefined;
}

/** A claim. Tried again under the same `ticket`, it first gives back what a failed try had marked. */
export interface ClaimAsk extends ClaimOptions {
  readonly destination: string;
  readonly ticket: number;
}

/** At most so many entries are claimed and unconfirmed for a destination; a claim beyond it gets live critical alarms and outcomes, for as many places more. */
const maxClaimed = 16_384;
const graveReserve = 1024;
const maxClaim = 1000;
const maxClaimBytes = 4 * 2 ** 20;
/** Values of at most 256 KiB are read so many at a time. */
const maxRowsRead = 64;
const laneCount = 8;
const readingsLane = 7;
/** For each entry of another lane readings are owed so much of a slot: a little over a twentieth of all. */
const readingsShare = 1 / 18;
const maxCredit = 50;

/** What one claim has found so far. */
interface Finding {
  readonly slot: number;
  readonly marks: Marks;
  readonly rows: EntryRow[];
  /** What became claimable behind the floors, by lane of the way, the oldest first. */
  readonly loose: readonly number[][];
  bytes: number;
}

interface FoundRow extends EntryRow {
  readonly subject: string | null;
}

/** Opens the claim. */
export function openClaim(db: Database, destinations: Destinations, memory: Memory): (ask: ClaimAsk) => readonly EntryRow[] {
  const inLane = db.prepare<[number, number, number, number, number], FoundRow>(readyInLane);
  const read = db.prepare<[number, number], FoundRow>(
    `SELECT ${claimedColumns} FROM outbox_entry e JOIN outbox_ready r ON r.slot = ? AND r.lane = e.lane AND r.seq = e.seq WHERE e.seq = ?`,
  );
  const laneOf = db
    .prepare<[number, number], number>(
      'SELECT e.lane FROM outbox_entry e JOIN outbox_ready r ON r.slot = ? AND r.lane = e.lane AND r.seq = e.seq WHERE e.seq = ?',
    )
    .pluck();

  function take(finding: Finding, { subject, ...row }: FoundRow, lane: number): void {
    const { marks, rows } = finding;
    const { seq, class: name, sequence } = row;
    if (marks.claimed.has(seq)) return;
    marks.claimed.set(seq, { class: name, sequence, stored: row.lane, subject, generation: marks.generation });
    marks.last.seqs.push(seq);
    marks.loose.delete(seq);
    rows.push({ ...row, lane });
    finding.bytes += row.value.length;
  }
  function takeOne(finding: Finding, seq: number, lane: number): void {
    const row = finding.marks.claimed.has(seq) ? undefined : read.get(finding.slot, seq);
    if (row) take(finding, row, lane);
  }
  /** Steps of what was graver than their own past: ahead of all that is live. */
  function takeHastened(finding: Finding, wanted: number): void {
    const { hastened, past } = finding.marks;
    for (const seq of hastened) {
      if (finding.rows.length >= wanted) break;
      if (seq <= past && laneOf.get(finding.slot, seq) === 0) takeOne(finding, seq, 0);
    }
  }
  /** Walks one lane from where all before is claimed or loose: what is claimed beyond stands in the way, and nothing else. */
  function takeLane(finding: Finding, lane: number, wanted: number): void {
    const { slot, marks, rows } = finding;
    const isEnough = (): boolean => rows.length >= wanted || finding.bytes >= maxClaimBytes;
    for (const seq of finding.loose[lane] ?? []) {
      if (isEnough()) return;
      takeOne(finding, seq, lane);
    }
    const { after, upTo, stored } = reachOf(lane, marks.past);
    let at = Math.max(marks.floors[lane] ?? 0, after);
    while (!isEnough()) {
      const asked = Math.min(wanted - rows.length, maxRowsRead);
      const found = inLane.all(slot, stored, at, upTo, asked);
      for (const row of found) {
        take(finding, row, lane);
        at = row.seq;
        if (isEnough()) break;
      }
      if (found.length < asked) break;
    }
    marks.floors[lane] = at;
  }
  /** What became claimable behind the floors; what lies before one is found on the walk. */
  function sortLoose(slot: number, marks: Marks): readonly number[][] {
    const lanes: number[][] = Array.from({ length: laneCount }, () => []);
    for (const seq of [...marks.loose].toSorted((one, other) => one - other)) {
      const stored = marks.claimed.has(seq) ? undefined : laneOf.get(slot, seq);
      const lane = stored === undefined ? 0 : stored < 3 && seq <= marks.past ? stored + 3 : stored;
      if (stored !== undefined && seq <= (marks.floors[lane] ?? 0)) lanes[lane]?.push(seq);
      else marks.loose.delete(seq);
    }
    return lanes;
  }
  function begin({ slot, ticket, past }: { slot: number; ticket: number; past: number }): Finding {
    const marks = memory.of(slot);
    if (marks.last.ticket === ticket) giveBack(marks, marks.last.seqs);
    marks.last = { ticket, seqs: [] };
    for (const seqs of marks.unproved) {
      if (laneOf.get(slot, seqs[0] ?? 0) !== undefined) for (const seq of seqs) loosen(marks, seq);
    }
    marks.unproved = [];
    if (past !== marks.past) turnPage(marks, past);
    return { slot, marks, rows: [], loose: sortLoose(slot, marks), bytes: 0 };
  }

  return ({ destination, limit, ticket, past = 0, lanes = laneCount }) => {
    const finding = begin({ slot: destinations.slotOf(destination), ticket, past });
    const { marks, rows } = finding;
    const wanted = Math.min(limit, maxClaim, maxClaimed - marks.claimed.size);
    const graveWanted = Math.min(limit, maxClaim, maxClaimed + graveReserve - marks.claimed.size);
    if (graveWanted <= 0 || lanes <= 0) return rows;
    takeHastened(finding, graveWanted);
    takeLane(finding, 0, graveWanted);
    if (wanted <= rows.length) {
      if (lanes > 1) takeLane(finding, 1, graveWanted);
      return rows;
    }
    const grave = rows.length;
    const share = lanes > readingsLane ? Math.min(wanted - grave, Math.floor(marks.credit + (wanted - grave) * readingsShare)) : 0;
    takeLane(finding, readingsLane, grave + share);
    const readings = rows.length - grave;
    for (let lane = 1; lane < Math.min(lanes, readingsLane); lane += 1) takeLane(finding, lane, wanted);
    const others = rows.length - readings;
    if (lanes > readingsLane) takeLane(finding, readingsLane, wanted);
    // Where no reading waited, none is owed.
    marks.credit = readings < share ? 0 : Math.max(0, Math.min(maxCredit, marks.credit + others * readingsShare - (rows.length - others)));
    return rows.toSorted((one, other) => one.lane - other.lane);
  };
}

interface Reach {
  readonly stored: number;
  readonly after: number;
  readonly upTo: number;
}

/** Where the entries of a lane of the way lie. */
function reachOf(lane: number, past: number): Reach {
  if (lane < 3) return { stored: lane, after: past, upTo: Number.MAX_SAFE_INTEGER };
  if (lane < 6) return { stored: lane - 3, after: 0, upTo: past };
  return { stored: lane, after: 0, upTo: Number.MAX_SAFE_INTEGER };
}
