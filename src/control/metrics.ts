// The gateway's metrics: one table of names, and a prom-client registry that is filled anew at each scrape.
import { Counter, Gauge, Registry } from 'prom-client';

interface MetricEntry {
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
}

const metricTable = {
  bongsu_up_seconds: { type: 'gauge', help: 'Seconds since the gateway started.', labels: [] },
  bongsu_info: { type: 'gauge', help: 'Always 1; the labels say which gateway this is.', labels: ['version', 'site', 'gateway'] },
  bongsu_uplink_connected: { type: 'gauge', help: '1 while the hub session lives.', labels: [] },
  bongsu_cameras: { type: 'gauge', help: 'Registered cameras by state.', labels: ['state'] },
  bongsu_camera_breaks_total: {
    type: 'counter',
    help: 'Times that a camera was not heard, since the start; what it told then as a mere moment is missing.',
    labels: [],
  },
  bongsu_camera_unheard_seconds_total: {
    type: 'counter',
    help: 'Sum of the times that cameras were not heard, since the start.',
    labels: [],
  },
  bongsu_camera_messages_total: {
    type: 'counter',
    help: 'Event messages of cameras since the start, by whether their topic is known.',
    labels: ['understood'],
  },
  bongsu_sensors: { type: 'gauge', help: 'Configured sensors by state.', labels: ['state'] },
  bongsu_alarms_open: { type: 'gauge', help: 'Alarms that stand now, tests left out.', labels: [] },
  bongsu_alarm_steps_total: { type: 'counter', help: 'Steps of alarms committed since the installation.', labels: ['step'] },
  bongsu_conditions_open: { type: 'gauge', help: 'Conditions that stand now by kind.', labels: ['kind'] },
  bongsu_outbox_pending: { type: 'gauge', help: 'Entries that wait for a destination.', labels: ['destination', 'class'] },
  bongsu_outbox_oldest_seconds: { type: 'gauge', help: 'Age of the oldest entry that waits.', labels: ['destination'] },
  bongsu_outbox_dead: { type: 'gauge', help: 'Dead letters that wait for a person.', labels: ['destination'] },
  bongsu_outbox_bytes: { type: 'gauge', help: 'Bytes of the outbox on disk.', labels: [] },
  bongsu_store_failing: { type: 'gauge', help: '1 while the store fails.', labels: [] },
  bongsu_store_failures_total: { type: 'counter', help: 'Failures of the store since the start.', labels: ['reason'] },
  bongsu_store_commit_seconds: { type: 'gauge', help: 'How long the last commit took.', labels: [] },
  bongsu_store_queued: { type: 'gauge', help: 'Calls that wait for the store.', labels: [] },
  bongsu_commands_total: { type: 'counter', help: 'Commands of the hub, accepted or refused, since the start.', labels: ['result'] },
  bongsu_grants_open: { type: 'gauge', help: 'Grants that stand now.', labels: [] },
  bongsu_stream_readers: { type: 'gauge', help: 'Readers of pictures now.', labels: [] },
  bongsu_stream_sources: { type: 'gauge', help: 'Camera streams open now.', labels: [] },
  bongsu_stream_sessions: { type: 'gauge', help: 'Readers of pictures now, by how they get them.', labels: ['transport'] },
  bongsu_relay_state: {
    type: 'gauge',
    help: '1 for what the media process is now: up, silent (it runs and does not answer) or down; 0 for the others.',
    labels: ['state'],
  },
  bongsu_stream_path_info: {
    type: 'gauge',
    help: 'Always 1; the labels say what a stream is doing.',
    labels: ['device', 'channel', 'quality', 'state', 'codec'],
  },
  bongsu_stream_path_bits_per_second: {
    type: 'gauge',
    help: 'What came from a camera since the scrape before.',
    labels: ['device', 'channel', 'quality'],
  },
  bongsu_stream_path_sent_bits_per_second: {
    type: 'gauge',
    help: 'What its readers were sent together since the scrape before.',
    labels: ['device', 'channel', 'quality'],
  },
  bongsu_stream_path_frames_total: {
    type: 'counter',
    help: 'Frames of a camera since its stream is known.',
    labels: ['device', 'channel', 'quality'],
  },
  bongsu_stream_path_bytes_total: {
    type: 'counter',
    help: 'Bytes of a camera since its stream is known.',
    labels: ['device', 'channel', 'quality'],
  },
  bongsu_stream_path_lost_packets_total: {
    type: 'counter',
    help: 'Packets that a camera numbered and that did not come.',
    labels: ['device', 'channel', 'quality'],
  },
  bongsu_stream_path_first_frame_seconds: {
    type: 'gauge',
    help: 'From the last opening of the camera to its first picture.',
    labels: ['device', 'channel', 'quality'],
  },
  bongsu_stream_path_readers: { type: 'gauge', help: 'Readers of a camera now.', labels: ['device', 'channel', 'quality'] },
  bongsu_stream_path_discarded_frames: {
    type: 'gauge',
    help: 'Frames that its readers of now have lost because their lines were too slow.',
    labels: ['device', 'channel', 'quality'],
  },
  bongsu_stream_path_reader_loss_ratio: {
    type: 'gauge',
    help: 'The greatest loss that one of its readers over UDP tells, 0 to 1.',
    labels: ['device', 'channel', 'quality'],
  },
  bongsu_stream_path_reader_jitter_seconds: {
    type: 'gauge',
    help: 'The greatest jitter that one of its readers over UDP tells.',
    labels: ['device', 'channel', 'quality'],
  },
  bongsu_line_bits_per_second: {
    type: 'gauge',
    help: 'What pictures may take of the line to the hub (limit; absent where no bandwidth is configured), and what they have taken of it.',
    labels: ['part'],
  },
  bongsu_memory_bytes: { type: 'gauge', help: 'Resident memory of the main process.', labels: [] },
  bongsu_loop_delay_seconds: { type: 'gauge', help: '99th percentile of the event loop delay.', labels: [] },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof metricTable;

/** One value of now. A counter's value is its total since the start, not an increment. */
export type MetricSample = {
  [K in MetricName]: {
    readonly name: K;
    readonly value: number;
    readonly labels?: { readonly [L in (typeof metricTable)[K]['labels'][number]]: string };
  };
}[MetricName];

/** A scrape keeps at most so many samples; the rest is left out. */
const maxSamples = 2000;

/** The metrics as text. */
export interface Metrics {
  /** Asks for the values of now; Prometheus exposition format 0.0.4. Scrapes wait for one another. Rejects as `collect` does. */
  text(): Promise<string>;
}

/** Opens the registry; `collect` is called once for each text. */
export function openMetrics(collect: () => Promise<readonly MetricSample[]>): Metrics {
  const registry = new Registry();
  const entries: readonly (readonly [string, MetricEntry])[] = Object.entries(metricTable);
  const gauges = new Map<string, Gauge>();
  const counters = new Map<string, Counter>();
  for (const [name, { type, help, labels }] of entries) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'gauge') gauges.set(name, new Gauge(options));
    else counters.set(name, new Counter(options));
  }
  const scrape = async (): Promise<string> => {
    const samples = await collect();
    registry.resetMetrics();
    for (const { name, labels = {}, value } of samples.slice(0, maxSamples)) {
      if (!Number.isFinite(value)) continue;
      gauges.get(name)?.set(labels, value);
      counters.get(name)?.inc(labels, Math.max(0, value));
    }
    return registry.metrics();
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    text() {
      const next = last.then(scrape, scrape);
      last = next.catch(() => {});
      return next;
    },
  };
}
