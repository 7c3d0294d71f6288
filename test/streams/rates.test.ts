// Rates of streams as their paths counted them: up at once, down slowly, and remembered when the camera has closed.
import { expect, it } from 'vitest';
import { openRates } from '#streams';

const path = (bytes: number, state: 'ready' | 'closing' = 'ready', device = 'cam-1') =>
  ({ device, channel: 1, quality: 'main', state, readers: 1, frames: 0, lost: 0, bytes }) as const;
const key = { device: 'cam-1', channel: 1, quality: 'main' } as const;

it('is unknown until two counts lie far enough apart, and then what goes over the line', () => {
  const rates = openRates();
  rates.note([path(0)], 0);
  rates.note([path(1_000_000)], 1_000);
  expect(rates.of(key)).toBeUndefined();
  rates.note([path(2_500_000)], 5_000);
  expect(rates.of(key)).toBeCloseTo(4e6 * 1.05);
  expect(rates.of({ ...key, quality: 'sub' })).toBeUndefined();
});

it('rises at once, falls slowly, and outlives the camera’s closing and its counter', () => {
  const rates = openRates();
  rates.note([path(0)], 0);
  rates.note([path(2_500_000)], 5_000);
  rates.note([path(7_500_000)], 10_000);
  expect(rates.of(key)).toBeCloseTo(8e6 * 1.05);
  rates.note([path(10_000_000)], 15_000);
  expect(rates.of(key)).toBeCloseTo(7.2e6 * 1.05);
  rates.note([path(10_000_000, 'closing')], 20_000);
  rates.note([path(500)], 60_000);
  expect(rates.of(key)).toBeCloseTo(7.2e6 * 1.05);
});
