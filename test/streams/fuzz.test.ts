// A short look at the torture `rtsp`: twenty thousand broken messages to all that reads what strangers send, then strangers at a real media process.
import { expect, it } from 'vitest';
import { rtspTorture } from '../torture/rtsp.ts';

it('is not thrown, held or filled by broken messages, and strangers cost a good reader nothing', { timeout: 120_000 }, async () => {
  const { figures } = await rtspTorture({ messages: 20_000, seed: 20_261_120, lastMs: 2_000, tell: () => {} }, false);
  expect(figures).toMatchObject({
    parsers: { crashes: 0, told: [] },
    line: { samePid: true, restarts: 0, goodReaderLost: 0 },
  });
  const { parsers, line } = figures as unknown as {
    parsers: { slowestMs: Record<string, number>; grownMiB: number; byTarget: Record<string, number> };
    line: { loopHeldMs: number; goodReaderPackets: number; messages: number };
  };
  // The torture itself fails beyond 50 ms; a machine that runs all other tests too is given some more.
  expect(Math.max(...Object.values(parsers.slowestMs), line.loopHeldMs), JSON.stringify(figures)).toBeLessThanOrEqual(100);
  expect(parsers.grownMiB).toBeLessThanOrEqual(8);
  expect(Object.values(parsers.byTarget).every((count) => count > 500)).toBe(true);
  expect(line.goodReaderPackets).toBeGreaterThan(30);
  expect(line.messages).toBeGreaterThan(100);
});
