// The wire contract with the hub as pure codecs: values on one side, topics and texts on the other.
export { type ParsedCommand, parseCommand, refusals, signedBytes } from './command.ts';
export { type ConfirmationMode, type ConfirmedRanges, maxRanges, parseConfirm, parseHubState, type SequenceRange } from './confirm.ts';
export { encodeEntry, encodeState, encodeWill } from './event.ts';
export { asBytes, cloudEventType, isText, type Message } from './message.ts';
export { encodeOutcome, refusalOf } from './outcome.ts';
export { commandNameOf, commandTopic, hubStateTopic, isAnswerTopic, openTopics, outcomeTopic, type Topics } from './topics.ts';
