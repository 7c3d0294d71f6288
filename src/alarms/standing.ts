// The alarms that a step may concern, as the steps need them: by point, by name, by device.
import type { Database } from 'better-sqlite3';
import type { AlarmKind, Detail, Report, Severity } from '#model';
import { readDetail } from './detail.ts';

/** Where an alarm may stand. Tests and real ones never see each other. */
export interface Point extends Pick<Report, 'device' | 'channel'> {
  readonly kind: AlarmKind;
  readonly test: boolean;
}

/** An alarm with all that a step needs to know. */
export interface OpenAlarm extends Point {
  readonly row: number;
  readonly alarmId: string;
  readonly severity: Severity;
  readonly detail: Detail;
  readonly raisedAt: number;
  readonly latched: boolean;
  /** The device says that it is over: only the latch keeps it. */
  readonly ended: boolean;
  /** Raised in maintenance. */
  readonly maintenance: boolean;
  /** The outbox knows of it. */
  readonly told: boolean;
  /** It has changed since the outbox heard of it. */
  readonly behind: boolean;
}

interface Row extends Pick<OpenAlarm, 'row' | 'alarmId' | 'device' | 'channel' | 'kind' | 'severity' | 'raisedAt'> {
  readonly test: number;
  readonly detail: string;
  readonly latched: number;
  readonly endedAt: number | null;
  readonly maintenance: number;
  readonly told: number;
  readonly behind: number;
}

const columns =
  'row, alarm_id AS alarmId, device, channel, kind, test, severity, raised_at AS raisedAt, detail, latched, ended_at AS endedAt, care AS maintenance, told, behind, cleared_at AS clearedAt';
/** Open alarms of one device that one act may concern. */
const maxOfDevice = 1000;

export type Standing = ReturnType<typeof openStanding>;

/** Opens the ways to find them. */
export function openStanding(db: Database) {
  const find = db.prepare<[string, string, string, number], Row>(
    `SELECT ${columns} FROM alarm WHERE device = ? AND channel = ? AND kind = ? AND test = ? AND closed_at IS NULL`,
  );
  const byId = db.prepare<[string], Row & { isOpen: number }>(
    `SELECT ${columns}, closed_at IS NULL AS isOpen FROM alarm WHERE alarm_id = ?`,
  );
  const ofDevice = db.prepare<[string, number], Row>(
    `SELECT ${columns} FROM alarm INDEXED BY alarm_open WHERE device = ? AND closed_at IS NULL ORDER BY row LIMIT ?`,
  );
  const after = db.prepare<[number, number], Row>(
    `SELECT ${columns} FROM alarm INDEXED BY alarm_open WHERE closed_at IS NULL AND told = 1 AND row > ? ORDER BY row LIMIT ?`,
  );
  const untold = db.prepare<[string, string, number], Row & { clearedAt: number | null }>(
    `SELECT ${columns} FROM alarm WHERE device = ? AND kind = ? AND row > ? AND told = 0 ORDER BY row DESC LIMIT 1`,
  );
  return {
    at({ device, channel, kind, test }: Point): OpenAlarm | undefined {
      return toOpen(find.get(device, channel, kind, Number(test)));
    },
    named(alarmId: string): { readonly alarm: OpenAlarm; readonly isOpen: boolean } | undefined {
      const row = byId.get(alarmId);
      return row && { alarm: fromRow(row), isOpen: row.isOpen === 1 };
    },
    /** Open alarms of a device, oldest first, at most 1,000; `kind` empty for all. */
    ofDevice(device: string, kind: string): readonly OpenAlarm[] {
      const all = ofDevice.all(device, maxOfDevice).map(fromRow);
      return kind === '' ? all : all.filter((alarm) => alarm.kind === kind);
    },
    /** Open alarms of which the outbox knows, after a row, oldest first. */
    openAfter: (row: number, limit: number): readonly OpenAlarm[] => after.all(row, limit).map(fromRow),
    /** The newest alarm after a row of which the outbox does not know. */
    newestUntold(
      device: string,
      kind: string,
      after: number,
    ): { readonly alarm: OpenAlarm; readonly clearedAt: number | undefined } | undefined {
      const row = untold.get(device, kind, after);
      return row && { alarm: fromRow(row), clearedAt: row.clearedAt ?? undefined };
    },
  };
}

function toOpen(row: Row | undefined): OpenAlarm | undefined {
  return row && fromRow(row);
}

function fromRow({ row, alarmId, device, channel, kind, severity, raisedAt, ...rest }: Row): OpenAlarm {
  return {
    row,
    alarmId,
    device,
    channel,
    kind,
    severity,
    raisedAt,
    test: rest.test === 1,
    detail: readDetail(rest.detail),
    latched: rest.latched === 1,
    ended: rest.endedAt !== null,
    maintenance: rest.maintenance === 1,
    told: rest.told === 1,
    behind: rest.behind === 1,
  };
}
