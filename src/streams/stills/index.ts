// The door of stills: one picture, once.
export { openStillDoor } from './still-door.ts';
