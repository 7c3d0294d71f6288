// Reports into alarms: what a driver saw is compared with the open alarm of its point, and the step that follows is one transaction.
import type { Database } from 'better-sqlite3';
import { alarmKinds, type Detail, type Report, type ReportOutcome, type Severity } from '#model';
import type { ProcedureWorld } from '#store';
import type { Counts } from './counts.ts';
import { decide, isRetry } from './decide.ts';
import { boundDetail } from './detail.ts';
import { openOccurrences } from './occurrences.ts';
import { type OpenAlarm, openSteps, testOf } from './steps.ts';

/** Opens the procedure that takes reports. A retry of an occurrence changes nothing and names the alarm of the first time. */
export function openReport(db: Database, world: ProcedureWorld, counts: Counts): (report: Report) => ReportOutcome {
  const occurrences = openOccurrences(db, () => world.now());
  const standingAt = openStanding(db);
  const steps = openSteps(db, world, counts);

  const perform = (report: Report, standing: OpenAlarm | undefined): ReportOutcome => {
    const severity = report.severity ?? alarmKinds[report.kind];
    const detail = report.detail && boundDetail(report.detail);
    const act = decide({ state: report.state, occurrence: report.occurrence, severity, detail }, standing);
    if (act === 'raise' || act === 'pulse') {
      const alarm = steps[act](report, { severity, detail: detail ?? {} });
      return { result: 'raised', alarmId: alarm.alarmId };
    }
    if (act === 'nothing' || !standing) return { result: 'unchanged', alarmId: standing?.alarmId };
    if (act === 'update') steps.update(report, standing, { severity, detail: detail ?? standing.detail });
    else steps.clear(report, { ...standing, detail: detail ?? standing.detail });
    return { result: act === 'update' ? 'updated' : 'cleared', alarmId: standing.alarmId };
  };

  return (report) => {
    const seen = occurrences.seen(report);
    const standing = standingAt(report);
    if (seen && isRetry(report, seen.alarmId, standing?.alarmId)) {
      counts.add('duplicates', 1);
      return { result: 'duplicate', alarmId: seen.alarmId };
    }
    const outcome = perform(report, standing);
    occurrences.remember(report, outcome.alarmId);
    return outcome;
  };
}

interface StandingRow {
  readonly row: number;
  readonly alarmId: string;
  readonly severity: Severity;
  readonly detail: string;
}

/** Finds the open alarm of a report's point: tests and real ones never see each other. */
function openStanding(db: Database): (report: Report) => OpenAlarm | undefined {
  const find = db.prepare<[string, string, string, number], StandingRow>(
    `SELECT row, alarm_id AS alarmId, severity, detail FROM alarm
     WHERE device = ? AND channel = ? AND kind = ? AND test = ? AND closed_at IS NULL`,
  );
  return (report) => {
    const row = find.get(report.device, report.channel, report.kind, testOf(report));
    return row && { ...row, detail: JSON.parse(row.detail) as Detail };
  };
}
