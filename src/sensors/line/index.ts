// The door of the lines: text from fire panels and other senders.
export { describeGrammars } from './describe.ts';
export { openLine } from './driver.ts';
export { recordLine } from './record.ts';
export { rehearse } from './rehearse.ts';
export { shippedGrammar, unknownGrammar } from './shipped.ts';
