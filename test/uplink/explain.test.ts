// What a person reads about a refusal: each code for which an entry is set aside has words of its own, in both languages.
import { describe, expect, it } from 'vitest';
import { explainRefusal } from '../../src/uplink/explain.ts';
import { meaningOf } from '../../src/uplink/reasons.ts';
import { verdictOf } from '../../src/uplink/webhook/post.ts';

const setAside = Array.from({ length: 128 }, (_, at) => 128 + at).filter((code) => meaningOf(code) === 'set-aside');

describe('explainRefusal', () => {
  it.each([
    [0x87, 'not allow', '허용하지', /right/],
    [0x95, 'large', '너무 큽니다', /limit/],
    [401, 'allow', '허용', /destinations/],
    [404, 'address', '주소', /destinations/],
    [413, 'large', '너무 큽니다', /limit/],
  ])('says of %i what it is and what to do', (code, en, ko, cure) => {
    const { message, hint } = explainRefusal(code);
    expect(message.en).toContain(en);
    expect(message.ko).toContain(ko);
    expect(hint.en).toMatch(cure);
  });

  it('has words of its own for every reason code that sets aside', () => {
    expect(setAside).toHaveLength(5);
    expect(new Set(setAside.map((code) => explainRefusal(code).message.en)).size).toBe(5);
    expect(setAside.map((code) => explainRefusal(code).message)).not.toContainEqual(explainRefusal(999).message);
  });

  it('leaves no status of a receiver without a word', () => {
    for (let status = 400; status < 500; status += 1) {
      if (verdictOf(status) !== 'set-aside') continue;
      const { message, hint } = explainRefusal(status);
      for (const text of [message.ko, message.en, hint.ko, hint.en]) expect(text.length, String(status)).toBeGreaterThan(10);
    }
  });
});
