// The door of credentials: which login is tried at which camera, and when.
export { type Logins, type LoginsDeps, openLogins } from './logins.ts';
export { type ScopedCamera, wrongEntry } from './scope.ts';
export { type LoginWalk, openLoginWalk } from './walk.ts';
