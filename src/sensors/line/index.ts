// The door of the lines: text from fire panels and other senders.
export { openLine } from './driver.ts';
export { recordLine } from './record.ts';
export { rehearse } from './rehearse.ts';
export { shippedGrammar } from './shipped.ts';
