// The open alarms as the main thread last knew them, so that an alarm can be named and told while the store does not answer.
import { type Alarm, type AlarmKind, alarmKinds, type Report, type ReportIds, type ReportOutcome, type Transition } from '#model';
import { clockQualityOf } from './clock-quality.ts';
import { decide, type OpenState } from './decide.ts';
import { boundDetail } from './detail.ts';
import type { Quiet } from './quiet.ts';
import type { Point } from './standing.ts';

/** An open alarm as it is remembered. */
interface Known extends OpenState, Point {
  readonly alarmId: string;
  readonly severity: Alarm['severity'];
}

const maxKnown = 20_000;

/**
 * Opens the mirror: at most 20,000 open alarms; those beyond it are not remembered, and get a name of their own when they are told from memory. `latch`: kinds
 * that wait for a person unless a report says otherwise.
 */
export function openMirror(latch: readonly AlarmKind[] = []) {
  const known = new Map<string, Known>();
  const quiets = new Map<string, Quiet>();
  // Entries of reports that were foreseen and whose commit has not come back: what it brings is known already.
  const foreseen = new Set<string>();

  const isQuiet = (form: Quiet['form'], device: string, kind: string): boolean =>
    quiets.has(keyOf(form, device, '')) || quiets.has(keyOf(form, device, kind));
  const pointOf = ({ device, channel, kind, test }: Report): Point => ({
    device,
    channel,
    kind,
    test: test === true || isQuiet('maintenance', device, ''),
  });
  const remember = (alarm: Known): void => {
    const key = pointKey(alarm);
    if (known.has(key) || known.size < maxKnown) known.set(key, alarm);
  };
  /** What the report makes of the alarm of its point. */
  const follow = (report: Report, point: Point, alarmId: string): void => {
    const key = pointKey(point);
    const before = known.get(key);
    const { severity = alarmKinds[report.kind], state } = report;
    const detail = report.detail ? boundDetail(report.detail) : before?.detail;
    if (state === 'active') {
      const latched = before ? before.latched || report.latch === true : (report.latch ?? latch.includes(report.kind));
      remember({ ...point, alarmId, severity, detail: detail ?? {}, latched, ended: false });
    } else if (before?.latched === true) known.set(key, { ...before, detail: detail ?? before.detail, ended: true });
    else known.delete(key);
  };

  return {
    /** Forgets all, and remembers what the store says. */
    load(open: readonly Alarm[], holds: readonly Quiet[]): void {
      known.clear();
      quiets.clear();
      for (const { form, device, kind, ...rest } of holds) quiets.set(keyOf(form, device, kind), { form, device, kind, ...rest });
      for (const alarm of open) remember({ ...alarm, latched: alarm.latched !== undefined, ended: alarm.latched === 'over' });
    },
    known(device: string, channel: string, kind: AlarmKind, test: boolean): string | undefined {
      return known.get(pointKey({ device, channel, kind, test }))?.alarmId;
    },
    /** The point of an open alarm. */
    named(alarmId: string): Point | undefined {
      for (const alarm of known.values()) if (alarm.alarmId === alarmId) return alarm;
      return undefined;
    },
    /** A commit came back. Of a report that was foreseen it says nothing new, unless a retry of something else turned out. */
    learn(report: Report, { result, alarmId, maintenance }: ReportOutcome, ids?: ReportIds): void {
      if (ids && foreseen.delete(ids.entry)) {
        const key = pointKey(pointOf(report));
        if (alarmId !== ids.alarm && known.get(key)?.alarmId === ids.alarm) known.delete(key);
        return;
      }
      if (result === 'duplicate' || result === 'unchanged' || alarmId === undefined || report.state === 'pulse') return;
      const point = { ...pointOf(report), test: maintenance === true || report.test === true };
      if (result !== 'cleared') follow(report, point, alarmId);
      else
        for (const test of [point.test, false])
          if (known.get(pointKey({ ...point, test }))?.alarmId === alarmId) known.delete(pointKey({ ...point, test }));
    },
    /** What the store would make of the report, and remembers it: the transitions to tell from memory, none when nothing is new. */
    foresee(report: Report, ids: ReportIds): readonly Transition[] {
      const point = pointOf(report);
      const before = known.get(pointKey(point));
      const { time, clockQuality, occurrence, state, severity = alarmKinds[report.kind] } = report;
      const detail = report.detail && boundDetail(report.detail);
      const act = decide({ state, occurrence, severity, detail }, before);
      if (foreseen.size < maxKnown) foreseen.add(ids.entry);
      if (act === 'nothing') return [];
      const alarmId = act === 'raise' || act === 'pulse' ? ids.alarm : (before?.alarmId ?? ids.alarm);
      const told = act === 'clear' || act === 'hold' ? (before?.severity ?? severity) : severity;
      const shelved = isQuiet('shelf', point.device, point.kind) ? { shelved: true as const } : {};
      const { test, ...place } = point;
      const said = {
        alarmId,
        ...place,
        severity: told,
        time,
        clockQuality: clockQualityOf(time, clockQuality),
        detail: detail ?? (act === 'pulse' ? undefined : before?.detail) ?? {},
        test,
        ...shelved,
      };
      if (act === 'pulse') {
        return [
          { ...said, step: 'raised' },
          { ...said, step: 'cleared', reason: 'pulse' },
        ];
      }
      follow(report, point, alarmId);
      const steps = { raise: 'raised', update: 'updated', hold: 'updated', clear: 'cleared' } as const;
      const reason = act === 'hold' ? 'latched' : act === 'clear' ? report.reason : undefined;
      return [{ ...said, step: steps[act], ...(reason === undefined ? {} : { reason }) }];
    },
  };
}

function pointKey({ device, channel, kind, test }: Point): string {
  return `${device}/${channel}/${kind}/${test}`;
}

function keyOf(form: Quiet['form'], device: string, kind: string): string {
  return `${form}/${device}/${kind}`;
}
