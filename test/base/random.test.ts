// The machine's randomness: as many bytes as asked for, none of them twice.
import { describe, expect, it } from 'vitest';
import { systemRandom } from '#base';

describe('systemRandom', () => {
  it.each([0, 1, 16, 64, 65, 5000])('gives %d bytes', (size) => {
    expect(systemRandom.bytes(size)).toHaveLength(size);
  });

  it('hands out no byte twice, whatever sizes are asked for in between', () => {
    const drawn = Array.from({ length: 5000 }, (_, index) => {
      const bytes = systemRandom.bytes(16);
      if (index % 7 === 0) systemRandom.bytes(index % 64);
      return bytes.toString('hex');
    });
    // Eight bytes in a row do not come twice by chance in a sample of this size, and by a pool's mistake they would.
    const windows = new Set(drawn.flatMap((hex) => [hex.slice(0, 16), hex.slice(8, 24), hex.slice(16)]));
    expect(windows.size).toBe(3 * drawn.length);
  });

  it('keeps what it gave apart: who writes into it changes nothing of what follows', () => {
    const first = systemRandom.bytes(16);
    const second = systemRandom.bytes(16);
    const before = second.toString('hex');
    first.fill(0);
    expect(second.toString('hex')).toBe(before);
    expect(systemRandom.bytes(16).every((byte) => byte === 0)).toBe(false);
  });

  it('draws numbers from 0 up to 1 evenly', () => {
    const draws = Array.from({ length: 20_000 }, () => systemRandom.uniform());
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  });
});
