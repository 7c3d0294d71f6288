// The two ways to the store: what is grave passes what is not, all of one point keeps its order, and a person's act keeps its place in it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAlarms } from '#alarms';
import { BongsuError, systemClock } from '#base';
import type { Report } from '#model';
import type { Store } from '#store';
import { openTestAlarms, report } from './thread.ts';

/** A store whose calls wait until they are served, in the order of their lane. */
function openSlowStore() {
  const { alarms: thread } = { alarms: openTestAlarms() };
  const lanes: Record<'urgent' | 'ordinary', { name: string; argument: unknown; serve(fails?: boolean): void }[]> = {
    urgent: [],
    ordinary: [],
  };
  const hung = new BongsuError('store.hung', { message: { en: 'hung', ko: '' }, hint: { en: '', ko: '' }, retryable: true });
  const procedures = (_room: string, { urgent = false }: { readonly urgent?: boolean } = {}) =>
    new Proxy(
      {},
      {
        get: (_, name) => (argument: unknown) =>
          new Promise((resolve, reject) => {
            const serve = (fails = false): void => {
              const value: unknown = Reflect.apply(Reflect.get(thread, name), undefined, [argument]);
              if (fails) reject(hung);
              else resolve(value);
            };
            lanes[urgent ? 'urgent' : 'ordinary'].push({ name: String(name), argument, serve });
          }),
      },
    );
  const store = { procedures, watch: () => ({ [Symbol.dispose]() {} }) } as unknown as Store;
  const waiting = (): string[] =>
    (['urgent', 'ordinary'] as const).flatMap((lane) =>
      lanes[lane].map(({ name, argument }) => `${lane} ${name} ${(argument as Partial<Report>).channel ?? ''}`.trim()),
    );
  return { thread, lanes, waiting, alarms: openAlarms({ store }, { clock: systemClock }) };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const motion = (changes: Partial<Report> = {}): Report => report({ device: 'cam-1', channel: 'v-1', kind: 'motion', ...changes });

describe('on the way to the store', () => {
  it('motion gives way to smoke, and so does what a rule calls light', () => {
    const { alarms, waiting } = openSlowStore();
    void alarms.report(motion());
    void alarms.report(report());
    void alarms.report(report({ channel: 'p', kind: 'hydrant-pressure-low' }));
    void alarms.report(motion({ channel: 'v-2', severity: 'critical' }));
    void alarms.report(motion({ channel: 'v-3', kind: 'loitering' }));
    expect(waiting()).toEqual([
      'urgent report zone-1',
      'urgent report p',
      'urgent report v-2',
      'ordinary report v-1',
      'ordinary report v-3',
    ]);
  });

  it('what follows in the history of a point goes the same way as long as anything of it is under way', async () => {
    const { alarms, waiting, lanes } = openSlowStore();
    const all = [
      alarms.report(motion({ severity: 'critical' })),
      alarms.report(motion({ state: 'inactive' })),
      alarms.report(motion({ channel: 'v-2' })),
      alarms.report(motion({ channel: 'v-2', severity: 'critical' })),
    ];
    expect(waiting()).toEqual(['urgent report v-1', 'urgent report v-1', 'ordinary report v-2', 'ordinary report v-2']);
    for (const { serve } of [...lanes.urgent.splice(0), ...lanes.ordinary.splice(0)]) serve();
    expect((await Promise.all(all)).map(({ result }) => result)).toEqual(['raised', 'cleared', 'raised', 'updated']);
    await turn();
    void alarms.report(motion());
    void alarms.report(motion({ channel: 'v-2', severity: 'critical' }));
    expect(waiting()).toEqual(['urgent report v-2', 'ordinary report v-1']);
  });

  it('a person’s act on an alarm stays behind what is under way of it, and what follows stays behind the act', async () => {
    const { alarms, waiting, lanes } = openSlowStore();
    const raised = alarms.report(motion());
    for (const { serve } of lanes.ordinary.splice(0)) serve();
    const { alarmId = '' } = await raised;
    await turn();
    void alarms.report(motion({ detail: { score: 2 } }));
    const cleared = alarms.clear(alarmId, 'cli:kim', 'dust');
    const again = alarms.report(motion({ severity: 'critical', detail: { score: 3 } }));
    expect(waiting()).toEqual(['ordinary report v-1', 'ordinary clear', 'ordinary report v-1']);
    for (const { serve } of lanes.ordinary.splice(0)) serve();
    await turn();
    for (const { serve } of lanes.urgent.splice(0)) serve();
    expect(await cleared).toBe('cleared');
    expect((await again).result).toBe('raised');
    void alarms.clear('nobody-knows', 'cli:kim', 'x');
    expect(waiting()).toContain('urgent clear');
  });

  it('a call that was given up may still be with the thread: the next of its point goes behind it', async () => {
    const { alarms, waiting, lanes } = openSlowStore();
    const lost = alarms.report(motion());
    for (const { serve } of lanes.ordinary.splice(0)) serve(true);
    await expect(lost).rejects.toMatchObject({ code: 'store.hung' });
    const next = alarms.report(motion({ severity: 'critical' }));
    expect(waiting()).toEqual(['ordinary report v-1']);
    for (const { serve } of lanes.ordinary.splice(0)) serve();
    await next;
    await turn();
    void alarms.report(motion({ severity: 'critical' }));
    expect(waiting()).toEqual(['urgent report v-1']);
  });

  it('every point’s reports are served in the order in which they were handed in, whichever lane is served first', async () => {
    const step = fc.record({
      one: fc.record({
        channel: fc.constantFrom('a', 'b'),
        kind: fc.constantFrom('motion' as const, 'smoke' as const),
        severity: fc.constantFrom('critical' as const, 'minor' as const),
      }),
      serve: fc.constantFrom('urgent' as const, 'ordinary' as const, undefined),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { alarms, lanes } = openSlowStore();
        const served: Report[] = [];
        const serveOne = (lane: 'urgent' | 'ordinary'): void => {
          const call = lanes[lane].shift();
          if (!call) return;
          served.push(call.argument as Report);
          call.serve();
        };
        for (const [time, { one, serve }] of steps.entries()) {
          void alarms.report(report({ ...one, time }));
          if (serve) serveOne(serve);
          if (time % 3 === 0) await turn();
        }
        while (lanes.urgent.length + lanes.ordinary.length > 0) serveOne(lanes.urgent.length > 0 ? 'urgent' : 'ordinary');
        const points = Map.groupBy(served, ({ channel, kind }) => `${channel} ${kind}`);
        for (const reports of points.values()) {
          const times = reports.map(({ time }) => time);
          expect(times).toEqual(times.toSorted((left, right) => left - right));
        }
      }),
      { numRuns: 200 },
    );
  });
});
