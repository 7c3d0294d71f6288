// Who looks at a path: its sessions, and not the hands in the media process that fetch it for a remuxer or keep it warm.
import type { StreamsStatus } from '#streams';

type Path = StreamsStatus['paths'][number];

/** Sessions of the path now. */
export function viewersOf(
  { device, channel, quality }: Pick<Path, 'device' | 'channel' | 'quality'>,
  sessions: StreamsStatus['sessions'],
): StreamsStatus['sessions'] {
  return sessions.filter((one) => one.device === device && one.channel === channel && one.quality === quality);
}
