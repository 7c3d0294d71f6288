// Framing: however bytes arrive, the same frames; what is too long or broken off is dropped and the next frame is found again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Framing, grammarOption } from '../../src/sensors/grammar-option.ts';
import { openFramer } from '../../src/sensors/line/framer.ts';

function framingOf(framing: object): Framing {
  return grammarOption.parse({ framing, patterns: [{ says: 'ignore', match: 'x' }] }).framing;
}

const lines = framingOf({ by: 'delimiter' });
const marks = framingOf({ by: 'marks', start: '\x02', end: '\x03' });
const fixed = framingOf({ by: 'length', bytes: 4 });
const idle = framingOf({ by: 'idle', after: '300ms' });

/** Frames of chunks at their times. */
function frames(framing: Framing, chunks: readonly (readonly [number, string])[], endMs = 0): string[] {
  const framer = openFramer(framing);
  const all = chunks.flatMap(([at, text]) => [...framer.push(Buffer.from(text, 'latin1'), at)]);
  return [...all, ...framer.rest(endMs)].map((frame) => frame.toString('latin1')).filter((text) => text !== '');
}

describe('frames', () => {
  it.each<[string, Framing, readonly (readonly [number, string])[], number, string[]]>([
    ['end with any delimiter', lines, [[0, 'a\r\nb\nc\rd\r\n']], 0, ['a', 'b', 'c', 'd']],
    [
      'may come in pieces',
      lines,
      [
        [0, 'FI'],
        [50, 'RE 1\r'],
        [60, '\nFIRE 2\r\n'],
      ],
      0,
      ['FIRE 1', 'FIRE 2'],
    ],
    [
      'that were broken off are not joined with the next',
      lines,
      [
        [0, 'FIRE 1 HAL'],
        [5000, 'FIRE 2 HALL\r\n'],
      ],
      0,
      ['FIRE 2 HALL'],
    ],
    ['stand between marks', marks, [[0, 'noise\x02one\x03more\x02two\x03']], 0, ['one', 'two']],
    ['between marks begin at the last start', marks, [[0, '\x02FIRE 1 H\x02FIRE 2\x03']], 0, ['FIRE 2']],
    [
      'have a length',
      fixed,
      [
        [0, 'abcdef'],
        [10, 'gh'],
      ],
      0,
      ['abcd', 'efgh'],
    ],
    [
      'of a length begin anew after a pause',
      fixed,
      [
        [0, 'abc'],
        [5000, 'wxyz'],
      ],
      0,
      ['wxyz'],
    ],
    [
      'end by a pause',
      idle,
      [
        [0, 'one'],
        [100, ' line'],
        [900, 'two'],
      ],
      1300,
      ['one line', 'two'],
    ],
    ['that did not end yet wait', idle, [[0, 'one']], 200, []],
    [
      'of records end with an empty line',
      framingOf({ by: 'delimiter', delimiters: ['\r\n\r\n'] }),
      [[0, 'A\r\nB\r\n\r\nC\r\n\r\n']],
      0,
      ['A\r\nB', 'C'],
    ],
  ])('%s', (_, framing, chunks, endMs, expected) => {
    expect(frames(framing, chunks, endMs)).toEqual(expected);
  });

  it.each<[string, Framing, (body: string) => string]>([
    ['delimiters', lines, (body) => `${body}\r\n`],
    ['marks', marks, (body) => `\x02${body}\x03`],
  ])('with %s: what is longer than 4 KiB is dropped, the next is whole, and little is kept', (_, framing, wrap) => {
    const framer = openFramer(framing);
    const long = wrap('x'.repeat(100_000));
    const found: string[] = [];
    for (let at = 0; at < long.length; at += 100)
      for (const frame of framer.push(Buffer.from(long.slice(at, at + 100)), 0)) found.push(String(frame));
    for (const frame of framer.push(Buffer.from(wrap('FIRE 1')), 0)) found.push(String(frame));
    expect(found).toEqual(['FIRE 1']);
    expect(framer.dropped).toBeGreaterThan(4096);
  });

  it('between marks begin at the last start, also where starts alone came before it', () => {
    const framer = openFramer(marks);
    for (let at = 0; at < 8; at += 1) expect(framer.push(Buffer.alloc(65_536, 2), 0)).toEqual([]);
    expect(framer.push(Buffer.from('FIRE 1\x03'), 0).map(String)).toEqual(['FIRE 1']);
    expect(framer.push(Buffer.from(`\x02${'x'.repeat(9000)}\x02FIRE 2`), 0)).toEqual([]);
    expect(framer.push(Buffer.from('\x03'), 0).map(String)).toEqual(['FIRE 2']);
  });

  it('between one mark that is both lose their place by no frame that is too long', () => {
    const framer = openFramer(framingOf({ by: 'marks', start: '|', end: '|' }));
    const found = [`|one||${'x'.repeat(5000)}`, 'x'.repeat(5000), '||two|'].flatMap((text) =>
      framer.push(Buffer.from(text), 0).map(String),
    );
    expect(found).toEqual(['one', 'two']);
  });

  it.each<[string, Framing, string]>([
    ['starts alone', marks, '\x02'],
    ['one start and text', marks, `\x02${'x'.repeat(1000)}`],
    ['no delimiter', lines, 'x'],
    ['one of three delimiters', lines, 'a\n'],
    ['frames', marks, '\x02a\x03'],
  ])('cost little of whatever comes: %s', (_, framing, unit) => {
    const framer = openFramer(framing);
    const chunk = Buffer.from(unit.repeat(Math.ceil(65_536 / unit.length)), 'latin1');
    const before = process.cpuUsage();
    for (let at = 0; at < 64; at += 1) framer.push(chunk, 0);
    const { user, system } = process.cpuUsage(before);
    // 4 MiB; where each push reads all that came before, or each line the rest of its chunk, it is many seconds.
    expect((user + system) / 1000).toBeLessThan(2000);
  });

  it('are the same however the bytes are cut', () => {
    const body = fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n', '\x02', '\x03', ' '), maxLength: 200 });
    fc.assert(
      fc.property(body, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 50 }), (text, sizes) => {
        for (const framing of [
          marks,
          fixed,
          framingOf({ by: 'delimiter', delimiters: ['\n'] }),
          framingOf({ by: 'delimiter', delimiters: ['\r\n'] }),
        ]) {
          const pieces: [number, string][] = [];
          for (let at = 0, turn = 0; at < text.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            pieces.push([turn, text.slice(at, at + size)]);
            at += size;
          }
          expect(frames(framing, pieces)).toEqual(frames(framing, [[0, text]]));
        }
      }),
    );
  });

  it('of any bytes are bounded', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(lines, marks, fixed, idle),
        fc.array(fc.uint8Array({ maxLength: 6000 }), { maxLength: 6 }),
        (framing, chunks) => {
          const framer = openFramer(framing);
          const found = chunks.flatMap((chunk, at) => [...framer.push(chunk, at * 10)]);
          for (const frame of [...found, ...framer.finish()]) expect(frame.length).toBeLessThanOrEqual(4096);
        },
      ),
      { numRuns: 50 },
    );
  });
});
