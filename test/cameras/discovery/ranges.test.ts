// Ranges of addresses, the walk over them, the pace, and the room in the neighbour table.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openNeighbours, openOnLinkGate, parseNeighbours } from '../../../src/cameras/discovery/neighbours.ts';
import { openPace, openRoom } from '../../../src/cameras/discovery/pace.ts';
import { openWalk } from '../../../src/cameras/discovery/walk.ts';
import { addressAt, countAddresses, formatIpv4, mergeSpans, parseIpv4, parseRange } from '../../../src/cameras/ranges.ts';
import { openFakeClock } from '../../fakes/clock.ts';

describe('ranges', () => {
  it.each([
    ['10.0.0.5', '10.0.0.5', '10.0.0.5'],
    ['10.0.0.77/24', '10.0.0.1', '10.0.0.254'],
    ['10.0.0.4/31', '10.0.0.4', '10.0.0.5'],
    ['10.0.0.4/32', '10.0.0.4', '10.0.0.4'],
    ['10.20.0.0/18', '10.20.0.1', '10.20.63.254'],
    ['10.0.0.10-10.0.1.9', '10.0.0.10', '10.0.1.9'],
    ['10.0.0.10-90', '10.0.0.10', '10.0.0.90'],
    ['255.255.255.255', '255.255.255.255', '255.255.255.255'],
  ])('reads %s', (text, first, last) => {
    expect(parseRange(text)).toEqual({ first: parseIpv4(first), last: parseIpv4(last) });
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/4',
    '10.0.0.9-10.0.0.8',
    '10.0.0.0/24-9',
    'x',
    '1.2.3.4.5',
    '10.0.0.1-',
  ])('refuses %j', (text) => expect(parseRange(text)).toBeUndefined());

  it('walks every address of overlapping ranges once, in order', () => {
    const span = fc.tuple(fc.nat(300), fc.nat(40)).map(([first, size]) => ({ first, last: first + size }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 12 }), (spans) => {
        const merged = mergeSpans(spans);
        const expected = [...new Set(spans.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, at) => first + at)))];
        const walked = Array.from({ length: countAddresses(merged) }, (_, at) => addressAt(merged, at));
        expect(walked).toEqual(expected.toSorted((left, right) => left - right));
        expect(addressAt(merged, walked.length)).toBeUndefined();
      }),
    );
  });

  it('writes what it reads', () => {
    fc.assert(fc.property(fc.ipV4(), (text) => formatIpv4(parseIpv4(text) ?? -1) === text));
  });
});

describe('the walk', () => {
  it('goes on where no hole is left, in whatever order places are finished', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Array.from({ length: 20 }, (_, at) => at)), (finished) => {
        const walk = openWalk(0, 20);
        while (walk.next() !== undefined);
        for (const place of finished) walk.finish(place);
        const hole = Array.from({ length: 21 }, (_, at) => at).find((place) => !finished.includes(place));
        expect([walk.resumeAt(), walk.done()]).toEqual([hole, finished.length]);
      }),
    );
  });

  it('begins where an earlier one ended', () => {
    const walk = openWalk(18, 20);
    expect([walk.next(), walk.next(), walk.next(), walk.done()]).toEqual([18, 19, undefined, 18]);
  });
});

describe('the pace', () => {
  it('lets no more pass than it says', async () => {
    const clock = openFakeClock(0);
    const pace = openPace(100, clock);
    let passed = 0;
    for (let at = 0; at < 500; at += 1) void pace.turn().then(() => (passed += 1));
    for (let at = 0; at < 100; at += 1) {
      clock.advance(10);
      await Promise.resolve();
    }
    expect(passed).toBeGreaterThan(95);
    expect(passed).toBeLessThanOrEqual(103);
  });

  it('has room for so many, in the order of their coming', async () => {
    const room = openRoom(2);
    const inside: number[] = [];
    for (let at = 0; at < 5; at += 1) void room.enter().then(() => inside.push(at));
    await Promise.resolve();
    expect(inside).toEqual([0, 1]);
    room.leave();
    await Promise.resolve();
    expect(inside).toEqual([0, 1, 2]);
  });
});

const heading = 'IP address       HW type     Flags       HW address            Mask     Device\n';
const row = (host: string, flags: string, mac: string): string => `${host}         0x1         ${flags}         ${mac}     *        eth0\n`;

describe('the neighbour table', () => {
  it('is read as the kernel writes it', () => {
    const table = parseNeighbours(
      `${heading}${row('10.0.0.5', '0x2', '00:09:18:4a:5b:6c')}${row('10.0.0.6', '0x0', '00:00:00:00:00:00')}\n`,
    );
    expect(table.get('10.0.0.5')).toEqual({ state: 'there', mac: '00:09:18:4a:5b:6c' });
    expect(table.get('10.0.0.6')).toEqual({ state: 'absent', mac: '' });
  });

  it('never has more unanswered entries of ours than half of it, and lets those through that time has freed', async () => {
    const clock = openFakeClock(0);
    const neighbours = openNeighbours({ limit: 1024, read: () => heading }, clock);
    const gate = openOnLinkGate(neighbours, 1024, clock, new AbortController().signal);
    let admitted = 0;
    for (let at = 0; at < 2000; at += 1) void gate.admit(`10.1.${at >> 8}.${at & 255}`).then(() => (admitted += 1));
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 6000; turn += 1) await Promise.resolve();
    };
    await settle();
    expect(admitted).toBe(512);
    clock.advance(5000);
    await settle();
    expect(admitted).toBe(512);
    for (let at = 0; at < 30; at += 1) {
      clock.advance(50);
      await settle();
    }
    expect(admitted).toBe(1024);
    expect(gate.outstanding()).toBe(512);
  });

  it('leaves room where many hosts are there', async () => {
    const clock = openFakeClock(0);
    const present = Array.from({ length: 800 }, (_, at) => row(`10.2.${at >> 8}.${at & 255}`, '0x2', '00:09:18:4a:5b:6c')).join('');
    const gate = openOnLinkGate(
      openNeighbours({ limit: 1024, read: () => heading + present }, clock),
      1024,
      clock,
      new AbortController().signal,
    );
    let admitted = 0;
    for (let at = 0; at < 600; at += 1) void gate.admit(`10.1.${at >> 8}.${at & 255}`).then(() => (admitted += 1));
    for (let turn = 0; turn < 4000; turn += 1) await Promise.resolve();
    expect(admitted).toBe(121);
  });
});
