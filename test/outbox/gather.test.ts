// Readings are gathered by kind: bounded in number, size and age, and durable when their caller hears so.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reading } from '#model';
import { openReadings } from '#outbox';
import { openFakeClock } from '../fakes/clock.ts';

const reading = (value: number, kind = 'temperature', device = 'sensor-1'): Reading => ({
  device,
  channel: 'p1',
  kind,
  value,
  unit: 'Cel',
  quality: 'good',
  time: 1_000,
});

function opened(append: (batches: readonly (readonly Reading[])[]) => Promise<void> = async () => {}) {
  const clock = openFakeClock(0);
  const calls: (readonly (readonly Reading[])[])[] = [];
  const readings = openReadings(
    {
      append: async (batches) => {
        calls.push(batches);
        await append(batches);
      },
    },
    clock,
  );
  return { clock, calls, readings };
}

/** Lets what is ready run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('readings on their way in', () => {
  it('wait one second for others of their kind, and are told after the commit', async () => {
    const commit = Promise.withResolvers<void>();
    const { clock, calls, readings } = opened(() => commit.promise);
    let told = 0;
    for (const one of [reading(1), reading(2), reading(3, 'humidity')]) void readings.record(one).then(() => (told += 1));
    clock.advance(999);
    await turn();
    expect(calls).toEqual([]);
    clock.advance(1);
    await turn();
    expect(calls).toEqual([[[reading(1), reading(2)], [reading(3, 'humidity')]]]);
    expect(told).toBe(0);
    commit.resolve();
    await turn();
    expect(told).toBe(3);
  });

  it('wait a tenth of a second where somebody waits for an answer, with what waits already', async () => {
    const { clock, calls, readings } = opened();
    const first = readings.record(reading(1));
    clock.advance(300);
    const answered = [readings.record(reading(2), { answers: true }), readings.record(reading(3, 'humidity'), { answers: true })];
    clock.advance(99);
    await turn();
    expect(calls).toEqual([]);
    clock.advance(1);
    await Promise.all([first, ...answered]);
    expect(calls).toEqual([[[reading(1), reading(2)], [reading(3, 'humidity')]]]);
    void readings.record(reading(4));
    clock.advance(999);
    await turn();
    expect(calls).toHaveLength(1);
    clock.advance(1);
    await turn();
    expect(calls).toHaveLength(2);
  });

  it('leave in batches of 500', async () => {
    const { clock, calls, readings } = opened();
    const done = Promise.all(Array.from({ length: 1201 }, (_, index) => readings.record(reading(index))));
    clock.advance(1000);
    await done;
    expect(calls.flat().map((batch) => batch.length)).toEqual([500, 500, 201]);
    expect(calls.flat(2).map(({ value }) => value)).toEqual(Array.from({ length: 1201 }, (_, index) => index));
  });

  it('are refused as no number, as too large, and beyond 20,000 that wait', async () => {
    const { clock, readings } = opened();
    await expect(readings.record(reading(Number.NaN))).rejects.toMatchObject({ code: 'outbox.batch-invalid' });
    await expect(readings.record(reading(1, 'temperature', 'x'.repeat(70_000)))).rejects.toMatchObject({ code: 'outbox.batch-invalid' });
    const waiting = Array.from({ length: 20_000 }, (_, index) => readings.record(reading(index, `kind-${index % 100}`)));
    await expect(readings.record(reading(1))).rejects.toMatchObject({ code: 'outbox.readings-full', retryable: true });
    clock.advance(1000);
    await Promise.all(waiting);
    const again = readings.record(reading(1));
    clock.advance(1000);
    await again;
  });

  it('that the store does not take are told so, and the next are not held up', async () => {
    let isWell = false;
    const { clock, readings } = opened(async () => {
      if (!isWell) throw new Error('the disk');
    });
    const lost = readings.record(reading(1));
    const heard = expect(lost).rejects.toThrow('the disk');
    clock.advance(1000);
    await heard;
    isWell = true;
    const kept = readings.record(reading(2));
    clock.advance(1000);
    await kept;
  });

  it('are committed at the end', async () => {
    const { calls, readings } = opened();
    const done = readings.record(reading(7));
    await readings[Symbol.asyncDispose]();
    await done;
    expect(calls).toEqual([[[reading(7)]]]);
  });

  it('always fit what the outbox takes, each once and in the order of its kind', async () => {
    const some = fc.record({ kind: fc.constantFrom('a', 'b', 'c'), device: fc.integer({ min: 1, max: 30_000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(some, { maxLength: 60 }), async (list) => {
        const { calls, readings } = opened();
        const sent = list.map(({ kind, device }, index) => reading(index, kind, 'x'.repeat(device)));
        const done = sent.map((one) => readings.record(one));
        await readings[Symbol.asyncDispose]();
        await Promise.all(done);
        const batches = calls.flat();
        for (const batch of batches) {
          expect(new Set(batch.map(({ kind }) => kind)).size).toBe(1);
          expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThanOrEqual(64 * 1024);
        }
        for (const kind of ['a', 'b', 'c'])
          expect(batches.flat().filter((one) => one.kind === kind)).toEqual(sent.filter((one) => one.kind === kind));
      }),
      { numRuns: 50 },
    );
  });
});
