// The torture `rtsp`: a million broken messages to all that reads what cameras, readers and servers send, then strangers at a real media process.
import { raidProcess } from './rtsp/line.ts';
import { breakParsers } from './rtsp/parsers.ts';
import type { Ordeal, TortureOptions } from './torture.ts';

const defaultMessages = 1_000_000;
const defaultLastMs = 60_000;
/** Of one call, and of the media process's loop. */
const heldLimitMs = 50;
const growthLimitMiB = 4;
/** Of the media process, over what it was before the strangers came: slabs and garbage that it has not collected. */
const rssLimitMiB = 120;
/** Of node-media-server: some ten streams beside what it has at its start. */
const childLimitMiB = 400;

/** Runs it; `settles` false: does not wait until the media process's handles are back. */
export async function rtspTorture(
  {
    messages = defaultMessages,
    seed = Math.floor(Date.now() / 86_400_000),
    lastMs = defaultLastMs,
    tell,
  }: Partial<TortureOptions> & Pick<TortureOptions, 'tell'>,
  settles = true,
): Promise<Ordeal> {
  tell(`${messages} broken messages, seed ${seed} …`);
  const parsers = await breakParsers(messages, seed, tell);
  tell(`strangers at a real media process, ${lastMs / 1000} s …`);
  const line = await raidProcess(lastMs, seed, settles);
  const slowestMs = Math.max(...Object.values(parsers.slowestMs));
  const isWhole = parsers.crashes.length === 0 && line.samePid && line.restarts === 0 && line.goodReaderLost === 0;
  const isBounded =
    parsers.grownMiB <= growthLimitMiB && line.rssMiB.after - line.rssMiB.before <= rssLimitMiB && line.childRssMiB <= childLimitMiB;
  const isBack = !settles || line.handles.after <= line.handles.before;
  return {
    figures: { seed, parsers: { ...parsers, crashes: parsers.crashes.length, told: parsers.crashes }, line },
    stood: isWhole && isBounded && isBack && slowestMs <= heldLimitMs && line.loopHeldMs <= heldLimitMs,
  };
}
