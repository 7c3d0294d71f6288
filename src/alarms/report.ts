// Reports into alarms: what a driver saw is compared with the open alarm of its point, and the step that follows is one transaction.
import type { Database } from 'better-sqlite3';
import { type AlarmKind, alarmKinds, type Report, type ReportIds, type ReportOutcome } from '#model';
import type { ProcedureWorld } from '#store';
import { clockQualityOf } from './clock-quality.ts';
import type { Counts } from './counts.ts';
import { type Act, decide, isRetry } from './decide.ts';
import { boundDetail } from './detail.ts';
import type { Flood } from './flood.ts';
import { keyBytes, openOccurrences } from './occurrences.ts';
import type { Cause } from './record.ts';
import type { OpenAlarm, Point, Standing } from './standing.ts';
import type { Says, Steps } from './steps.ts';

/** A report with the names that its caller made for it. */
export type NamedReport = Report & { readonly ids?: ReportIds };

/** What the procedure works with. */
export interface ReportDeps {
  readonly counts: Counts;
  readonly steps: Steps;
  readonly standing: Standing;
  readonly flood: Flood;
  readonly isInMaintenance: (device: string) => boolean;
  /** Kinds that latch unless a report says otherwise. */
  readonly latch: readonly AlarmKind[];
  /** Makes room for so many bytes beside the outbox; false when there is none to be had. */
  makeRoom(bytes: number): boolean;
}

/** A report with what was found out about it. */
interface Case {
  readonly report: NamedReport;
  readonly point: Point;
  readonly maintenance: boolean;
  readonly standing: OpenAlarm | undefined;
  readonly says: Partial<Says> & Pick<Says, 'severity'>;
}

/** Opens the procedure that takes reports. A retry of an occurrence, or of a raise under the same ids, changes nothing and names the alarm of the first time. */
export function openReport(db: Database, world: ProcedureWorld, deps: ReportDeps): (report: NamedReport) => ReportOutcome {
  const { counts, steps, standing, flood } = deps;
  const occurrences = openOccurrences(db, () => world.now());

  const raise = (act: 'raise' | 'pulse', { report, point, maintenance, says }: Case): ReportOutcome => {
    const alarmId = report.ids?.alarm ?? world.newId();
    if (report.ids && standing.named(alarmId)) {
      counts.add('duplicates', 1);
      return { result: 'duplicate', alarmId };
    }
    const birth = { alarmId, latched: act === 'raise' && latches(report, deps.latch), maintenance };
    const cause = { ...causeOf(report), tell: flood.admits(point, says) };
    steps[act](point, { severity: says.severity, detail: says.detail ?? {}, ...birth }, cause);
    return { result: 'raised', alarmId };
  };
  const perform = (act: Act, one: Case): ReportOutcome => {
    const { report, point, standing: alarm, says } = one;
    if (act === 'raise' || act === 'pulse') return raise(act, one);
    if (act === 'nothing' || !alarm) return { result: 'unchanged', alarmId: alarm?.alarmId };
    const { alarmId } = alarm;
    const next = { ...alarm, detail: says.detail ?? alarm.detail };
    if (act === 'clear') {
      steps.clear(next, { ...causeOf(report), reason: report.reason });
      return { result: 'cleared', alarmId };
    }
    const cause = { ...causeOf(report), tell: flood.admits(point, says, alarm) };
    if (act === 'hold') steps.hold(next, cause);
    else steps.change(alarm, { ...says, detail: next.detail, latched: alarm.latched || report.latch === true }, cause);
    return { result: 'updated', alarmId };
  };
  const settle = (one: Case): ReportOutcome => {
    const { state, occurrence } = one.report;
    return perform(decide({ state, occurrence, severity: one.says.severity, detail: one.says.detail }, one.standing), one);
  };
  /** What stood before the maintenance began is cleared by its device as ever. */
  const settleReal = (one: Case, outcome: ReportOutcome): ReportOutcome => {
    const { report, point, maintenance } = one;
    const real = maintenance && report.test !== true && report.state === 'inactive' ? standing.at({ ...point, test: false }) : undefined;
    if (!real) return outcome;
    const { ids: _, ...nameless } = report;
    return settle({ ...one, report: outcome.result === 'unchanged' ? report : nameless, point: real, standing: real });
  };

  return (report) => {
    // Not every report comes to an entry, for which the outbox would make room: what it leaves here takes room too.
    const hasRoom = deps.makeRoom(keyBytes);
    flood.roll(report);
    const maintenance = deps.isInMaintenance(report.device);
    const { device, channel, kind } = report;
    const point = { device, channel, kind, test: maintenance || report.test === true };
    const alarm = standing.at(point);
    const seen = occurrences.seen(report);
    if (seen && isRetry(report, seen.alarmId, alarm?.alarmId)) {
      counts.add('duplicates', 1);
      return { result: 'duplicate', alarmId: seen.alarmId };
    }
    const says = { severity: report.severity ?? alarmKinds[kind], ...(report.detail && { detail: boundDetail(report.detail) }) };
    const one: Case = { report, point, maintenance, standing: alarm, says };
    const outcome = settleReal(one, settle(one));
    occurrences.remember(report, outcome, hasRoom);
    return maintenance ? { ...outcome, maintenance: true } : outcome;
  };
}

/** Whether an alarm that this report raises waits for a person at its end. */
function latches({ kind, latch }: Report, kinds: readonly AlarmKind[]): boolean {
  return latch ?? kinds.includes(kind);
}

function causeOf({ time, clockQuality, ids }: NamedReport): Cause {
  return { time, clockQuality: clockQualityOf(time, clockQuality), entry: ids?.entry };
}
