// The door of credentials: which login is tried at which camera, and when.
export { openAttempts } from './attempt.ts';
export { type AuditedCamera, type FactoryAudit, openFactoryAudit } from './audit.ts';
export { type Logins, type LoginsDeps, openLogins } from './logins.ts';
export { firstLogin, wrongEntry } from './scope.ts';
