// The breath: a thread that reads looks no more often than it is told to, and does not rest for nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openBreath } from '#base';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('rests once for all that was read, and only as long as is left', async () => {
  const breath = openBreath(20);
  const startMs = performance.now();
  for (let round = 0; round < 5; round += 1) {
    for (let read = 0; read < 10; read += 1) breath.taken();
    await turn();
  }
  const tookMs = performance.now() - startMs;
  // The first comes after a long pause: it does not rest.
  expect(tookMs).toBeGreaterThan(75);
  expect(tookMs).toBeLessThan(800);
});

it('does not rest when nothing is read', async () => {
  const breath = openBreath(20);
  breath.taken();
  await sleep(30);
  const startMs = performance.now();
  for (let round = 0; round < 100; round += 1) await turn();
  expect(performance.now() - startMs).toBeLessThan(15);
});
