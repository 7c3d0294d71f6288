// The first layer of the torture `rtsp`: all that reads what strangers send, in this process, by a seeded mutator.
import { openCameraTarget } from './camera-target.ts';
import { openPushTarget, openReaderTarget, openWebTarget } from './door-targets.ts';
import { mill, type Reading, type Target } from './meter.ts';
import { type Dice, openDice } from './mutator.ts';
import { openFlvTarget, openHeaderTarget, openRtpTarget, openSdpTarget } from './pure-targets.ts';

const makers: readonly ((dice: Dice) => Target)[] = [
  openCameraTarget,
  openReaderTarget,
  openRtpTarget,
  openSdpTarget,
  openHeaderTarget,
  openWebTarget,
  openFlvTarget,
  openPushTarget,
];

/** What came of it. */
export interface ParserFigures {
  readonly messages: number;
  readonly byTarget: Readonly<Record<string, number>>;
  readonly slowestMs: Readonly<Record<string, number>>;
  readonly crashes: readonly string[];
  /** Growth of heap and buffers while it was warm, the largest of all targets, MiB. */
  readonly grownMiB: number;
  readonly heapBeforeMiB: number;
  readonly heapAfterMiB: number;
}

/** Sends `messages` broken ones, divided among the targets; the same for the same seed. */
export async function breakParsers(messages: number, seed: number, tell: (line: string) => void): Promise<ParserFigures> {
  const readings: [string, Reading][] = [];
  const targets = makers.map((make, at) => make(openDice(seed + at * 7_919)));
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  for (const target of targets) {
    const reading = await mill(target, Math.ceil((messages * target.share) / shares));
    readings.push([target.name, reading]);
    tell(`${target.name}: ${reading.messages} messages, slowest ${reading.slowestMs.toFixed(1)} ms, crashes ${reading.crashes.length}`);
  }
  const of = <T>(what: (reading: Reading) => T): Record<string, T> =>
    Object.fromEntries(readings.map(([name, reading]) => [name, what(reading)]));
  const mib = (bytes: number): number => Math.round((bytes / 2 ** 20) * 10) / 10;
  return {
    messages: readings.reduce((sum, [, reading]) => sum + reading.messages, 0),
    byTarget: of((reading) => reading.messages),
    slowestMs: of((reading) => Math.round(reading.slowestMs * 10) / 10),
    crashes: readings.flatMap(([, reading]) => reading.crashes),
    grownMiB: mib(Math.max(...readings.map(([, { heldBefore, heldAfter }]) => heldAfter - heldBefore))),
    heapBeforeMiB: mib(readings[0]?.[1].heldBefore ?? 0),
    heapAfterMiB: mib(readings.at(-1)?.[1].heldAfter ?? 0),
  };
}
