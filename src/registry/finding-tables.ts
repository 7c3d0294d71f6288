// What was found on the networks, what a person has yet to decide, and where a look around was broken off: tables of the registry's second shelf.
import type { Database } from 'better-sqlite3';
import type { Migrations, OpenProcedures } from '#store';
import type { KeptFinding, Proposal } from './kept.ts';

export const findingsMigrations: Migrations = {
  room: 'findings',
  steps: [
    `CREATE TABLE finding (
       key TEXT PRIMARY KEY,
       -- The KeptFinding as JSON without its times.
       finding TEXT NOT NULL,
       device TEXT NOT NULL,
       first_seen INTEGER NOT NULL,
       last_seen INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX finding_age ON finding (last_seen);
     CREATE TABLE finding_proposal (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       -- What is proposed, as one text: the same is not proposed twice, and not again after it was refused.
       mark TEXT NOT NULL UNIQUE,
       device TEXT NOT NULL,
       proposal TEXT NOT NULL,
       state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'refused')),
       decided_by TEXT NOT NULL,
       time INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX finding_proposal_device ON finding_proposal (device);
     CREATE TABLE finding_look (
       one INTEGER PRIMARY KEY CHECK (one = 1),
       ranges TEXT NOT NULL,
       resume_at INTEGER NOT NULL
     ) STRICT;`,
  ],
};

/** Rows of findings at most; beyond it the one that was not seen for longest gives way, registered cameras last. */
const maxKeptFindings = 20_000;
const maxProposals = 2000;
const pageRows = 500;

/** A proposal before it has a number. */
export type NewProposal = Omit<Proposal, 'id' | 'time'>;

/** A look around that was broken off. */
export interface BrokenLook {
  readonly ranges: readonly string[];
  readonly resumeAt: number;
}

export type FindingsProcedures = {
  /** The rows after the key `after`, in order of key; at most 500. */
  page(after: string): readonly KeptFinding[];
  /** At most 500 at once. `firstSeen` of a row that exists stays. */
  put(findings: readonly KeptFinding[]): void;
  /** Keeps what was not proposed before, or adds to it what is known now; the proposal as it is kept when it is new. */
  propose(proposal: NewProposal): Proposal | undefined;
  /** The open ones, oldest first. */
  proposals(): readonly Proposal[];
  /** The proposal that was decided; undefined when no such one is open. */
  decide(decision: { readonly id: number; readonly state: 'accepted' | 'refused'; readonly by: string }): Proposal | undefined;
  /** What is proposed of a device that is no more says nothing, and its findings are nobody's. */
  forget(device: string): void;
  keepLook(look: BrokenLook | undefined): void;
  brokenLook(): BrokenLook | undefined;
};

interface FindingRow {
  readonly key: string;
  readonly finding: string;
  readonly first_seen: number;
  readonly last_seen: number;
}

interface ProposalRow {
  readonly id: number;
  readonly proposal: string;
  readonly time: number;
}

export const openFindingsProcedures: OpenProcedures<FindingsProcedures> = (db, world) => {
  const statements = prepare(db);
  const putOne = ({ firstSeen, lastSeen, ...finding }: KeptFinding): void => {
    const text = JSON.stringify(finding);
    if (statements.touch.run(text, finding.device, lastSeen, finding.key).changes > 0) return;
    if ((statements.count.get() ?? 0) >= maxKeptFindings) statements.makeRoom.run();
    statements.insert.run(finding.key, text, finding.device, firstSeen, lastSeen);
  };
  return {
    page: (after) => statements.page.all(after, pageRows).flatMap(readFinding),
    put(findings) {
      for (const finding of findings.slice(0, pageRows)) putOne(finding);
    },
    propose(proposal) {
      const mark = markOf(proposal);
      if (statements.known.get(mark)) return undefined;
      for (const row of statements.ofDevice.all(proposal.device)) {
        const [before] = readProposal(row);
        if (before?.kind !== proposal.kind || !isSameCamera(before, proposal, row.state === 'open')) continue;
        statements.tell.run(JSON.stringify({ ...proposal, before: before.before, after: join(before.after, proposal.after) }), row.id);
        return undefined;
      }
      if ((statements.proposalCount.get() ?? 0) >= maxProposals) statements.dropProposal.run();
      const time = world.now();
      const { lastInsertRowid } = statements.propose.run(mark, proposal.device, JSON.stringify(proposal), time);
      return { ...proposal, id: Number(lastInsertRowid), time };
    },
    proposals: () => statements.open.all().flatMap(readProposal),
    decide({ id, state, by }) {
      const row = statements.openOne.get(id);
      if (!row) return undefined;
      statements.decide.run(state, by, id);
      return readProposal(row)[0];
    },
    forget(device) {
      statements.disown.run(device);
      for (const proposal of statements.open.all().flatMap(readProposal))
        if (proposal.device === device) statements.dropOne.run(proposal.id);
    },
    keepLook(look) {
      if (look) statements.keepLook.run(JSON.stringify(look.ranges), look.resumeAt);
      else statements.dropLook.run();
    },
    brokenLook() {
      const row = statements.look.get();
      return row && { ranges: JSON.parse(row.ranges) as string[], resumeAt: row.resume_at };
    },
  };
};

