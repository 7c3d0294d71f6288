// What is new of a platform's answer, for whatever may come: marks, cursors that are times ahead of ours, bounds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAhead } from '../../src/sensors/poll/ahead.ts';
import { freshMark, type Mark, parseMark, readPage, writeMark } from '../../src/sensors/poll/page.ts';

describe('what is new of an answer', () => {
  const number = { order: 'oldest-first', cursor: { by: 'number', path: 'n' } } as const;
  const messages = fc.array(fc.record({ n: fc.integer({ min: 0, max: 20 }), word: fc.constantFrom('a', 'b', 'c') }), { maxLength: 30 });

  it('is each message once, however the list grows, is cut, and the gateway dies in between', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { minLength: 1, maxLength: 8 }), (all, rounds) => {
        const known = all.toSorted((a, b) => a.n - b.n);
        let mark: Mark = freshMark;
        const taken: string[] = [];
        const ids = new Set<string>();
        let length = 0;
        for (const [grown, dies] of [...rounds, [30, 31] as const]) {
          length = Math.max(length, grown);
          const page = readPage(number, mark, known.slice(0, length));
          if (!page.ok) return expect.fail(page.problem);
          for (const [index, message] of page.messages.entries()) {
            if (index === dies) break;
            if (message.id !== undefined && !ids.has(message.id)) taken.push(JSON.stringify(message.content));
            ids.add(message.id ?? '');
            mark = parseMark(writeMark(message.after())) ?? freshMark;
          }
        }
        // A message that is there twice, number and words alike, is one.
        expect(taken.toSorted()).toEqual([...new Set(known.map((one) => JSON.stringify(one)))].toSorted());
      }),
    );
  });

  it('knows a cursor that is a time ahead of ours, and no other', () => {
    const now = Date.UTC(2026, 10, 20, 1);
    const cases: [string, string | undefined, boolean][] = [
      ['20261120100459', undefined, false],
      ['20261120100501', undefined, true],
      ['2026-11-20T01:05:01.123456Z', undefined, true],
      ['2026-11-20 10:04:00', undefined, false],
      ['20261120990001', undefined, false],
      ['20261320000000', undefined, false],
      ['2100000000', undefined, false],
      ['2100000000', '2099999999', false],
      ['2100000000', '1795136400', true],
      ['1795136400123', '1795136400122', false],
      ['99999999999999999', undefined, false],
    ];
    for (const [at, mark, ahead] of cases) expect([at, isAhead(at, mark, now)]).toEqual([at, ahead]);
    expect(isAhead('20991231235959', undefined, 0)).toBe(false);
  });

  it('takes what is ahead once, and what comes behind it', () => {
    const now = Date.UTC(2026, 10, 20, 1);
    const [odd, before, after] = ['20991231235959', '20261120095000', '20261120095100'].map((n) => ({ n }));
    const first = readPage(number, freshMark, [odd, before], now);
    if (!first.ok) return expect.fail(first.problem);
    expect(first).toMatchObject({ ahead: 1, messages: [{ content: before }, { content: odd }], end: { at: before?.n } });
    const mark = parseMark(writeMark(first.end)) ?? freshMark;
    expect(readPage(number, mark, [before, odd, after], now)).toMatchObject({
      ahead: 0,
      messages: [{ content: after }],
      end: { at: after?.n },
    });
  });

  it('is told for whatever comes, within bounds', () => {
    const cursors = [
      undefined,
      { by: 'number', path: 'n' },
      { by: 'text', path: 'n' },
      { by: 'token', path: 'n', parameter: 'p' },
    ] as const;
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...cursors), fc.option(fc.string(), { nil: undefined }), (answer, cursor, kept) => {
        const page = readPage({ order: 'newest-first', cursor }, parseMark(kept) ?? freshMark, answer);
        expect(page.ok).toBe(true);
        if (page.ok) for (const { after } of page.messages) expect(after().seen.length).toBeLessThanOrEqual(2000);
        if (page.ok) expect(parseMark(writeMark(page.end))?.seen.length).toBeLessThanOrEqual(2000);
      }),
    );
    const numbers = [{ n: '9007199254740993' }, { n: 12 }, { n: 'x' }, { n: 1.5 }, {}, 3];
    const page = readPage(number, { at: '9007199254740992', seen: [] }, numbers);
    expect(page).toMatchObject({ ok: true, unplaced: 4, messages: [{ content: { n: '9007199254740993' } }] });
    const many = Array.from({ length: 10_001 }, (_, n) => ({ n }));
    expect(readPage(number, freshMark, many)).toMatchObject({ ok: false, problem: 'more than 10000 messages' });
    expect(readPage({ order: 'oldest-first' }, freshMark, many.slice(0, 2001))).toMatchObject({ ok: false });
    const most = readPage(
      number,
      freshMark,
      many.slice(1).map(() => ({ n: 7 })),
    );
    expect(most.ok && most.messages.at(-1)?.after().seen.length).toBe(2000);
    expect(readPage({ ...number, list: 'a.b' }, freshMark, { a: {} })).toMatchObject({ ok: false });
    expect(readPage(number, { at: 'a time', seen: [] }, [{ n: 1 }])).toMatchObject({ messages: [{ id: expect.stringMatching(/^1:/) }] });
  });
});
