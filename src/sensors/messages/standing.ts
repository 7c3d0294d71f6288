// How a sensor that tells stands, pure: whether it is heard, and what its last messages were worth.
import type { Text } from '#base';
import type { SensorStatus } from '../driver.ts';

type Presence = Pick<SensorStatus, 'state' | 'lastHeardAt' | 'problem'>;
type Values = Pick<SensorStatus, 'values' | 'state' | 'problem'>;

/** Silence goes before what the last messages said, but hides none of it; a sensor that sends what nobody understands is at fault, not waited for. */
export function statusOf(presence: Presence, values: Values | undefined): Presence & Pick<SensorStatus, 'values'> {
  if (!values) return { values: {}, ...presence };
  if (presence.state === 'ok' && values.state === 'waiting') return { ...presence, values: values.values };
  if (presence.state === 'ok' || (presence.state === 'waiting' && values.state === 'fault')) return { ...presence, ...values };
  const problem = [presence.problem, values.problem].filter((text) => text !== undefined);
  const joined = { ko: problem.map(({ ko }) => ko).join('; '), en: problem.map(({ en }) => en).join('; ') };
  return { ...presence, values: values.values, problem: problem.length === 0 ? undefined : joined };
}

/** A sensor whose line is in trouble: that is why nothing new is known of it. Silence stays silence, and has a reason then. */
export function underTrouble(status: SensorStatus, trouble: Text | undefined): SensorStatus {
  if (!trouble) return status;
  if (status.state !== 'silent') return { ...status, state: 'fault', problem: trouble };
  const { problem = trouble } = status;
  return { ...status, problem: problem === trouble ? trouble : { ko: `${problem.ko}; ${trouble.ko}`, en: `${problem.en}; ${trouble.en}` } };
}
