// The door of store: the one SQLite file and the thread that alone writes it.
export { type OpenStoreOptions, openStore } from './client.ts';
export type {
  BackupProgress,
  Calls,
  Damage,
  Migrations,
  OpenProcedures,
  ProcedureWorld,
  Space,
  Store,
  StoreHealth,
  ThreadWorld,
} from './contract.ts';
export { restoreStore } from './restore.ts';
export type { StoreLimits, StoreProcedures } from './session.ts';
export { serveStore } from './thread.ts';
