// The story of a fire panel whose adapter is pulled out: each fire line is at the hub within a second, none is misread, and its reset ends them all.
import { expect, it } from 'vitest';
import { panelTorture } from '../torture/panel.ts';

it('has its fires at the hub within a second, over unplugging in the middle of a line, until it is reset', async () => {
  const { figures, stood } = await panelTorture({ rounds: 3, tell: () => {} });
  expect(figures).toMatchObject({ rounds: 3, lost: 0, misread: 0, standing: 0 });
  expect(stood, JSON.stringify(figures)).toBe(true);
});
