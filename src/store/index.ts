// The door of store: the one SQLite file and the thread that alone writes it.
export { type OpenStoreOptions, openStore } from './client.ts';
export type { Calls, Migrations, OpenProcedures, ProcedureWorld, Store, ThreadWorld } from './contract.ts';
export { type StoreProcedures, serveStore, type ThreadOptions } from './thread.ts';
