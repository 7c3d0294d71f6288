// A technician's questions on a bus: asked in order, refused when there are too many or the line is closed, and given up when he leaves.
import { describe, expect, it } from 'vitest';
import { openErrands } from '../../src/sensors/modbus/errands.ts';
import type { Answer, Line } from '../../src/sensors/modbus/index.ts';
import { numberOf, registersOf, type WordOrder } from '../../src/sensors/modbus/numbers.ts';
import { openFakeClock } from '../fakes/clock.ts';

const request = { function: 3, address: 0, count: 1 } as const;
const { signal } = new AbortController();

/** A line on which each exchange takes `ms`, or rejects with what `lost` says. */
function stage(ms = 100) {
  const clock = openFakeClock(0);
  const asked: number[] = [];
  const line: Line & { lost?: Error } = {
    async exchange(unit, _, stop): Promise<Answer> {
      if (line.lost) throw line.lost;
      stop.throwIfAborted();
      clock.advance(ms);
      asked.push(unit);
      return { result: 'data', values: [unit] };
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return { clock, asked, line, errands: openErrands('hall', clock) };
}

describe('questions of a technician', () => {
  it('are asked in order, one by one, and leave the polling three quarters of a busy line', async () => {
    const { clock, asked, line, errands } = stage();
    using _ = errands.opened();
    const answers = [1, 2, 3].map((unit) => errands.ask(unit, request, { signal }));
    expect(await errands.serve(line, false, signal)).toBe(true);
    expect(await errands.serve(line, false, signal)).toBe(false);
    clock.advance(299);
    expect(await errands.serve(line, false, signal)).toBe(false);
    clock.advance(1);
    expect(await errands.serve(line, false, signal)).toBe(true);
    expect(await errands.serve(line, true, signal), 'idle').toBe(true);
    expect(asked).toEqual([1, 2, 3]);
    expect(await Promise.all(answers)).toEqual([1, 2, 3].map((unit) => ({ result: 'data', values: [unit] })));
    expect(await errands.serve(line, true, signal)).toBe(false);
  });

  it('wake a bus that waits for its next poll', async () => {
    const { errands } = stage();
    using _ = errands.opened();
    const waiting = errands.wait(60_000, signal);
    void errands.ask(1, request, { signal }).catch(() => {});
    await waiting;
  });

  it('are refused while the line is closed, when sixteen wait, and when it closes', async () => {
    const { errands } = stage();
    await expect(errands.ask(1, request, { signal })).rejects.toMatchObject({ code: 'sensors.bus-closed' });
    const open = errands.opened();
    const waiting = Array.from({ length: 16 }, () => errands.ask(1, request, { signal }));
    await expect(errands.ask(1, request, { signal })).rejects.toMatchObject({ code: 'sensors.bus-crowded' });
    open[Symbol.dispose]();
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'sensors.bus-closed' });
  });

  it('of one who has left are not asked; a lost line is told to him and to the bus', async () => {
    const { asked, line, errands } = stage();
    using _ = errands.opened();
    const leaving = new AbortController();
    const left = errands.ask(1, request, { signal: leaving.signal });
    leaving.abort(new Error('gone'));
    expect(await errands.serve(line, true, signal)).toBe(true);
    await expect(left).rejects.toThrow('gone');
    expect(asked).toEqual([]);
    line.lost = new Error('cable');
    const cut = errands.ask(2, request, { signal });
    const served = errands.serve(line, true, signal);
    await expect(cut).rejects.toThrow('cable');
    await expect(served).rejects.toThrow('cable');
  });
});

describe('numbers in registers', () => {
  it.each([
    ['uint16', 'high-first', 65_535, [0xffff]],
    ['int16', 'high-first', -5, [0xfffb]],
    ['uint32', 'high-first', 70_000, [1, 4464]],
    ['int32', 'low-first', -5, [0xfffb, 0xffff]],
    ['float32', 'high-first', 12.5, [0x4148, 0]],
    ['float32', 'low-first', -0.5, [0, 0xbf00]],
  ] as const)('%s %s %d', (form, order: WordOrder, value, registers) => {
    expect(registersOf(form, order, value)).toEqual(registers);
    expect(numberOf(form, order, [registers[0], registers[1] ?? 0])).toBe(value);
  });

  it('are refused where they do not fit', () => {
    const refused = [
      ['uint16', -1],
      ['uint16', 65_536],
      ['int16', 40_000],
      ['uint32', 2 ** 32],
      ['int32', 2 ** 31],
      ['uint16', 1.5],
      ['float32', 1e39],
      ['float32', Number.NaN],
    ] as const;
    for (const [form, value] of refused) expect(registersOf(form, 'high-first', value), `${form} ${value}`).toBeUndefined();
  });
});
