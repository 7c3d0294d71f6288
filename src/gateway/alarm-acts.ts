// The story of people's acts on alarms: each is on the audit before it is done, then in the alarm's history, then with the hub.
import type { Access } from '#access';
import type { Alarms, Quiet, QuietRequest } from '#alarms';
import type { Alarm } from '#model';
import { faults } from './faults.ts';

/** What people may do, by the command line or by the hub. `by` names them as the audit shall. */
export interface AlarmActs {
  /** @throws gateway.alarm-unknown */
  acknowledge(alarmId: string, by: string, note: string): Promise<'acknowledged' | 'unchanged'>;
  /** @throws gateway.alarm-unknown */
  clear(alarmId: string, by: string, reason: string): Promise<'cleared' | 'over'>;
  /** @throws gateway.device-unknown, gateway.too-many-quiets */
  quieten(request: QuietRequest): Promise<void>;
  /** False when it did not hold. */
  endQuiet(quiet: Pick<Quiet, 'form' | 'device' | 'kind' | 'by' | 'reason'>): Promise<boolean>;
}

/** What the acts reach. */
export interface AlarmActDeps {
  readonly alarms: Alarms;
  readonly access: Pick<Access, 'account'>;
  /** Whether a device of this id is registered. */
  readonly hasDevice: (id: string) => boolean;
  /** A person has ended it: whoever told of it is to tell of it again when it is so again. */
  readonly ended: (alarm: Alarm) => void;
}

const names = { shelf: 'alarm.shelve', maintenance: 'device.maintenance' } as const;

/** Opens the acts. */
export function openAlarmActs({ alarms, access, hasDevice, ended }: AlarmActDeps): AlarmActs {
  const accountFor = async (alarmId: string, act: { readonly act: string; readonly by: string; readonly note: string }): Promise<Alarm> => {
    const shown = await alarms.show(alarmId);
    if (!shown) throw faults.fault('alarm-unknown', { detail: alarmId });
    const { device, channel } = shown.alarm;
    await access.account({ act: act.act, by: act.by, subject: `${device}/${channel}`, detail: `${alarmId}: ${act.note}` });
    return shown.alarm;
  };
  /** Retention may have taken it between the two looks. */
  const unknown = (alarmId: string): never => {
    throw faults.fault('alarm-unknown', { detail: alarmId });
  };
  return {
    async acknowledge(alarmId, by, note) {
      await accountFor(alarmId, { act: 'alarm.acknowledge', by, note });
      const became = await alarms.acknowledge(alarmId, by, note);
      return became === 'unknown' ? unknown(alarmId) : became;
    },
    async clear(alarmId, by, reason) {
      const alarm = await accountFor(alarmId, { act: 'alarm.clear', by, note: reason });
      const became = await alarms.clear(alarmId, by, reason);
      // A device's own test is no state of its sensor.
      if (became === 'cleared' && (alarm.maintenance === true || !alarm.test)) ended(alarm);
      return became === 'unknown' ? unknown(alarmId) : became;
    },
    async quieten(request) {
      const { form, device, kind, by, reason, forMs } = request;
      if (!hasDevice(device)) throw faults.fault('device-unknown', { detail: device });
      const minutes = Math.round(forMs / 60_000);
      await access.account({ act: names[form], by, subject: device, detail: `${kind ?? ''} ${minutes} min: ${reason}`.trim() });
      if ((await alarms.quieten(request)) === 'full') throw faults.fault('too-many-quiets');
    },
    async endQuiet(quiet) {
      const { form, device, kind, by, reason } = quiet;
      const holds = (await alarms.quiets()).some((one) => one.form === form && one.device === device && one.kind === kind);
      if (!holds) return false;
      await access.account({ act: `${names[form]}-end`, by, subject: device, detail: `${kind} ${reason}`.trim() });
      return alarms.endQuiet(quiet);
    },
  };
}
