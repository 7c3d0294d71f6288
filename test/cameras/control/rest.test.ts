// What a camera says of its head, and what two such looks mean together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeadLook, readLook } from '../../../src/cameras/control/calls.ts';
import { isSamePlace, judgeRest } from '../../../src/cameras/control/rest.ts';
import { readXml } from '../../../src/cameras/xml/index.ts';

function look(inside: string): HeadLook {
  const read = readXml(`<Body><GetStatusResponse><PTZStatus>${inside}</PTZStatus></GetStatusResponse></Body>`);
  if (!read.ok) throw new Error(read.problem);
  return readLook(read.root);
}
const move = (panTilt: string, zoom: string) =>
  `<MoveStatus>${panTilt && `<PanTilt>${panTilt}</PanTilt>`}${zoom && `<Zoom>${zoom}</Zoom>`}</MoveStatus>`;
const place = (x: string, y: string, zoom: string) => `<Position><PanTilt x="${x}" y="${y}"/>${zoom && `<Zoom x="${zoom}"/>`}</Position>`;

describe('a status', () => {
  it.each([
    ['all of it', move('IDLE', 'IDLE') + place('0.5', '-0.25', '0'), { moving: false, position: { pan: 0.5, tilt: -0.25, zoom: 0 } }],
    ['no zoom', move('IDLE', '') + place('1e-3', '-1', ''), { moving: false, position: { pan: 0.001, tilt: -1 } }],
    ['one part moves', move('IDLE', 'MOVING') + place('0', '0', '0'), { moving: true, position: { pan: 0, tilt: 0, zoom: 0 } }],
    ['one moves, the other is unknown', move('MOVING', 'UNKNOWN'), { moving: true, position: undefined }],
    ['one rests, the other is unknown', move('IDLE', 'UNKNOWN'), { moving: undefined, position: undefined }],
    ['written small', move('idle', 'Idle'), { moving: false, position: undefined }],
    ['another word', move('IDLE', 'BUSY'), { moving: true, position: undefined }],
    ['a place alone', place('0', '0', '0'), { moving: undefined, position: { pan: 0, tilt: 0, zoom: 0 } }],
    ['no numbers', move('IDLE', 'IDLE') + place('', 'NaN', 'Infinity'), { moving: false, position: undefined }],
    ['nothing', '', { moving: undefined, position: undefined }],
  ])('with %s', (_, inside, expected) => expect(look(inside)).toEqual(expected));

  it('of anything never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (one, two) => {
        const clean = (text: string): string => text.replaceAll(/[^\w .+-]/g, '');
        const seen = look(move(clean(one), clean(two)) + place(clean(one), clean(two), clean(one)));
        for (const value of Object.values(seen.position ?? {})) expect(Number.isFinite(value)).toBe(true);
      }),
    );
  });
});

const restCases = (rows: readonly (readonly [string, HeadLook, HeadLook, unknown])[]) => rows;

describe('two looks', () => {
  const at = (pan: number, moving: boolean | 'untold' = false): HeadLook => ({
    moving: moving === 'untold' ? undefined : moving,
    position: { pan, tilt: 0 },
  });
  it.each(
    restCases([
      ['idle at the same place', at(0.5), at(0.5), { at: { pan: 0.5, tilt: 0 } }],
      ['idle, its encoder trembles', at(0.5), at(0.501), { at: { pan: 0.501, tilt: 0 } }],
      ['idle at two places', at(0.5), at(0.51), 'moving'],
      ['idle, then moving', at(0.5), at(0.5, true), 'moving'],
      ['moving, then unknown', at(0.5, true), at(0.5, 'untold'), 'moving'],
      ['no word about movement', at(0.5, 'untold'), at(0.5, 'untold'), 'unsure'],
      ['no word about the place', { moving: false, position: undefined }, { moving: false, position: undefined }, 'unsure'],
      ['an axis that comes and goes', at(0.5), { moving: false, position: { pan: 0.5 } }, 'moving'],
    ]),
  )('%s', (_, first, second, expected) => expect(judgeRest(first, second)).toEqual(expected));

  it('know a place by itself and either way round', () => {
    const axis = fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined });
    const axes = fc
      .record({ pan: axis, tilt: axis, zoom: axis })
      .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
    fc.assert(
      fc.property(axes, axes, (one, other) => {
        expect(isSamePlace(one, one)).toBe(true);
        expect(isSamePlace(one, other)).toBe(isSamePlace(other, one));
      }),
    );
  });
});
