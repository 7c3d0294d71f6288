// Scenes of the torture `disk` in which the disk errs or hangs under the running gateway; the line is well, so that alarms travel from memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../peers/gateway.ts';
import { openFault } from '../peers/strace.ts';
import { openDiskStage, settle, storeState } from './disk-stage.ts';
import type { Verdict } from './tally.ts';

/** What came of a sick disk. */
export interface SickFigures extends Verdict {
  readonly answered: number;
  /** Of these while the disk was sick. */
  readonly answeredWhileSick: number;
  /** Delivered meanwhile: past the disk. */
  readonly deliveredWhileSick: number;
  /** Whether the technician was shown a failing store. */
  readonly shownFailing: boolean;
  /** From the end of the fault until the store is well, seconds. */
  readonly wellAgainSeconds: number;
  readonly pending: number;
  readonly stood: boolean;
}

/** In strace's words. */
export interface Fault {
  readonly calls: readonly string[];
  readonly fault: string;
  readonly lastsMs: number;
}

const wellWithinMs = 60_000;

/** Plays one fault while alarms flow. */
export async function playFault({ calls, fault, lastsMs }: Fault): Promise<SickFigures> {
  await using stage = await openDiskStage({});
  const { gateway, hub } = stage;
  const senders = stage.send();
  await sleep(2000);
  const [answeredThen, deliveredThen] = [senders.total, hub.tally.received];
  let shownFailing = false;
  {
    await using _sick = await openFault(gateway.pid, calls, fault);
    for (const end = Date.now() + lastsMs; Date.now() < end; ) {
      await sleep(500);
      shownFailing ||= (await storeState(gateway).catch(() => '')) === 'failing';
    }
  }
  const answeredWhileSick = senders.total - answeredThen;
  const deliveredWhileSick = hub.tally.received - deliveredThen;
  const overMs = Date.now();
  await eventually('a store that is well', async () => (await storeState(gateway)) === 'ok' || undefined, wellWithinMs);
  const wellAgainSeconds = (Date.now() - overMs) / 1000;
  await sleep(2000);
  await senders.stop();
  const pending = await settle(stage, senders);
  const verdict = hub.tally.judge(senders);
  const isClean = verdict.answeredButLost + verdict.duplicatesAfterId + verdict.orderBroken + pending === 0;
  const sick = { answeredWhileSick, deliveredWhileSick, shownFailing, wellAgainSeconds };
  return { ...verdict, answered: senders.total, ...sick, pending, stood: isClean && shownFailing && deliveredWhileSick > 0 };
}