/** A damaged row is passed over: the next look finds the camera again. */
function readFinding(row: FindingRow): KeptFinding[] {
  try {
    return [{ ...(JSON.parse(row.finding) as KeptFinding), key: row.key, firstSeen: row.first_seen, lastSeen: row.last_seen }];
  } catch {
    return [];
  }
}

function readProposal({ id, proposal, time }: ProposalRow): Proposal[] {
  try {
    return [{ ...(JSON.parse(proposal) as Proposal), id, time }];
  } catch {
    return [];
  }
}

function markOf({ kind, device, after }: NewProposal): string {
  const { identity, mac, endpoint, address } = after;
  const who = kind === 'moved' ? address : mac || identity.serial || endpoint || address;
  return `${kind} ${device} ${who}`.slice(0, 400);
}

/** Whether both are about one camera, which tells its endpoint to a stranger and its serial to a login; of an open one the place is enough. */
function isSameCamera({ after: one }: NewProposal, { after: other }: NewProposal, isOpen: boolean): boolean {
  const pairs = [
    [one.mac, other.mac],
    [one.identity.serial, other.identity.serial],
    [one.endpoint, other.endpoint],
  ].filter(([left, right]) => left !== '' && right !== '');
  if (one.address !== other.address || pairs.some(([left, right]) => left !== right)) return false;
  return pairs.length > 0 || isOpen;
}

/** What both have told. */
function join(before: Proposal['after'], now: Proposal['after']): Proposal['after'] {
  const identity = now.identity.serial === '' ? before.identity : now.identity;
  return { address: now.address, identity, mac: now.mac || before.mac, endpoint: now.endpoint || before.endpoint };
}

function prepare(db: Database) {
  return {
    page: db.prepare<[string, number], FindingRow>('SELECT * FROM finding WHERE key > ? ORDER BY key LIMIT ?'),
    touch: db.prepare<[string, string, number, string]>('UPDATE finding SET finding = ?, device = ?, last_seen = ? WHERE key = ?'),
    insert: db.prepare<[string, string, string, number, number]>('INSERT INTO finding VALUES (?, ?, ?, ?, ?)'),
    count: db.prepare<[], number>('SELECT count(*) FROM finding').pluck(),
    makeRoom: db.prepare("DELETE FROM finding WHERE key = (SELECT key FROM finding ORDER BY device <> '', last_seen LIMIT 1)"),
    known: db.prepare<[string], number>('SELECT id FROM finding_proposal WHERE mark = ?').pluck(),
    proposalCount: db.prepare<[], number>('SELECT count(*) FROM finding_proposal').pluck(),
    dropProposal: db.prepare(
      "DELETE FROM finding_proposal WHERE id = (SELECT id FROM finding_proposal ORDER BY state = 'open', id LIMIT 1)",
    ),
    propose: db.prepare<[string, string, string, number]>(
      "INSERT INTO finding_proposal (mark, device, proposal, state, decided_by, time) VALUES (?, ?, ?, 'open', '', ?)",
    ),
    ofDevice: db.prepare<[string], ProposalRow & { state: string }>(
      'SELECT id, proposal, time, state FROM finding_proposal WHERE device = ?',
    ),
    tell: db.prepare<[string, number]>('UPDATE finding_proposal SET proposal = ? WHERE id = ?'),
    open: db.prepare<[], ProposalRow>("SELECT id, proposal, time FROM finding_proposal WHERE state = 'open' ORDER BY id"),
    openOne: db.prepare<[number], ProposalRow>("SELECT id, proposal, time FROM finding_proposal WHERE state = 'open' AND id = ?"),
    decide: db.prepare<[string, string, number]>('UPDATE finding_proposal SET state = ?, decided_by = ? WHERE id = ?'),
    dropOne: db.prepare<[number]>('DELETE FROM finding_proposal WHERE id = ?'),
    disown: db.prepare<[string]>(
      "UPDATE finding SET device = '', finding = json_set(finding, '$.device', '', '$.meaning', 'new') WHERE device = ?",
    ),
    keepLook: db.prepare<[string, number]>('INSERT OR REPLACE INTO finding_look VALUES (1, ?, ?)'),
    dropLook: db.prepare('DELETE FROM finding_look'),
    look: db.prepare<[], { ranges: string; resume_at: number }>('SELECT ranges, resume_at FROM finding_look'),
  };
}
