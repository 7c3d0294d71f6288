import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compact } from '../../src/cameras/compact.ts';

it('copies plain data faithfully, also strings that are no proper Unicode', () => {
  const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\ud800'), fc.string({ minLength: 250, maxLength: 300 }));
  const data = fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(word, fc.array(fc.oneof(word, fc.integer(), fc.constant(undefined)))));
  fc.assert(
    fc.property(data, (value) => {
      expect(compact(value)).toEqual({ ...value });
    }),
  );
});

it('copies maps, and takes other objects as they are', () => {
  const url = new URL('http://10.0.0.5/');
  const numbers = new Map([['src0', 1]]);
  const copied = compact({ url, numbers, none: undefined, nothing: null });
  expect(copied).toEqual({ url, numbers, none: undefined, nothing: null });
  expect(copied.url).toBe(url);
  expect(copied.numbers).not.toBe(numbers);
});

it('holds once what two cameras of a model say alike, to any depth', () => {
  const said = (serial: string) => ({
    serial,
    profiles: [{ token: 'p0', sizes: { width: 640, height: 360 }, ptz: undefined }],
    numbers: new Map([['s', 1]]),
  });
  const [one, other, third] = [compact(said('a')), compact(said('b')), compact({ ...said('c'), profiles: [] })];
  expect(one).toEqual(said('a'));
  expect(other.profiles).toBe(one.profiles);
  expect(other.numbers).toBe(one.numbers);
  expect(third.numbers).toBe(one.numbers);
  expect(compact({ at: [1, '1', null, undefined, 'null'] }).at).toEqual([1, '1', null, undefined, 'null']);
});
