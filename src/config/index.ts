// The door of config: the file and the credentials as one frozen configuration, the environment, and words for what a schema refuses.
export { type Environment, environment } from './environment.ts';
export { type Loaded, loadConfig, type Problem } from './load.ts';
export type { Config } from './schema.ts';
export { type StoreKeyDeps, storeKey } from './store-key.ts';
export { flawsOf } from './wording.ts';
