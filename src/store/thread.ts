// The store's thread: the one writer of the file. Each batch of calls is one transaction; results leave after its commit.
import type { MessagePort } from 'node:worker_threads';
import type { Database, Statement } from 'better-sqlite3';
import type { Random } from '#base';
import { uuidv7 } from '#base';
import type { Migrations, ThreadWorld } from './contract.ts';
import { openDatabase } from './database.ts';
import { storeFaults } from './errors.ts';
import { type Call, type CallResult, type FromThread, type ToThread, toWire } from './protocol.ts';

/** Procedures of one room by name. */
export type ProcedureSet = Readonly<Record<string, (argument: never) => unknown>>;

/** What the thread is started with. */
export interface ThreadOptions {
  readonly path: string;
  readonly bootId: string;
  readonly migrations: readonly Migrations[];
  /** Opens the procedures of every room, by room. */
  open(db: Database, world: ThreadWorld): Readonly<Record<string, object>>;
}

interface ThreadDeps {
  readonly port: MessagePort;
  readonly now: () => number;
  readonly random: Random;
}

/** Serves calls from `port` until told to close. Opening faults are told over the port; the thread then ends. */
export function serveStore(options: ThreadOptions, deps: ThreadDeps): void {
  const send = (message: FromThread): void => deps.port.postMessage(message);
  try {
    const { db, setAside } = openDatabase(options.path, options.migrations, deps.now());
    const topics = new Set<string>();
    const world: ThreadWorld = {
      now: deps.now,
      newId: () => uuidv7(deps.now(), deps.random),
      bootId: options.bootId,
      announce: (topic) => topics.add(topic),
    };
    const rooms = new Map(Object.entries({ ...options.open(db, world), store: openStoreProcedures(db) }));
    const runBatch = openBatchRunner(db, rooms);
    deps.port.on('message', (message: ToThread) => {
      if (message.type === 'close') {
        db.close();
        deps.port.close();
        return;
      }
      const results = runBatch(message.calls);
      send({ type: 'results', results, topics: [...topics] });
      topics.clear();
    });
    send({ type: 'ready', setAside });
  } catch (error) {
    send({ type: 'unopened', fault: toWire(error) });
    deps.port.close();
  }
}

/** The store's own procedures: what a watchdog and a doctor ask. */
function openStoreProcedures(db: Database) {
  return {
    /** Answers when the thread lives; says how the file is kept. */
    describe: () => ({
      synchronous: Number(db.pragma('synchronous', { simple: true })),
      journalMode: String(db.pragma('journal_mode', { simple: true })),
      sizeBytes: Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true })),
      freeBytes: Number(db.pragma('freelist_count', { simple: true })) * Number(db.pragma('page_size', { simple: true })),
    }),
  };
}

/** What `describe` of the room `store` answers. */
export type StoreProcedures = ReturnType<typeof openStoreProcedures>;

interface Brackets {
  readonly begin: Statement;
  readonly commit: Statement;
  readonly rollback: Statement;
  readonly save: Statement;
  readonly release: Statement;
  readonly undo: Statement;
}

function openBatchRunner(db: Database, rooms: ReadonlyMap<string, ProcedureSet>) {
  const brackets: Brackets = {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    save: db.prepare('SAVEPOINT call'),
    release: db.prepare('RELEASE call'),
    undo: db.prepare('ROLLBACK TO call'),
  };
  return (calls: readonly Call[]): readonly CallResult[] => {
    try {
      brackets.begin.run();
      const results = calls.map((call) => runCall(call, rooms, brackets));
      brackets.commit.run();
      return results;
    } catch (error) {
      if (db.inTransaction) brackets.rollback.run();
      const fault = toWire(error);
      return calls.map(() => ({ fault }));
    }
  };
}

/** One call in its savepoint: its failure undoes its own work and nobody else's. */
function runCall(call: Call, rooms: ReadonlyMap<string, ProcedureSet>, brackets: Brackets): CallResult {
  const procedures = rooms.get(call.room);
  const procedure = procedures && Object.hasOwn(procedures, call.name) ? procedures[call.name] : undefined;
  if (!procedure) return { fault: toWire(storeFaults.fault('unknown', { detail: `${call.room}.${call.name}` })) };
  brackets.save.run();
  try {
    const value = procedure(call.argument as never);
    brackets.release.run();
    return { value };
  } catch (error) {
    brackets.undo.run();
    brackets.release.run();
    return { fault: toWire(error) };
  }
}
