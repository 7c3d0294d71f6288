// The budget of a line: who fits, who gives way, and what no order of askers can break.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAdmission } from '../../src/access/admission.ts';
import { findRoom, findSurplus, type Place, sumOf } from '../../src/access/budget.ts';

const place = (text: string): Place => {
  const [id = '', priority, rate] = text.split(':');
  return { id, priority: Number(priority), rate: Number(rate) };
};
const ids = (places: readonly Place[]): string[] => places.map(({ id }) => id).toSorted();

describe('room on a line of 10', () => {
  it.each<[string, string[], string, string[] | number]>([
    ['an empty line takes it', [], 'x:50:10', []],
    ['an empty line refuses what is wider', [], 'x:100:11', 10],
    ['it fits beside others', ['a:50:4', 'b:50:2'], 'x:50:4', []],
    ['an equal does not give way', ['a:50:8'], 'x:50:4', 2],
    ['a higher does not give way', ['a:100:8'], 'x:50:4', 2],
    ['a lower gives way', ['a:50:8'], 'x:100:4', ['a']],
    ['the lowest gives way first', ['a:80:4', 'b:70:4', 'c:90:2'], 'x:100:4', ['b']],
    ['of one priority the latest gives way', ['a:70:5', 'b:70:5'], 'x:100:5', ['b']],
    ['several give way', ['a:70:5', 'b:80:5'], 'x:100:8', ['a', 'b']],
    ['nobody gives way in vain: a wide one makes the room alone', ['a:80:8', 'b:70:1', 'c:70:1'], 'x:100:5', ['a']],
    ['nobody gives way where it would not help', ['a:100:8', 'b:50:2'], 'x:100:4', 2],
  ])('%s', (_, places, wanted, expected) => {
    const room = findRoom(places.map(place), place(wanted), 10);
    if (typeof expected === 'number') expect(room).toEqual({ fits: false, free: expected });
    else expect(room.fits && ids(room.leaving)).toEqual(expected);
  });

  it.each<[string, string[], string[]]>([
    ['nobody goes while there is room', ['a:50:5', 'b:50:5'], []],
    ['the lowest goes', ['a:50:5', 'b:40:6'], ['b']],
    ['the latest of equals goes', ['a:50:6', 'b:50:6'], ['b']],
    ['the last one stays, however wide', ['a:50:20'], []],
    ['the most urgent of the too wide stays', ['a:50:20', 'b:60:20', 'c:60:20'], ['a', 'c']],
  ])('surplus: %s', (_, places, expected) => {
    expect(ids(findSurplus(places.map(place), 10))).toEqual(expected);
  });
});

const places = fc.array(fc.record({ priority: fc.integer({ min: 0, max: 4 }), rate: fc.integer({ min: 1, max: 9 }) }), { maxLength: 12 });

