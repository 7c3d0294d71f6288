// The screen: widths as a terminal shows them, and nothing that a device's name could do to a terminal.
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, openScreen, printable } from '../../src/control/cli/screen.ts';
import { ageText, sizeText, timeText } from '../../src/control/cli/words.ts';
import { speaker } from '../../src/control/messages/catalogue.ts';

function collect(): { readonly stream: Writable; text(): string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream, text: () => text };
}

describe('printable', () => {
  it.each([
    ['\u001b]0;owned\u0007', '�]0;owned�'],
    ['a\u009b31mb', 'a�31mb'],
    ['line\r\nbreak', 'line��break'],
    ['\u202egpj.exe', '�gpj.exe'],
    ['zero\u200bwidth', 'zero�width'],
    ['\ud800', '�'],
    ['삼례읍 사거리 é 👍', '삼례읍 사거리 é 👍'],
  ])('%j is shown as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves no control or format character of any text, on any way out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        const out = collect();
        const screen = openScreen(out.stream, out.stream);
        screen.line(text);
        screen.table([[text, 'x']]);
        screen.complain(text);
        screen.json({ [text]: text });
        expect(out.text().replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        const json = out.text().split('\n')[3] ?? '';
        expect(JSON.parse(json)).toEqual({ [text]: text });
      }),
    );
  });
});

describe('tables', () => {
  it.each([
    ['abc', 3],
    ['카메라', 6],
    ['가-1', 4],
    ['e\u0301', 1],
    ['ｆｕｌｌ', 8],
    ['👍', 2],
    ['', 0],
  ])('%s is %d columns wide', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('line up columns of mixed scripts', () => {
    const out = collect();
    openScreen(out.stream, out.stream).table([
      ['이름', '상태', ''],
      ['cam', '정상', 'x'],
      ['삼례읍', 'on', ''],
    ]);
    expect(out.text()).toBe('이름    상태\ncam     정상  x\n삼례읍  on\n');
  });
});

describe('values', () => {
  const speech = { say: speaker('en'), language: 'en' } as const;
  it.each([
    [-5, '0 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('an age of %d ms is %s', (ms, text) => {
    expect(ageText(ms, speech)).toBe(text);
  });
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [2 ** 50, '1024 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
  it('a time is written in full, and no time as a dash', () => {
    expect(timeText(Date.UTC(2026, 10, 20, 4))).toMatch(/^2026-11-\d\d \d\d:00:00$/);
    expect(timeText(undefined)).toBe('-');
    expect(timeText(1e20)).toBe('-');
  });
});
