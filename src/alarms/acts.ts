// What people do: acknowledge, clear, shelve, put into maintenance. Each act is a step in the history of the alarms that it concerns, and told on.
import type { Database } from 'better-sqlite3';
import type { Alarm } from '#model';
import type { ProcedureWorld } from '#store';
import { clockQualityOf } from './clock-quality.ts';
import { actOf, type Quiet, type QuietAsk, type QuietName, type Quiets } from './quiet.ts';
import type { Cause } from './record.ts';
import type { OpenAlarm, Standing } from './standing.ts';
import type { Steps } from './steps.ts';

/** Whose act, on which alarm. */
export interface ActAsk {
  readonly alarmId: string;
  /** `cli:USER (claimed)` or `hub:PERSON`. */
  readonly by: string;
  /** The note or the reason. */
  readonly note: string;
}

/** `unchanged`: it had been acknowledged already; the first word stays. */
export type Acknowledged = 'acknowledged' | 'unchanged' | 'unknown';
/** `over`: it had been cleared already. */
export type Cleared = 'cleared' | 'over' | 'unknown';

export interface ActDeps {
  readonly steps: Steps;
  readonly standing: Standing;
  readonly quiets: Quiets;
}

/** Who ends what ends by itself. */
const ownName = 'gateway';

/** Opens the procedures of people's acts. Times are the gateway's own. */
export function openActs(db: Database, world: ProcedureWorld, { steps, standing, quiets }: ActDeps) {
  const acknowledge = db.prepare<[string, number]>('UPDATE alarm SET acknowledged = ? WHERE row = ? AND acknowledged IS NULL');
  const cause = (rest: Pick<Cause, 'reason' | 'act' | 'tell'>): Cause => {
    const time = world.now();
    return { time, clockQuality: clockQualityOf(time), ...rest };
  };

  /** A test of the maintenance ends with it; what still stands then is real. */
  const endOfMaintenance = (alarm: OpenAlarm): void => {
    steps.clear(alarm, cause({ reason: 'maintenance' }));
    const point = { ...alarm, test: false };
    if (alarm.ended || standing.at(point)) return;
    steps.raise(point, { ...alarm, alarmId: world.newId(), maintenance: false }, cause({}));
  };
  const end = (quiet: Quiet, { by, reason }: Pick<Quiet, 'by' | 'reason'>): void => {
    quiets.end(quiet);
    const open = standing.ofDevice(quiet.device, quiet.kind);
    if (quiet.form === 'maintenance') for (const alarm of open.filter(({ maintenance }) => maintenance)) endOfMaintenance(alarm);
    if (quiet.form === 'maintenance') return;
    const act = actOf('unshelved', { by, reason });
    for (const alarm of open) if (!quiets.isShelved(alarm.device, alarm.kind)) steps.remark(alarm, cause({ reason: 'unshelved', act }));
  };

  return {
    /** Also of an alarm that is over: that is written down and told to nobody, since its last word has been said. */
    acknowledge({ alarmId, by, note }: ActAsk): Acknowledged {
      const named = standing.named(alarmId);
      if (!named) return 'unknown';
      const seen: Alarm['acknowledged'] = { by, at: world.now(), note };
      if (acknowledge.run(JSON.stringify(seen), named.alarm.row).changes === 0) return 'unchanged';
      const tell = named.isOpen;
      steps.remark(named.alarm, cause({ reason: 'acknowledged', act: { act: 'acknowledged', by, note }, tell }));
      return 'acknowledged';
    },
    /** Clears it for good, whatever its device says or its latch: what happens then is a new alarm. */
    clear({ alarmId, by, note }: ActAsk): Cleared {
      const named = standing.named(alarmId);
      if (!named) return 'unknown';
      if (!named.isOpen) return 'over';
      steps.clear(named.alarm, cause({ reason: 'person', act: { act: 'cleared', by, note } }));
      return 'cleared';
    },
    /** Begins a shelf or a maintenance, or moves its end. `full`: 20,000 hold already. */
    quieten(ask: QuietAsk): 'begun' | 'full' {
      if (!quiets.begin(ask)) return 'full';
      const quiet = quiets.find(ask);
      if (quiet?.form !== 'shelf') return 'begun';
      const act = actOf('shelved', quiet);
      for (const alarm of standing.ofDevice(quiet.device, quiet.kind)) steps.remark(alarm, cause({ reason: 'shelved', act }));
      return 'begun';
    },
    /** False when it does not hold. */
    endQuiet({ by, reason, ...name }: QuietName & Pick<Quiet, 'by' | 'reason'>): boolean {
      const quiet = quiets.find(name);
      if (quiet) end(quiet, { by, reason });
      return quiet !== undefined;
    },
    /** The device is no more: what was quiet about it ends, and no test of it becomes real. Its real alarms stay until a person ends them. */
    leave({ device }: { readonly device: string }): void {
      quiets.forget(device);
      for (const alarm of standing.ofDevice(device, '')) if (alarm.maintenance) steps.clear(alarm, cause({ reason: 'maintenance' }));
    },
    quiets: (): readonly Quiet[] => quiets.list(),
    /** Ends what is over. */
    expire(monotonicMs: number): readonly Quiet[] {
      const over = quiets.tick(monotonicMs);
      for (const quiet of over) end(quiet, { by: ownName, reason: 'its time is over' });
      return over;
    },
  };
}
