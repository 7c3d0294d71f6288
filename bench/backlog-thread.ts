// The store's thread of the backlog's generator: the product's own thread, schema and append, and one procedure more that appends many rows a call.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock, systemRandom, uuidv7 } from '#base';
import type { AlarmKind, Transition } from '#model';
import { type OutboxThread, openOutboxProcedures, outboxMigrations } from '#outbox/tables';
import { serveStore } from '#store';

/** What the generator hands over. */
export interface BacklogThreadData {
  readonly path: string;
  readonly destination: string;
}

/** Procedures of the room `backlog`. */
export interface BacklogProcedures {
  /** Appends so many transitions, as those of a site: in blocks of 200, a hundred alarms raised, then cleared. A multiple of 200. */
  appendAlarms(argument: { readonly rows: number }): void;
}

const block = 100;
/** Critical, major, minor, critical: with the second they lie in two lanes. */
const kinds: readonly (readonly [AlarmKind, Transition['severity']])[] = [
  ['smoke', 'critical'],
  ['intrusion', 'major'],
  ['hydrant-parking', 'minor'],
  ['gas', 'critical'],
];

function openBacklog(append: OutboxThread['append']): BacklogProcedures {
  let alarms = 0;
  const nextAlarm = (): Omit<Transition, 'step' | 'time'> => {
    alarms += 1;
    const [kind, severity] = kinds[alarms % kinds.length] ?? ['smoke', 'critical'];
    const place = { premises: '완주군 봉동읍 둔산리 887', zone: alarms, level: 3.7 };
    const alarmId = uuidv7(Date.now(), systemRandom);
    const device = `sensor-${alarms % 1000}`;
    return { alarmId, device, channel: 'zone-1', kind, severity, clockQuality: 'synchronised', detail: place, test: false };
  };
  return {
    appendAlarms({ rows }) {
      for (let done = 0; done < rows; done += 2 * block) {
        const fresh = Array.from({ length: block }, nextAlarm);
        for (const step of ['raised', 'cleared'] as const)
          for (const alarm of fresh) append({ class: 'alarm', value: { ...alarm, step, time: Date.now() } });
      }
    },
  };
}

if (parentPort) {
  const { path, destination } = workerData as BacklogThreadData;
  serveStore(
    {
      path,
      bootId: uuidv7(Date.now(), systemRandom),
      migrations: [outboxMigrations],
      open(db, world) {
        const { append, procedures } = openOutboxProcedures(db, world, [destination]);
        return { outbox: procedures, backlog: openBacklog(append) };
      },
    },
    { port: parentPort, now: systemClock.now, random: systemRandom },
  );
}
