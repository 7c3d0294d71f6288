// The backlog's bench: two million rows that wait. How soon a gateway answers with them, how fast it gets rid of them, and how long an alarm takes past them.
import { stat } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { fillAlarms, fillReadings, readingsPerBatch } from './backlog-fill.ts';
import { measureAlarms, measureBridge, measureDrain, openRunLog, window } from './backlog-stages.ts';
import type { Bench } from './bench.ts';
import { diskFigures, diskMeanings } from './disk.ts';
import { round } from './measure.ts';

const meanings = {
  cores: 'of this machine: gateway, store’s thread, brokers and bench share them',
  loadBefore: 'its load of the last minute before the bench; anything near the cores makes all figures worse',
  ...diskMeanings,
  waiting:
    'entries that wait in the store when the gateway starts, as it says itself: transitions of alarms, half of them raised, half cleared',
  storeMiB: 'size of that store',
  readyMs:
    'exec of `bongsu run` to its first answer to `bongsu status`, the slowest of three starts: the store not in the system’s cache, then twice after a kill -9 while it drained',
  rssMiB: 'largest resident memory of the gateway’s process (VmHWM), of all its starts and drains',
  roundTripMs: 'PINGREQ to PINGRESP over the delayed line, nothing else on it, median',
  aim: '50 + roundTripMs, for the alarms below',
  alarmP99Ms:
    '25 alarms/s (critical and major by turns) while the backlog drains over the delayed line: webhook request to the bytes at a subscriber at the broker; the worse of the next two',
  alarmP99MsAt20: 'with Mosquitto’s default Receive Maximum, 20',
  alarmP99MsAt128: 'with a Receive Maximum of 128 and a window of 128',
  alarmP50MsAt20: 'the median of the same',
  alarmP50MsAt128: 'the median of the same',
  drainPerSecondAt20: 'the backlog’s own rate meanwhile',
  drainPerSecondAt128: 'the same',
  drainAlarmsPerSecond:
    'transitions singly, QoS 1, window 128, loopback without delay, confirmed by Mosquitto and durably removed; counted by the hub’s $SYS, for no subscriber keeps up',
  drainReadingsPerSecond: `the same for readings, in entries of ${readingsPerBatch}`,
  drainedAlarms: 'transitions that the hub counted in that drain; the others went over the delayed line before, or are left',
  left: 'entries that still waited when both drains were over; a drain is cut off after 90 s',
  payloadBytes: 'mean payload of one transition on the wire',
  mosquittoBridgePerSecond:
    'the peer: a Mosquitto bridge with as many messages of that size, the same window and the same hub, persistence on, max_queued_messages 0; cut off after 45 s',
  mosquittoBridgeMessages: 'messages that the bridge held: as many, or what half of the free memory holds',
  mosquittoRssMiB: 'its largest resident memory',
  mosquittoBridgeRatio: 'drainAlarmsPerSecond / mosquittoBridgePerSecond',
} as const;

type Figure = keyof typeof meanings;

export const backlogBench: Bench<Figure> = {
  figures: meanings,
  async run(options) {
    const { folder, timeScale, tell } = options;
    const machine = { cores: availableParallelism(), loadBefore: round(loadavg()[0] ?? 0, 2) };
    tell('the disk');
    const disk = diskFigures(options);
    const rows = options.rows ?? 2_000_000 * timeScale;
    tell(`a store with ${rows.toLocaleString('en')} transitions, offline`);
    await fillAlarms({ folder, name: 'alarms', rows, tell });
    const { size } = await stat(join(folder, 'alarms.db'));
    const log = openRunLog();
    const near = await measureAlarms(options, undefined, log);
    const wide = await measureAlarms(options, window, log);
    const alarms = await measureDrain(options, 'alarms', log);
    tell(`a store with ${rows.toLocaleString('en')} readings in batches, offline`);
    await fillReadings({ folder, name: 'readings', rows, tell });
    const readings = await measureDrain(options, 'readings', log);
    const bridge = await measureBridge(options, rows, alarms.payloadBytes);
    return {
      ...machine,
      ...disk,
      waiting: log.waiting[0] ?? 0,
      storeMiB: round(size / 2 ** 20, 1),
      readyMs: round(Math.max(...log.readyMs.slice(0, 3)), 0),
      rssMiB: round(Math.max(...log.rssMiB), 1),
      roundTripMs: near.roundTripMs,
      aim: round(50 + near.roundTripMs, 3),
      alarmP99Ms: Math.max(near.p99Ms, wide.p99Ms),
      alarmP99MsAt20: near.p99Ms,
      alarmP99MsAt128: wide.p99Ms,
      alarmP50MsAt20: near.p50Ms,
      alarmP50MsAt128: wide.p50Ms,
      drainPerSecondAt20: near.drainPerSecond,
      drainPerSecondAt128: wide.drainPerSecond,
      drainAlarmsPerSecond: Math.round(alarms.perSecond),
      drainReadingsPerSecond: Math.round(readings.perSecond * readingsPerBatch),
      drainedAlarms: alarms.arrived,
      left: alarms.left + readings.left,
      payloadBytes: alarms.payloadBytes,
      ...bridge,
      mosquittoBridgeRatio: round(alarms.perSecond / bridge.mosquittoBridgePerSecond, 2),
    };
  },
};
