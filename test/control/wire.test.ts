// The splitter of lines, whatever the pieces.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerLine, openLineSplitter, parseLine } from '../../src/control/wire.ts';

describe('the line splitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(40), { maxLength: 20 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const splitter = openLineSplitter(1000);
        const out: string[] = [];
        let from = 0;
        for (const cut of [...cuts, bytes.length]) {
          out.push(...splitter.push(bytes.subarray(from, from + cut)).map((part) => part.toString()));
          from += cut;
        }
        expect(out).toEqual(lines.filter((text) => text !== ''));
        expect(splitter.overflow).toBe(false);
      }),
    );
  });

  it('takes a line of exactly the bound, and none after one byte more', () => {
    const splitter = openLineSplitter(10);
    expect(splitter.push(Buffer.from(`${'a'.repeat(10)}\n`))).toHaveLength(1);
    expect(splitter.overflow).toBe(false);
    expect(splitter.push(Buffer.from('b\n'.concat('c'.repeat(11))))).toHaveLength(1);
    expect(splitter.overflow).toBe(true);
    expect(splitter.push(Buffer.from('\nd\n'))).toEqual([]);
  });
});

describe('lines', () => {
  it('parse to a value or to undefined, never to an exception', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseLine(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const line = JSON.stringify(value);
        expect(parseLine(Buffer.from(line))).toEqual(JSON.parse(line));
      }),
    );
  });

  it.each([
    [{ id: 1, answer: {} }, true],
    [{ id: 1, item: 3 }, true],
    [{ id: 1, end: true }, true],
    [{ id: null, fault: { code: 'a.b', message: { ko: '', en: '' }, hint: { ko: '', en: '' }, retryable: false } }, true],
    [{ id: null, answer: {} }, false],
    [{ id: 1, answer: {}, item: {} }, false],
    [{}, false],
  ])('%j is an answer line: %s', (value, good) => {
    const parsed = answerLine.safeParse(value);
    expect(parsed.success).toBe(good);
    if (parsed.success) expect(parsed.data).toEqual(value);
  });
});
