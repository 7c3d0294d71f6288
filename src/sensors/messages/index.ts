// The door of messages: what all drivers share whose sensors tell.
export { withinCommit } from './commit.ts';
export { extractValues } from './extract.ts';
export { isRecord, parseJson, valueAt } from './json.ts';
export { isPlausible, nameAt } from './mapping.ts';
export { messageMaps } from './maps.ts';
export { nameSinceBoot } from './occurrence.ts';
export { type Oddity, openOddity } from './oddity.ts';
export { readPayload } from './payload.ts';
export { openPresence } from './presence.ts';
export { type Message, type MessageSource, type MessageWorld, openMessageSource, type Taken } from './source.ts';
export { statusOf, underTrouble } from './standing.ts';
