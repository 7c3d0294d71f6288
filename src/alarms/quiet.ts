// Shelves and maintenance: a person quiets a device for a time, with a reason. All is told on, marked; nothing is hidden, and the time ends by itself.
import type { Database } from 'better-sqlite3';
import { plausibleFromMs } from '#base';
import type { AlarmKind, PersonAct } from '#model';
import type { ProcedureWorld } from '#store';

/** A shelf (alarms are told with `shelved`) or a maintenance (alarms are tests) that holds now. */
export interface Quiet {
  readonly form: 'shelf' | 'maintenance';
  readonly device: string;
  /** Empty for all kinds. */
  readonly kind: AlarmKind | '';
  readonly by: string;
  readonly reason: string;
  /** Wall milliseconds of its begin. */
  readonly since: number;
  /** Wall milliseconds of its end, as the wall clock stands now. */
  readonly until: number;
}

/** What a person asks for. */
export interface QuietAsk extends Pick<Quiet, 'form' | 'device' | 'kind' | 'by' | 'reason'> {
  /** How long, milliseconds. */
  readonly lengthMs: number;
  /** The asker's monotonic clock. */
  readonly monotonicMs: number;
}

/** Names a quiet. */
export type QuietName = Pick<Quiet, 'form' | 'device' | 'kind'>;

interface Kept extends Quiet {
  readonly bootId: string;
  readonly leftMs: number;
  readonly savedAt: number;
}

const maxQuiets = 20_000;
const columns = 'form, device, kind, by, reason, since, until, boot_id AS bootId, left_ms AS leftMs, saved_at AS savedAt';

export type Quiets = ReturnType<typeof openQuiets>;

/** Opens their table. What follows for alarms is for the caller. */
export function openQuiets(db: Database, world: ProcedureWorld) {
  const holds = db
    .prepare<[string, string, string], number>("SELECT count(*) FROM alarm_quiet WHERE form = ? AND device = ? AND kind IN (?, '')")
    .pluck();
  const find = db.prepare<[string, string, string], Quiet>(`SELECT ${columns} FROM alarm_quiet WHERE form = ? AND device = ? AND kind = ?`);
  const list = db.prepare<[number], Quiet>(
    'SELECT form, device, kind, by, reason, since, until FROM alarm_quiet ORDER BY form, device, kind LIMIT ?',
  );
  const size = db.prepare<[], number>('SELECT count(*) FROM alarm_quiet').pluck();
  const write = db.prepare<(string | number)[]>(
    `INSERT OR REPLACE INTO alarm_quiet (form, device, kind, by, reason, since, until, boot_id, ends_ms, left_ms, saved_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = db.prepare<[string, string, string]>('DELETE FROM alarm_quiet WHERE form = ? AND device = ? AND kind = ?');
  const removeAll = db.prepare<[string]>('DELETE FROM alarm_quiet WHERE device = ?');
  const strangers = db.prepare<[string], Kept>(`SELECT ${columns} FROM alarm_quiet WHERE boot_id <> ?`);
  const rebase = db.prepare<[string, number, string, string, string]>(
    'UPDATE alarm_quiet SET boot_id = ?, ends_ms = ? WHERE form = ? AND device = ? AND kind = ?',
  );
  const over = db.prepare<[number], Quiet>(`SELECT ${columns} FROM alarm_quiet WHERE ends_ms <= ?`);
  const save = db.prepare<{ monotonic: number; now: number }>(
    'UPDATE alarm_quiet SET left_ms = ends_ms - @monotonic, saved_at = @now, until = CAST(@now + ends_ms - @monotonic AS INTEGER)',
  );

  return {
    isShelved: (device: string, kind: string): boolean => (holds.get('shelf', device, kind) ?? 0) > 0,
    isInMaintenance: (device: string): boolean => (holds.get('maintenance', device, '') ?? 0) > 0,
    find: ({ form, device, kind }: QuietName): Quiet | undefined => find.get(form, device, kind),
    list: (): readonly Quiet[] => list.all(maxQuiets),
    /** Begins it, or gives the one that holds another end. False when 20,000 hold already. */
    begin({ form, device, kind, by, reason, lengthMs, monotonicMs }: QuietAsk): boolean {
      if ((size.get() ?? 0) >= maxQuiets && !find.get(form, device, kind)) return false;
      const now = world.now();
      const until = Math.round(now + lengthMs);
      write.run(form, device, kind, by, reason, now, until, world.bootId, monotonicMs + lengthMs, lengthMs, now);
      return true;
    },
    forget: (device: string): void => void removeAll.run(device),
    end: ({ form, device, kind }: QuietName): boolean => remove.run(form, device, kind).changes > 0,
    /** Brings ends of an earlier start onto this start's clock, saves what is left, and answers what is over. */
    tick(monotonicMs: number): readonly Quiet[] {
      const now = world.now();
      for (const kept of strangers.all(world.bootId)) {
        rebase.run(world.bootId, monotonicMs + leftOf(kept, now), kept.form, kept.device, kept.kind);
      }
      save.run({ monotonic: monotonicMs, now });
      return over.all(monotonicMs);
    },
  };
}

/** What is left after a time of which only the wall clock knows; one that was not set, or runs behind, took nothing away. */
function leftOf({ leftMs, savedAt, until }: Kept, now: number): number {
  const known = now >= plausibleFromMs && savedAt >= plausibleFromMs && now >= savedAt;
  return known ? Math.min(leftMs, until - now) : leftMs;
}

/** The act that a quiet, or its end, is in the history of an alarm. */
export function actOf(act: PersonAct['act'], { by, reason, until }: Pick<Quiet, 'by' | 'reason'> & { readonly until?: number }): PersonAct {
  return { act, by, note: reason, ...(until === undefined ? {} : { until }) };
}
