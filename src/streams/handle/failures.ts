// When each path failed last, by the clock of the gateway: the media process tells why alone.
import type { Clock } from '#base';
import type { MediaEvent, PathReport } from '../protocol.ts';
import type { PathNews } from './contract.ts';

export interface Failures {
  note(event: MediaEvent): void;
  /** The path with the time of its failure, where it has one. */
  date(path: PathReport): PathNews;
}

type Key = Pick<PathReport, 'device' | 'channel' | 'quality'>;

/** Paths that are remembered; the one that failed longest ago is forgotten first. */
const maxKept = 2_048;

/** Opens the record. */
export function openFailures(clock: Clock): Failures {
  const times = new Map<string, number>();
  const nameOf = ({ device, channel, quality }: Key): string => `${device}/${channel}/${quality}`;
  return {
    note(event) {
      if (event.event !== 'source-failed' && event.event !== 'source-opened') return;
      times.delete(nameOf(event));
      if (event.event === 'source-failed') times.set(nameOf(event), clock.now());
      const [oldest] = times.keys();
      if (times.size > maxKept && oldest !== undefined) times.delete(oldest);
    },
    date: (path) => (path.failure ? { ...path, failedAt: times.get(nameOf(path)) } : path),
  };
}
