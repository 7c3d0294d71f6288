// The plan of a response: linked cameras first, then the nearest, each once, and no more than allowed.
import { describe, expect, it } from 'vitest';
import type { Device } from '#model';
import { planPrewarm } from '#registry';
import { responseOptions } from '../../src/registry/options.ts';
import { metresBetween } from '../../src/registry/response.ts';

const device = (id: string, type: Device['type'], place: Device['place'], channels = [1]): Device => ({
  id,
  type,
  name: '',
  address: '',
  purpose: '',
  place,
  channels: channels.map((number) => ({ number, name: `${number}` })),
  identity: { maker: '', model: '', firmware: '', serial: '' },
});
/** Metres north of a corner of 봉동읍. */
const north = (metres: number): Device['place'] => ({ latitude: 35.94 + metres / 111_195, longitude: 127.16 });
const devices = [
  device('panel', 'sensor', north(0)),
  device('nowhere', 'sensor', {}),
  {
    ...device('hydrant', 'sensor', north(0)),
    record: {
      cameras: [
        { camera: 'cam-300', channel: 1 },
        { camera: 'gone', channel: 1 },
      ],
    },
  },
  device('cam-300', 'camera', north(300)),
  device('cam-50', 'camera', north(50)),
  device('cam-100', 'camera', north(-100), [1, 2]),
  device('cam-lost', 'camera', {}),
];
const field = {
  find: (id: string) => devices.find((one) => one.id === id),
  cameras: () => devices.filter(({ type }) => type === 'camera'),
};
const plan = (prewarm: object, source = 'panel', channel = '1'): string[] =>
  planPrewarm({ device: source, channel }, field, responseOptions.parse({ prewarm })).map((one) => `${one.camera}/${one.channel}`);

describe('the cameras of an alarm', () => {
  const links = [
    { device: 'panel', cameras: ['cam-lost', 'cam-100/2'] },
    { device: 'nowhere', cameras: ['gone', 'cam-50/7', 'panel', 'cam-50'] },
  ];
  it.each<[string, object, string[], string?, string?]>([
    ['none where nothing is configured', {}, []],
    ['none where only another device is linked', { links: links.slice(1) }, []],
    ['the linked ones in their order', { links }, ['cam-lost/1', 'cam-100/2']],
    ['no more than allowed', { links, cameras: 1 }, ['cam-lost/1']],
    ['linked ones that are there as cameras', { links, cameras: 5 }, ['cam-50/1'], 'nowhere'],
    ['the nearest within the radius', { radiusMetres: 150, cameras: 5 }, ['cam-50/1', 'cam-100/1']],
    ['the nearest of many', { radiusMetres: 10_000 }, ['cam-50/1', 'cam-100/1']],
    [
      'linked ones before near ones, each once',
      { links: [{ device: 'panel', cameras: ['cam-100'] }], radiusMetres: 500, cameras: 3 },
      ['cam-100/1', 'cam-50/1', 'cam-300/1'],
    ],
    ['those of its own record, before near ones', { radiusMetres: 60, cameras: 5 }, ['cam-300/1', 'cam-50/1'], 'hydrant'],
    ['those of its own record alone', {}, ['cam-300/1'], 'hydrant'],
    [
      'those that the response names before those of its own record',
      { links: [{ device: 'hydrant', cameras: ['cam-100'] }] },
      ['cam-100/1', 'cam-300/1'],
      'hydrant',
    ],
    ['none near a device without a place', { radiusMetres: 10_000 }, [], 'nowhere'],
    ['a camera itself first, at the channel that told', { radiusMetres: 160 }, ['cam-100/2', 'cam-50/1'], 'cam-100', '2'],
    ['a camera without a place itself', { radiusMetres: 100 }, ['cam-lost/1'], 'cam-lost', 'rule-3'],
    ['none of a device that is not registered', { radiusMetres: 10_000 }, [], 'gone'],
  ])('are %s', (_, prewarm, expected, source, channel) => {
    expect(plan(prewarm, source, channel)).toEqual(expected);
  });

  it('are found by great-circle distance', () => {
    // Seoul city hall to Jeonju city hall, some 195 km.
    const metres = metresBetween({ latitude: 37.5663, longitude: 126.9779 }, { latitude: 35.8242, longitude: 127.148 });
    expect(metres).toBeGreaterThan(193_000);
    expect(metres).toBeLessThan(196_000);
    expect(metresBetween({ latitude: 0, longitude: 0 }, { latitude: 0 })).toBe(Number.POSITIVE_INFINITY);
  });
});
