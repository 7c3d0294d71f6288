// kill -9 twenty times at random moments while senders push two thousand alarms: whatever was answered reaches the hub, once and in order.
import { expect, it } from 'vitest';
import { killTorture } from '../torture/kill.ts';

it('loses no answered occurrence and gives none two names', { timeout: 300_000 }, async () => {
  const { figures, stood } = await killTorture({ rounds: 20, alarms: 2000, tell: () => {} });
  expect(figures).toMatchObject({ rounds: 20, answeredButLost: 0, duplicatesAfterId: 0, orderBroken: 0 });
  expect(figures['answered']).toBeGreaterThanOrEqual(2000);
  expect(figures['forgotten']).toBeGreaterThan(0);
  expect(stood).toBe(true);
});
