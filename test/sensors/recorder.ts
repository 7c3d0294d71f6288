// Stands in for the alarms room: keeps what the drivers report, with the same answers that room gives.
import type { Alarm, Condition, Reading, Report, ReportOutcome } from '#model';
import type { SensorsDeps } from '#sensors';
import type { SensorMarks } from '../../src/sensors/driver.ts';

/** What was reported, and switches for a store that fails. */
export interface Recorder {
  readonly reports: Report[];
  readonly conditions: Condition[];
  readonly readings: Reading[];
  /** While true every call rejects, as when the disk is full. */
  failing: boolean;
  /** What `openAlarms` answers. */
  readonly open: Alarm[];
  report(report: Report, how?: { readonly answers?: boolean }): Promise<ReportOutcome>;
  condition(step: Condition): Promise<void>;
  reading(reading: Reading): Promise<void>;
  openAlarms(device: string): Promise<readonly Alarm[]>;
  /** What was noted, by device; outlives sensors that are opened anew. */
  readonly noted: Map<string, string>;
  readonly notes: SensorsDeps['notes'];
  /** How far sources were taken. */
  readonly kept: Map<string, string>;
  readonly marks: SensorMarks;
  /** Conditions as words: `sensor-silent raised smoke-1`. */
  said(): string[];
}

/** Opens a recorder that knows occurrences and conditions that are already open. */
export function openRecorder(): Recorder {
  const occurrences = new Map<string, string>();
  const raised = new Set<string>();
  const noted = new Map<string, string>();
  const recorder: Recorder = {
    noted,
    notes: {
      async put({ device, text }) {
        if (recorder.failing) throw new Error('disk full');
        noted.set(device, text);
      },
      async remove(device) {
        if (recorder.failing) throw new Error('disk full');
        noted.delete(device);
      },
      all: async () => {
        if (recorder.failing) throw new Error('disk full');
        return [...noted].map(([device, text]) => ({ device, text }));
      },
    },
    reports: [],
    conditions: [],
    readings: [],
    failing: false,
    open: [],
    async report(report) {
      if (recorder.failing) throw new Error('disk full');
      const key = `${report.device} ${report.occurrence}`;
      const { occurrence, occurrenceAfter: after } = report;
      const earlier = [...occurrences].filter(([each]) => after !== undefined && each > `${report.device} ${after}` && each <= key);
      const known = occurrence === undefined ? undefined : (occurrences.get(key) ?? earlier.at(-1)?.[1]);
      if (known) return { result: 'duplicate', alarmId: known };
      const alarmId = `alarm-${recorder.reports.length + 1}`;
      occurrences.set(key, alarmId);
      recorder.reports.push(report);
      return { result: report.state === 'inactive' ? 'cleared' : 'raised', alarmId };
    },
    async condition(step) {
      if (recorder.failing) throw new Error('disk full');
      const key = `${step.kind} ${step.device} ${step.channel}`;
      if ((step.state === 'raised') === raised.has(key)) return;
      if (step.state === 'raised') raised.add(key);
      else raised.delete(key);
      recorder.conditions.push(step);
    },
    async reading(reading) {
      if (recorder.failing) throw new Error('disk full');
      recorder.readings.push(reading);
    },
    openAlarms: async (device) => {
      if (recorder.failing) throw new Error('disk full');
      return recorder.open.filter((alarm) => alarm.device === device);
    },
    kept: new Map(),
    marks: {
      recall: async (source) => recorder.kept.get(source),
      async keep({ source, mark }) {
        if (recorder.failing) throw new Error('disk full');
        recorder.kept.set(source, mark);
      },
    },
    said: () => recorder.conditions.map(({ kind, state, device }) => `${kind} ${state} ${device}`),
  };
  return recorder;
}
