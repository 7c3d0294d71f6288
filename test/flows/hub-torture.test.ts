// A short look at the hub's tortures: a broker that forgets everything when it is killed, and one that takes two messages at a time.
import { expect, it } from 'vitest';
import { hubTorture } from '../torture/hub.ts';

it.each(['killed-forgetful', 'receive-maximum-2'])(
  '%s: nothing is lost, and the hub hears again soon',
  { timeout: 300_000 },
  async (name) => {
    const { figures, stood } = await hubTorture({ outageMs: undefined, flapMs: undefined, only: [name], tell: () => {} });
    expect(figures).toMatchObject({ [name]: { answeredButLost: 0, duplicatesAfterId: 0, orderBroken: 0 } });
    expect(stood, JSON.stringify(figures)).toBe(true);
  },
);
