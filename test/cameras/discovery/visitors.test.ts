// Who may wait to be examined: some of each sender, so that one who says Hello without end takes neither memory nor the place of others.
import { expect, it } from 'vitest';
import { openVisitors } from '../../../src/cameras/discovery/visitors.ts';

it('lets so many wait of each sender and of all, until they are done', () => {
  const visitors = openVisitors({ each: 2, all: 3 });
  const first = visitors.admit('10.0.0.1');
  expect(first).toBeDefined();
  expect(visitors.admit('10.0.0.1')).toBeDefined();
  expect(visitors.admit('10.0.0.1')).toBeUndefined();
  expect(visitors.admit('10.0.0.2')).toBeDefined();
  expect(visitors.admit('10.0.0.3')).toBeUndefined();
  first?.[Symbol.dispose]();
  first?.[Symbol.dispose]();
  expect(visitors.admit('10.0.0.3')).toBeDefined();
  expect(visitors.admit('10.0.0.1')).toBeUndefined();
});
