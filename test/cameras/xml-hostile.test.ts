import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openXmlReader, readXml, writeXml } from '../../src/cameras/xml/index.ts';

/** Reads pieces of `size` bytes; the longest turn, milliseconds of this thread's own processor time. */
function read(bytes: Uint8Array, size = 65_536) {
  const reader = openXmlReader();
  let turnMs = 0;
  const turn = <T>(act: () => T): T => {
    const before = process.threadCpuUsage();
    const value = act();
    const { user, system } = process.threadCpuUsage(before);
    turnMs = Math.max(turnMs, (user + system) / 1000);
    return value;
  };
  for (let at = 0; at < bytes.length; at += size) if (!turn(() => reader.write(bytes.subarray(at, at + size)))) break;
  return { result: turn(() => reader.end()), turnMs };
}

const megabyte = 2 ** 20;
const inside = (text: string): string => `<a>${text}</a>`;

describe('a megabyte of XML', () => {
  it.each([
    ['elements', inside('<b c="d">text</b>'.repeat(60_000))],
    ['open tags', '<a>'.repeat(megabyte / 3)],
    ['10,000 levels', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`],
    ['text', inside('x'.repeat(megabyte))],
    ['references', inside('&amp;'.repeat(megabyte / 5))],
    ['one attribute', `<a b="${'&lt;'.repeat(megabyte / 4)}"/>`],
    ['attributes', inside(`<b ${Array.from({ length: 60 }, (_, n) => `a${n}="1234567"`).join(' ')}/>`.repeat(1200))],
    ['one name', `<${'a'.repeat(megabyte)}>`],
    ['namespaces', inside(Array.from({ length: 20_000 }, (_, n) => `<p${n}:a xmlns:p${n}="urn:${n}"/>`).join(''))],
    ['comments', inside('<!-- -->'.repeat(130_000))],
    ['instructions', inside('<?p x?>'.repeat(140_000))],
    ['CDATA', inside(`<![CDATA[${']'.repeat(megabyte)}]]>`)],
    ['a document type', `<!DOCTYPE a [${'<!ENTITY e "x">'.repeat(60_000)}]><a/>`],
    ['a document type without an end', `<!DOCTYPE a [${'x'.repeat(megabyte)}`],
    ['white space', `${' '.repeat(megabyte)}<a/>`],
  ])('of %s never holds the loop for 50 ms', (_, document) => {
    const bytes = Buffer.from(document);
    // The compiler's own work is in the first; the best of three is the reader's.
    expect(Math.min(...[1, 2, 3].map(() => read(bytes).turnMs))).toBeLessThan(50);
  });
});

describe('what is written again', () => {
  it('is no longer than was asked for, however long the namespace that all of its elements share', () => {
    const read = readXml(`<r xmlns:a="${'u'.repeat(megabyte / 2)}">${'<a:b/>'.repeat(20_000)}</r>`);
    if (!read.ok) throw new Error(read.problem);
    const before = process.threadCpuUsage();
    const written = writeXml(read.root, 4096);
    const { user, system } = process.threadCpuUsage(before);
    expect(written).toHaveLength(4096);
    expect((user + system) / 1000).toBeLessThan(50);
  });
});

describe('encodings', () => {
  const document = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?><a b="값">정문</a>`;
  const utf16 = (text: string, big: boolean, mark: boolean): Buffer => {
    const bytes = Buffer.from(mark ? `\ufeff${text}` : text, 'utf16le');
    return big ? bytes.swap16() : bytes;
  };
  /** `정문` and `값` as code page 949 writes them. */
  const codePage = (text: string): Buffer =>
    Buffer.concat(
      Array.from(text, (letter) => {
        const known: Readonly<Record<string, readonly number[]>> = { 정: [0xc1, 0xa4], 문: [0xb9, 0xae], 값: [0xb0, 0xaa] };
        return Buffer.from(known[letter] ?? letter);
      }),
    );
  it.each([
    ['UTF-8', Buffer.from(document('UTF-8'))],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${document('UTF-8')}`)],
    ['UTF-8 without a declaration', Buffer.from('<a b="값">정문</a>')],
    ['UTF-8 that says it is UTF-16', Buffer.from(document('UTF-16'))],
    ['UTF-8 of a name that nobody knows', Buffer.from(document('x-unknown'))],
    ['UTF-16 little-endian', utf16(document('UTF-16'), false, true)],
    ['UTF-16 big-endian', utf16(document('UTF-16'), true, true)],
    ['UTF-16 without a mark', utf16(document('UTF-16'), false, false)],
    ['UTF-16 that says it is UTF-8', utf16(document('UTF-8'), true, true)],
    ['EUC-KR', codePage(document('EUC-KR'))],
    ['CP949', codePage(document('cp949'))],
    ['KS C 5601', codePage(document('ks_c_5601-1987'))],
  ])('%s is read, however it is cut', (_, bytes) => {
    for (const size of [1, 2, 5, 1000])
      expect(read(bytes, size).result).toMatchObject({ ok: true, root: { name: 'a', text: '정문', attributes: [{ value: '값' }] } });
  });

  it('that are wrong spoil letters, not the structure', () => {
    expect(read(codePage(document('UTF-8'))).result).toMatchObject({ ok: true, root: { name: 'a' } });
    expect(read(Buffer.from(document('EUC-KR'))).result.ok).toBeTypeOf('boolean');
  });

  it('never make it throw', () => {
    const label = fc.constantFrom('UTF-16', 'euc-kr', 'iso-2022-kr', 'gb18030', 'utf-7', 'shift_jis', 'x', '');
    fc.assert(
      fc.property(label, fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (name, rest, size) => {
        const bytes = Buffer.concat([Buffer.from(`<?xml version="1.0" encoding="${name}"?>`), rest]);
        expect(read(bytes, size).result.ok).toBeTypeOf('boolean');
      }),
    );
  });
});

it('entities of their own are refused before they are declared', () => {
  const bomb = `<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">`;
  const reader = openXmlReader();
  expect(reader.write(Buffer.from(bomb))).toBe(false);
  expect(reader.end()).toMatchObject({ ok: false, problem: expect.stringContaining('document type') });
  expect(readXml('<?xml version="1.0"?>\n<!-- x --><!doctype a><a/>').ok).toBe(false);
});
