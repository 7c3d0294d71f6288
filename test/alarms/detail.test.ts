// The bound on details: whatever a device adds, the alarm stays small and says that something was cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundDetail, sameDetail } from '../../src/alarms/detail.ts';

const size = (detail: object): number => Buffer.byteLength(JSON.stringify(detail));
const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 900 }), fc.double(), fc.boolean(), fc.constant('화재 '.repeat(300)));
const details = fc.dictionary(fc.oneof(fc.string({ unit: 'binary', maxLength: 90 }), fc.constantFrom('truncated', '__proto__')), value, {
  maxKeys: 45,
  noNullPrototype: true,
});

describe('boundDetail', () => {
  it('keeps what fits as it is', () => {
    const detail = { zone: '3층 복도', score: 0.93, confirmed: true };
    expect(boundDetail(detail)).toEqual(detail);
    const full = Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`key-${index}`, index]));
    expect(boundDetail(full)).toEqual(full);
  });

  it.each([
    ['a long text', { text: 'x'.repeat(5000) }, { text: `${'x'.repeat(299)}…`, truncated: true }],
    ['a number that JSON cannot say', { value: Number.NaN, other: Number.POSITIVE_INFINITY }, { value: 'NaN', other: 'Infinity' }],
    ['half a character', { text: '\ud83d' }, { text: '\ufffd' }],
  ])('shortens %s', (_, detail, expected) => {
    expect(boundDetail(detail)).toEqual(expected);
  });

  it('leaves out what is too much and keeps the rest', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key-${index}`, index]));
    const bound = boundDetail(many);
    expect(Object.keys(bound)).toHaveLength(32);
    expect(bound).toMatchObject({ 'key-0': 0, 'key-30': 30, truncated: true });
  });

  it('is bounded, marked when cut, and settled after once', () => {
    fc.assert(
      fc.property(details, (detail) => {
        const bound = boundDetail(detail);
        expect(size(bound)).toBeLessThanOrEqual(2048);
        expect(Object.keys(bound).length).toBeLessThanOrEqual(32);
        expect(sameDetail(boundDetail(bound), bound)).toBe(true);
        const lost = Object.keys(detail).length > 32 || size(detail) > 2300;
        if (lost) expect(bound['truncated']).toBe(true);
        expect(JSON.parse(JSON.stringify(bound))).toEqual(bound);
      }),
    );
  });
});

it.each([
  [{ a: 1, b: 'x' }, { b: 'x', a: 1 }, true],
  [{ a: 1 }, { a: '1' }, false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{}, {}, true],
])('compares %j and %j', (one, other, same) => {
  expect(sameDetail(one, other)).toBe(same);
});
