// Claiming: the gravest first, by lanes; who has been handed what is known to the thread's memory alone, so that a crash makes all of it pending again.
import type { Database } from 'better-sqlite3';
import type { EntryClass } from '#model';
import type { Destinations } from './destinations.ts';
import { giveBack, lowerFloors, type Marks, type Memory, turnPage } from './marks.ts';
import { readyInLane } from './schema.ts';

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

/** At most so many entries are claimed and unconfirmed for a destination; a claim beyond it gets none. */
const maxClaimed = 16_384;
const maxClaim = 1000;
const maxClaimBytes = 4 * 2 ** 20;
const laneCount = 8;
const readingsLane = 7;
/** For each entry of another lane readings are owed so much of a slot: a little over a twentieth of all. */
const readingsShare = 1 / 18;
const maxCredit = 50;

/** Opens the claim. */
export function openClaim(db: Database, destinations: Destinations, memory: Memory): (ask: ClaimAsk) => readonly EntryRow[] {
  const inLane = db.prepare<[number, number, number, number, number], number>(readyInLane).pluck();
  const isReady = db.prepare<[number, number], number>('SELECT 1 FROM outbox_ready WHERE slot = ? AND lane = 0 AND seq = ?').pluck();
  const waits = db
    .prepare<[number, number], number>(
      'SELECT 1 FROM outbox_ready r JOIN outbox_entry e ON e.seq = r.seq AND e.lane = r.lane WHERE r.slot = ? AND e.seq = ?',
    )
    .pluck();
  const read = db.prepare<[number], EntryRow>(
    `SELECT seq, id, class, sequence, boot_id AS bootId, recorded_time AS recordedTime, lane, value FROM outbox_entry WHERE seq = ?`,
  );

  /** What one claim has found so far. */
  interface Finding {
    readonly slot: number;
    readonly marks: Marks;
    readonly rows: EntryRow[];
    bytes: number;
  }

  function take({ marks, rows }: Finding, seq: number, lane: number): number {
    const row = marks.claimed.has(seq) ? undefined : read.get(seq);
    if (!row) return 0;
    marks.claimed.set(seq, { class: row.class, sequence: row.sequence, generation: marks.generation });
    marks.last.seqs.push(seq);
    rows.push({ ...row, lane });
    return row.value.length;
  }
  /** Steps of what was graver than their own past: ahead of all that is live. */
  function takeHastened(finding: Finding, wanted: number): void {
    const { hastened, past } = finding.marks;
    for (const seq of hastened) {
      if (finding.rows.length >= wanted) break;
      if (seq <= past && isReady.get(finding.slot, seq) !== undefined) finding.bytes += take(finding, seq, 0);
    }
  }
  /** Walks one lane from where all before is claimed: what is claimed beyond stands in the way, and nothing else. */
  function takeLane(finding: Finding, lane: number, wanted: number): void {
    const { slot, marks, rows } = finding;
    const { after, upTo, stored } = reachOf(lane, marks.past);
    let at = Math.max(marks.floors[lane] ?? 0, after);
    while (rows.length < wanted && finding.bytes < maxClaimBytes) {
      const asked = wanted - rows.length + 8;
      const seqs = inLane.all(slot, stored, at, upTo, asked);
      for (const seq of seqs) {
        finding.bytes += take(finding, seq, lane);
        at = seq;
        if (rows.length >= wanted || finding.bytes >= maxClaimBytes) break;
      }
      if (seqs.length < asked) break;
    }
    marks.floors[lane] = at;
  }

  return ({ destination, limit, ticket, past = 0, lanes = laneCount }) => {
    const slot = destinations.slotOf(destination);
    const marks = memory.of(slot);
    if (marks.last.ticket === ticket) giveBack(marks, marks.last.seqs);
    marks.last = { ticket, seqs: [] };
    for (const seq of marks.unproved) if (waits.get(slot, seq) !== undefined) lowerFloors(marks, seq);
    marks.unproved = [];
    if (past !== marks.past) turnPage(marks, past);
    const wanted = Math.min(limit, maxClaim, maxClaimed - marks.claimed.size);
    const finding: Finding = { slot, marks, rows: [], bytes: 0 };
    const { rows } = finding;
    if (wanted <= 0 || lanes <= 0) return rows;
    takeHastened(finding, wanted);
    takeLane(finding, 0, wanted);
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
