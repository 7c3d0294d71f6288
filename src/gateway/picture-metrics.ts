// The figures of pictures on their way as samples: one set for each camera stream that is open, its readers taken together.
import type { MetricSample } from '#control';
import type { StreamsStatus } from '#streams';

/** Streams that are shown, so that a scrape stays small. */
const maxPaths = 128;

/** Of the paths that are open. */
export function pictureSamples({ paths, sessions }: Pick<StreamsStatus, 'paths' | 'sessions'>): readonly MetricSample[] {
  const open = paths.filter(({ state }) => state !== 'idle').slice(0, maxPaths);
  return open.flatMap(({ device, channel, quality, frames, bytes, lost, readers, firstFrameMs }): MetricSample[] => {
    const labels = { device, channel: String(channel), quality };
    const own = sessions.filter((one) => one.device === device && one.channel === channel && one.quality === quality);
    const discarded = own.reduce((sum, { dropped }) => sum + dropped, 0);
    const told = own.flatMap(({ lossRatio, jitterMs }) => (lossRatio === undefined ? [] : [{ lossRatio, jitterMs: jitterMs ?? 0 }]));
    return [
      { name: 'bongsu_stream_path_frames_total', value: frames, labels },
      { name: 'bongsu_stream_path_bytes_total', value: bytes, labels },
      { name: 'bongsu_stream_path_lost_packets_total', value: lost, labels },
      { name: 'bongsu_stream_path_readers', value: readers, labels },
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
  });
}
