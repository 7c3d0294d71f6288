// The figures of pictures on their way as samples: one set for each camera stream that is open, its readers taken together.
import type { Clock } from '#base';
import type { MetricSample } from '#control';
import type { StreamsStatus } from '#streams';
import { viewersOf } from './viewers.ts';

type Pictures = Pick<StreamsStatus, 'paths' | 'sessions'>;
type Path = Pictures['paths'][number];
type Session = Pictures['sessions'][number];

/** Counts the paths that are open; rates are of the time since it was called before. */
export type PictureSamples = (pictures: Pictures) => readonly MetricSample[];

/** Streams that are shown, so that a scrape stays small. */
const maxPaths = 128;

/** Opens the count. */
export function openPictureSamples(clock: Clock): PictureSamples {
  let before = new Map<string, number>();
  let beforeMs = 0;
  return ({ paths, sessions }) => {
    const tookMs = clock.monotonicMs() - beforeMs;
    const counts = new Map<string, number>();
    const rateOf = (name: string, bytes: number): number | undefined => {
      const known = before.get(name);
      counts.set(name, bytes);
      return known === undefined || bytes < known || tookMs <= 0 ? undefined : Math.round(((bytes - known) * 8000) / tookMs);
    };
    const open = paths.filter(({ state }) => state !== 'idle').slice(0, maxPaths);
    const samples = open.flatMap((path) => {
      const own = viewersOf(path, sessions);
      return [...pathSamples(path, own), ...rateSamples(path, own, rateOf)];
    });
    before = counts;
    beforeMs = clock.monotonicMs();
    return [...samples, ...sessionSamples(sessions)];
  };
}

function sessionSamples(sessions: readonly Session[]): readonly MetricSample[] {
  const byTransport = Map.groupBy(sessions, ({ transport }) => transport);
  return [...byTransport].map(([transport, own]) => ({ name: 'bongsu_stream_sessions', value: own.length, labels: { transport } }));
}

function rateSamples(path: Path, own: readonly Session[], rateOf: (name: string, bytes: number) => number | undefined): MetricSample[] {
  const labels = labelsOf(path);
  const came = rateOf(Object.values(labels).join('/'), path.bytes);
  const sent = own.flatMap(({ session, bytes }) => rateOf(session, bytes) ?? []);
  return [
    ...(came === undefined ? [] : [{ name: 'bongsu_stream_path_bits_per_second' as const, value: came, labels }]),
    ...(sent.length === 0
      ? []
      : [{ name: 'bongsu_stream_path_sent_bits_per_second' as const, value: sent.reduce((sum, rate) => sum + rate, 0), labels }]),
  ];
}

function labelsOf({ device, channel, quality }: Path) {
  return { device, channel: String(channel), quality };
}

function pathSamples(path: Path, own: readonly Session[]): MetricSample[] {
  const { state, codec, frames, bytes, lost, firstFrameMs } = path;
  const labels = labelsOf(path);
  const discarded = own.reduce((sum, { dropped }) => sum + dropped, 0);
  const told = own.flatMap(({ lossRatio, jitterMs }) => (lossRatio === undefined ? [] : [{ lossRatio, jitterMs: jitterMs ?? 0 }]));
  return [
    { name: 'bongsu_stream_path_info', value: 1, labels: { ...labels, state, codec: codec ?? '' } },
    { name: 'bongsu_stream_path_frames_total', value: frames, labels },
    { name: 'bongsu_stream_path_bytes_total', value: bytes, labels },
    { name: 'bongsu_stream_path_lost_packets_total', value: lost, labels },
    { name: 'bongsu_stream_path_readers', value: own.length, labels },
    { name: 'bongsu_stream_path_discarded_frames', value: discarded, labels },
    ...(firstFrameMs === undefined
      ? []
      : [{ name: 'bongsu_stream_path_first_frame_seconds' as const, value: firstFrameMs / 1000, labels }]),
    ...(told.length === 0
      ? []
      : [
          { name: 'bongsu_stream_path_reader_loss_ratio' as const, value: Math.max(...told.map(({ lossRatio }) => lossRatio)), labels },
          {
            name: 'bongsu_stream_path_reader_jitter_seconds' as const,
            value: Math.max(...told.map(({ jitterMs }) => jitterMs)) / 1000,
            labels,
          },
        ]),
  ];
}
