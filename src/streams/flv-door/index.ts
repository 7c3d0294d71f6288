// The door for FLV readers.
export { type FlvDoor, openFlvDoor } from './flv-door.ts';
