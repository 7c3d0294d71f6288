// Two hundred short sessions of nine kinds, each with a grant of its own: the gateway, its media process and FLV's child hold no more than before.
import { expect, it } from 'vitest';
import { sessionsTorture } from '../torture/sessions.ts';

it('holds nothing of two hundred short sessions', async () => {
  const { figures, stood } = await sessionsTorture({ rounds: 200, tell: () => {} });
  expect(figures).toMatchObject({ rounds: 200, failed: 0, failures: {}, left: 0 });
  expect(stood, JSON.stringify(figures)).toBe(true);
});