it('keeps the budget whatever comes in whatever order, and refuses none while lower ones run', () => {
  const limits = fc.integer({ min: 5, max: 30 });
  fc.assert(
    fc.property(places, limits, (asked, limit) => {
      let running: readonly Place[] = [];
      for (const [index, wanted] of asked.entries()) {
        const room = findRoom(running, wanted, limit);
        const equals = sumOf(running.filter(({ priority }) => priority >= wanted.priority));
        expect(room.fits).toBe(equals + wanted.rate <= limit);
        if (!room.fits) continue;
        expect(room.leaving.every(({ priority }) => priority < wanted.priority)).toBe(true);
        const staying = running.filter((one) => !room.leaving.includes(one));
        for (const left of room.leaving) expect(sumOf(staying) + left.rate + wanted.rate).toBeGreaterThan(limit);
        running = [...staying, { id: `${index}`, ...wanted }];
        expect(sumOf(running)).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

const request = (service: string) => ({
  service,
  incident: 'i',
  recipient: { agency: 'a', person: 'p' },
  ground: 'g',
  until: 0,
  emergency: undefined,
  document: undefined,
});
const options = {
  maxOpenGrants: 100,
  services: [
    { id: 'high', priority: 90 },
    { id: 'low', priority: 10 },
  ],
} as never;
const grantOf = (id: string, service: string, more: object = {}) =>
  ({ id, form: 'stream', device: id, channel: 1, quality: 'main', origin: 'hub', request: request(service), ...more }) as never;

describe('admission', () => {
  const open = (limit: number | undefined, before: readonly never[] = []) => {
    const line = {
      limit: () => limit,
      rateOf: ({ quality }: { quality: string }) => (quality === 'main' ? 4e6 : 1e6),
      readersOf: (grant: string) => (grant === 'crowd' ? 2 : 0),
    };
    return openAdmission(options, { line, open: async () => before });
  };
  const ask = async (admission: ReturnType<typeof open>, id: string, service: string, more: object = {}) =>
    admission.inTurn(async () => {
      const grant = grantOf(id, service, more);
      const room = admission.find(grant, service);
      if (room.fits) admission.take(grant, room.preempted);
      return room;
    });

  it('refuses with what is free and what would fit', async () => {
    const admission = open(5.5e6);
    expect(await ask(admission, 'a', 'low')).toEqual({ fits: true, preempted: [] });
    expect(await ask(admission, 'b', 'low')).toEqual({
      fits: false,
      reason: 'line-full',
      detail: 'it takes 4 Mbit/s, 1.5 Mbit/s are free: the sub stream would fit',
      offer: { quality: 'sub' },
    });
    expect(await ask(admission, 'b', 'low', { quality: 'sub' })).toEqual({ fits: true, preempted: [] });
    expect(await ask(admission, 'c', 'low', { quality: 'sub' })).toMatchObject({ fits: false, offer: undefined });
    expect(await ask(admission, 'c', 'low')).toMatchObject({ fits: false, offer: undefined });
  });

  it('lets the higher in, and offers the lower ones the sub stream as long as it fits', async () => {
    const admission = open(8e6);
    await ask(admission, 'a', 'low');
    await ask(admission, 'b', 'low');
    expect(await ask(admission, 'h1', 'high')).toEqual({ fits: true, preempted: [{ grant: 'b', offer: undefined }] });
    admission.leave('h1');
    await ask(admission, 'c', 'low', { quality: 'sub' });
    expect(await ask(admission, 'h2', 'high')).toEqual({ fits: true, preempted: [{ grant: 'c', offer: undefined }] });
    admission.leave('h2');
    await ask(admission, 'd', 'low', { quality: 'sub' });
    await ask(admission, 'e', 'low', { quality: 'sub' });
    expect(await ask(admission, 'h3', 'high', { quality: 'sub' })).toEqual({ fits: true, preempted: [] });
    expect(await ask(admission, 'h4', 'high')).toEqual({ fits: true, preempted: [{ grant: 'a', offer: { quality: 'sub' } }] });
  });

  it('counts the grants of before the start, each reader, and neither stills nor who sits at the machine', async () => {
    const admission = open(13e6, [grantOf('crowd', 'high'), grantOf('tech', 'high', { origin: 'cli:kim' })] as never[]);
    expect(await ask(admission, 'a', 'low', { form: 'still' })).toMatchObject({ fits: true });
    expect(await ask(admission, 'b', 'low')).toMatchObject({ fits: true });
    expect(await ask(admission, 'c', 'low')).toMatchObject({ fits: false, offer: { quality: 'sub' } });
    expect(await ask(admission, 'd', 'low', { origin: 'cli:kim' })).toMatchObject({ fits: true });
  });

  it('names who must go when the line has become narrower, until they have left', async () => {
    let limit = 8e6;
    const line = { limit: () => limit, rateOf: () => 4e6, readersOf: () => 0 };
    const admission = openAdmission(options, { line, open: async () => [] });
    await ask(admission, 'a', 'high');
    await ask(admission, 'b', 'low');
    expect(admission.surplus()).toEqual([]);
    expect(admission.use()).toEqual({ limit: 8e6, taken: 8e6 });
    limit = 5e6;
    expect(admission.surplus()).toEqual([{ grant: 'b', offer: undefined }]);
    expect(admission.surplus()).toHaveLength(1);
    admission.leave('b');
    expect(admission.surplus()).toEqual([]);
  });

  it('never forgets who ended before it knew who was there', async () => {
    const listed = Promise.withResolvers<readonly never[]>();
    const line = { limit: () => 4e6, rateOf: () => 4e6, readersOf: () => 0 };
    const admission = openAdmission(options, { line, open: () => listed.promise });
    const asking = ask(admission, 'b', 'low');
    admission.leave('a');
    listed.resolve([grantOf('a', 'high')]);
    expect(await asking).toMatchObject({ fits: true });
  });

  it('takes all where no bandwidth is configured', async () => {
    const admission = open(undefined);
    for (let index = 0; index < 50; index += 1) expect(await ask(admission, `g${index}`, 'low')).toEqual({ fits: true, preempted: [] });
  });
});
