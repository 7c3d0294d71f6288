// The door of registry: what stands in the field.
export { type Credentials, openCredentials } from './credentials.ts';
export { type Findings, type Noted, openFindings } from './findings.ts';
export type { KeptFinding, Proposal } from './kept.ts';
export type { ResponseOptions } from './options.ts';
export { openRegistry, type Registry, type RegistryDeps } from './registry.ts';
export { type PlannedPicture, planPrewarm } from './response.ts';
