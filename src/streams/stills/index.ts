// The door of stills: one picture, once.
export { makeStillServer } from './still-server.ts';
