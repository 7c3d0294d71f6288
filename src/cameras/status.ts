// How a camera is doing, as the gateway is told.
import type { CameraStatus } from './contract.ts';
import type { Member } from './member.ts';
import { picturedChannels } from './pictures.ts';

/** `now`: monotonic milliseconds. */
export function statusOf(member: Member, now: number): CameraStatus {
  const { record, state } = member;
  const { session, counters } = state;
  return {
    id: record.device.id,
    state: state.state,
    since: state.since,
    silentMs: state.silentSinceMs === undefined ? 0 : now - state.silentSinceMs,
    message: state.message,
    authentication: session?.authentication ?? 'none',
    clockOffsetMs: session?.clockOffsetMs,
    channels: picturedChannels(member).length,
    pulls: counters.pulls,
    messages: counters.messages,
    subscriptionsCreated: counters.created,
    subscriptionsResumed: counters.resumed,
    breaks: { ...counters.breaks },
    unknownTopics: Object.fromEntries(counters.unknownTopics),
    unknownValues: Object.fromEntries(counters.unknownValues),
  };
}
