// What is logged of a time in which the store fails: its begin and its end, with what came of it. A flood of alarms is none of log lines.
import { type Env, messageOf } from '#base';
import type { Entry, Report } from '#model';

/** One time in which the store fails: what came of it. */
interface Tally {
  alarms: number;
  refused: number;
  turnedAway: number;
  /** The hub has them, the site's own history not. */
  forgotten: number;
}

/** Opens the account. */
export function openFailureLog({ log }: Pick<Env, 'log'>) {
  let tally: Tally | undefined;
  const count = (name: keyof Tally): boolean => {
    const isFirst = tally?.[name] === undefined || tally[name] === 0;
    tally ??= { alarms: 0, refused: 0, turnedAway: 0, forgotten: 0 };
    tally[name] += 1;
    return isFirst;
  };
  return {
    held({ device, kind }: Report, cause: unknown): void {
      if (count('alarms'))
        log.error(
          { device, kind, error: messageOf(cause) },
          'the store does not take alarms; this one and those after it travel from memory',
        );
    },
    refused({ id }: Entry, { device }: Report): void {
      if (count('refused')) log.error({ id, device }, 'the hub refuses an alarm that travels from memory; it waits for the store');
    },
    turnedAway(): void {
      if (count('turnedAway')) log.error({}, 'no more alarms can be held in memory; devices are told to try again');
    },
    forgotten(): void {
      if (count('forgotten')) log.error({}, 'memory is full: the oldest alarms that the hub has are forgotten here');
    },
    over(): void {
      if (tally) log.info({ ...tally }, 'the store takes alarms again; those that were held in memory are written');
      tally = undefined;
    },
  };
}
