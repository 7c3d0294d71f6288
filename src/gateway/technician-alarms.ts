// The technician's story of alarms: what the local socket can ask about them, and what a person there may do.
import type { Alarms, Quiet } from '#alarms';
import type { Env } from '#base';
import type { ControlHandlers, Result } from '#control';
import type { AlarmActs } from './alarm-acts.ts';
import { faults } from './faults.ts';
import { timeOf } from './moment.ts';

/** What these handlers reach. */
export interface TechnicianAlarmsDeps {
  readonly alarms: Alarms;
  readonly acts: AlarmActs;
}

const tailPage = 200;

/** The operations that begin with `alarm.` and `device.`. */
export type AlarmHandlers = Pick<ControlHandlers, Extract<keyof ControlHandlers, `alarm.${string}` | `device.${string}`>>;

/** One handler for each operation. */
export function openTechnicianAlarms({ alarms, acts }: TechnicianAlarmsDeps, env: Env): AlarmHandlers {
  /** @throws gateway.alarm-unknown */
  const find = async (id: string): Promise<Result<'alarm.show'>> => {
    const shown = await alarms.show(id);
    if (!shown) throw faults.fault('alarm-unknown', { detail: id });
    return shown;
  };
  const untilOf = (forMs: number): { until: number } => ({ until: env.clock.now() + forMs });
  return {
    'alarm.list': async (filter) => {
      if (filter.before !== undefined) await find(filter.before);
      return { alarms: await alarms.list(filter) };
    },
    'alarm.tail': ({ device }, { signal }) => tailAlarms(device, signal, alarms),
    'alarm.show': ({ id }) => find(id),
    'alarm.search': async ({ from, to, ...filter }, { signal }) => {
      if (filter.before !== undefined) await find(filter.before);
      const now = env.clock.now();
      return { alarms: await alarms.search({ ...filter, from: timeOf(from, now), to: timeOf(to, now) }, signal) };
    },
    'alarm.acknowledge': async ({ id, note }, { origin }) => ({ result: await acts.acknowledge(id, origin, note) }),
    'alarm.clear': async ({ id, reason }, { origin }) => ({ result: await acts.clear(id, origin, reason) }),
    'alarm.shelve': async ({ device, kind, forMs, reason }, { origin }) => {
      await acts.quieten({ form: 'shelf', device, kind, forMs, reason, by: origin });
      return untilOf(forMs);
    },
    'alarm.unshelve': async ({ device, kind, reason }, { origin }) => {
      const shelves = (await alarms.quiets()).filter((quiet) => quiet.form === 'shelf' && quiet.device === device);
      const meant = shelves.filter((shelf) => kind === undefined || shelf.kind === kind);
      for (const shelf of meant) await acts.endQuiet({ form: 'shelf', device, kind: shelf.kind, reason, by: origin });
      return { ended: kindsOf(meant), left: kindsOf(shelves.filter((shelf) => !meant.includes(shelf))) };
    },
    'alarm.shelved': async () => ({ quiets: await alarms.quiets() }),
    'device.maintenance': async ({ device, forMs, reason }, { origin }) => {
      await acts.quieten({ form: 'maintenance', device, forMs, reason, by: origin });
      return untilOf(forMs);
    },
    'device.maintenance-end': async ({ device, reason }, { origin }) => ({
      ended: await acts.endQuiet({ form: 'maintenance', device, kind: '', reason, by: origin }),
    }),
  };
}

function kindsOf(shelves: readonly Pick<Quiet, 'kind'>[]): Quiet['kind'][] {
  return shelves.map(({ kind }) => kind);
}

async function* tailAlarms(device: string | undefined, signal: AbortSignal, alarms: Alarms): AsyncGenerator<Result<'alarm.tail'>> {
  let wake = (): void => {};
  using _watch = alarms.watch(() => wake());
  signal.addEventListener('abort', () => wake(), { once: true });
  let row = (await alarms.transitions(undefined, 1)).at(-1)?.row ?? 0;
  while (!signal.aborted) {
    const rings = Promise.withResolvers<void>();
    wake = rings.resolve;
    const page = await alarms.transitions(row, tailPage);
    for (const item of page) if (device === undefined || item.transition.device === device) yield item;
    row = page.at(-1)?.row ?? row;
    if (page.length < tailPage && !signal.aborted) await rings.promise;
  }
}
