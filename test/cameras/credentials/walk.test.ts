// Which sets of logins are for a camera, and in which order they are tried.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CredentialScope, OpenedCredentialSet } from '#model';
import { wrongEntry } from '../../../src/cameras/credentials/index.ts';
import { isFor } from '../../../src/cameras/credentials/scope.ts';
import { openLoginWalk } from '../../../src/cameras/credentials/walk.ts';

const nowhere: CredentialScope = { ranges: [], makers: [], macs: [] };
const camera = { host: '10.0.1.5', maker: 'Hanwha Vision', mac: '00:09:18:a1:b2:c3' };
const unknown = { host: '10.0.1.5', maker: '', mac: '' };

describe('a scope', () => {
  it.each<[Partial<CredentialScope>, boolean]>([
    [{}, true],
    [{ ranges: ['10.0.0.0/22'] }, true],
    [{ ranges: ['192.168.0.0/24', '10.0.1.1-10.0.1.9'] }, true],
    [{ ranges: ['10.0.2.0/24'] }, false],
    [{ makers: ['hanwha'] }, true],
    [{ makers: ['HANWHA vision'] }, true],
    [{ makers: ['vision'] }, false],
    [{ macs: ['00:09:18'] }, true],
    [{ macs: ['000918A1B2C3'] }, true],
    [{ macs: ['00:09:19'] }, false],
    [{ ranges: ['10.0.0.0/22'], makers: ['axis'] }, false],
    [{ ranges: ['10.0.0.0/22'], makers: ['axis', 'hanwha'], macs: ['00-09-18'] }, true],
  ])('%j is for the camera: %s', (scope, fits) => {
    expect(isFor({ ...nowhere, ...scope }, camera)).toBe(fits);
  });

  it('does not fit what is not known', () => {
    expect(isFor({ ...nowhere, makers: ['hanwha'] }, unknown)).toBe(false);
    expect(isFor({ ...nowhere, macs: ['00:09:18'] }, unknown)).toBe(false);
    expect(isFor({ ...nowhere, ranges: ['10.0.0.0/22'] }, { ...unknown, host: 'camera.example' })).toBe(false);
  });

  it.each<[Partial<CredentialScope>, string | undefined]>([
    [{ ranges: ['10.0.0.0/22'], makers: ['Axis'], macs: ['00:09'] }, undefined],
    [{ ranges: ['10.0.0.0/22', 'everything'] }, 'everything'],
    [{ makers: [' '] }, ' '],
    [{ macs: ['00:0'] }, '00:0'],
    [{ macs: [''] }, ''],
  ])('%j has a wrong entry: %s', (scope, wrong) => {
    expect(wrongEntry({ ...nowhere, ...scope })).toBe(wrong);
  });

  it('takes any text without harm', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, host) => {
        const scope = { ranges: [text], makers: [text], macs: [text] };
        expect(typeof isFor(scope, { host, maker: text, mac: text })).toBe('boolean');
        expect(['string', 'undefined']).toContain(typeof wrongEntry(scope));
      }),
    );
  });
});

const set = (name: string, password = name): OpenedCredentialSet => ({
  name,
  position: 0,
  scope: nowhere,
  login: { user: 'gate', password },
});
const own = { user: 'gate', password: 'own' };
const open = (known = '', login?: typeof own) => openLoginWalk({ ...camera, own: login, known });
const order = (walk: ReturnType<typeof open>, steps: number): (string | undefined)[] =>
  Array.from({ length: steps }, () => {
    const name = walk.current?.set;
    walk.refused();
    return name;
  });

describe('the walk', () => {
  it('goes from its own login over the sets and round again', () => {
    const walk = open('', own);
    walk.renew([set('a'), set('b')]);
    expect(order(walk, 4)).toEqual(['', 'a', 'b', '']);
  });

  it('begins with the set that was taken last', () => {
    const walk = open('b');
    walk.renew([set('a'), set('b'), set('c')]);
    expect(order(walk, 3)).toEqual(['b', 'a', 'c']);
  });

  it('leaves out sets for other cameras', () => {
    const walk = open();
    walk.renew([{ ...set('a'), scope: { ...nowhere, makers: ['axis'] } }, set('b')]);
    expect(walk.current?.set).toBe('b');
  });

  it('has nothing to try without logins', () => {
    const walk = open();
    walk.renew([]);
    expect(walk.current).toBeUndefined();
    walk.refused();
    expect(walk.current).toBeUndefined();
  });

  it('tries what is new before what was refused, and what was changed as new', () => {
    const walk = open();
    walk.renew([set('a'), set('b')]);
    walk.refused();
    walk.refused();
    expect(walk.current?.set).toBe('a');
    walk.renew([set('a'), set('b'), set('c')]);
    expect(walk.current?.set).toBe('c');
    walk.renew([set('a'), set('b', 'changed')]);
    expect(walk.current?.set).toBe('b');
  });

  it('stays with the one that was taken until it is refused or gone', () => {
    const walk = open();
    walk.renew([set('a'), set('b')]);
    walk.refused();
    walk.accepted();
    walk.renew([set('new'), set('a'), set('b')]);
    expect(walk.current?.set).toBe('b');
    walk.refused();
    expect(walk.current?.set).toBe('new');
    walk.accepted();
    walk.renew([set('a'), set('b')]);
    expect(walk.current?.set).toBe('a');
  });

  it('is fresh only with a login of its own that was not tried', () => {
    const walk = open('', own);
    walk.renew([set('a')]);
    expect(walk.isFresh).toBe(true);
    walk.refused();
    expect(walk.isFresh).toBe(false);
    walk.refused();
    expect([walk.current?.set, walk.isFresh]).toEqual(['', false]);
  });

  it('has more patience after each round in vain, and none is lost when a set is added', () => {
    const walk = open();
    walk.renew([set('a')]);
    const patience = Array.from({ length: 6 }, () => {
      walk.refused();
      return walk.patience;
    });
    expect(patience).toEqual([1, 2, 4, 8, 12, 12]);
    walk.renew([set('a'), set('b')]);
    expect(walk.patience).toBe(1);
    walk.refused();
    walk.refused();
    walk.refused();
    walk.refused();
    expect(walk.patience).toBe(2);
    walk.accepted();
    expect(walk.patience).toBe(1);
  });
});
