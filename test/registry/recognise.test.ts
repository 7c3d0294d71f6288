// Who is who: moved cameras are followed when that is certain, replaced ones are a question to a person, and shared marks prove nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Device, Finding } from '#model';
import type { KeptFinding } from '#registry';
import { type KnownField, placeOf, recognise } from '../../src/registry/recognise.ts';

const nobody = { maker: '', model: '', firmware: '', serial: '' };

function finding(address: string, marks: { endpoint?: string; mac?: string; serial?: string } = {}): Finding {
  const { endpoint = '', mac = '', serial = '' } = marks;
  return { address, endpoint, mac, identity: { ...nobody, serial }, name: '', problems: [], clockOffsetMs: undefined, way: 'unicast' };
}
function device(id: string, address: string, marks: { mac?: string; serial?: string } = {}): Device {
  const { mac, serial = '' } = marks;
  return {
    id,
    type: 'camera',
    name: '',
    address,
    purpose: '',
    place: {},
    channels: [],
    identity: { ...nobody, serial, ...(mac === undefined ? {} : { mac }) },
  };
}
function row(one: Finding, owner = '', key = `key ${one.address}`): KeptFinding {
  return { ...one, key, meaning: owner === '' ? 'new' : 'known', device: owner, firstSeen: 1, lastSeen: 1 };
}
const field = (devices: readonly Device[], kept: readonly KeptFinding[] = [], online: readonly string[] = []): KnownField => ({
  devices,
  kept,
  isOnline: (id) => online.includes(id),
});
const told = (findings: readonly Finding[], known: KnownField) =>
  recognise(findings, known).map(({ finding: { address }, meaning, device: id, act }) => [address, meaning, id, act]);

const e1 = 'urn:uuid:e1';
const e2 = 'urn:uuid:e2';

describe('recognising', () => {
  it.each<[string, readonly Finding[], KnownField, readonly unknown[][]]>([
    ['a camera that nobody knows', [finding('10.0.0.9')], field([]), [['10.0.0.9', 'new', '', 'none']]],
    [
      'a registered one at its address, written otherwise',
      [finding('10.0.0.5', { serial: 'S1234' })],
      field([device('a', 'http://10.0.0.5:80/onvif/device_service', { serial: 'S1234' })]),
      [['10.0.0.5', 'known', 'a', 'none']],
    ],
    [
      'a registered one that was never identified',
      [finding('10.0.0.5', { serial: 'S1234', endpoint: e1 })],
      field([device('a', '10.0.0.5')]),
      [['10.0.0.5', 'known', 'a', 'none']],
    ],
    [
      'a move by serial',
      [finding('10.0.0.7', { serial: 's1234' })],
      field([device('a', '10.0.0.5', { serial: 'S1234' })]),
      [['10.0.0.7', 'moved', 'a', 'follow']],
    ],
    [
      'a move by MAC',
      [finding('10.0.0.7', { mac: '00:09:18:00:00:01' })],
      field([device('a', '10.0.0.5', { mac: '00:09:18:00:00:01' })]),
      [['10.0.0.7', 'moved', 'a', 'follow']],
    ],
    [
      'a move by the endpoint that it had before',
      [finding('10.0.0.7', { endpoint: e1 })],
      field([device('a', '10.0.0.5')], [row(finding('10.0.0.5', { endpoint: e1 }), 'a')]),
      [['10.0.0.7', 'moved', 'a', 'follow']],
    ],
    [
      'perhaps a move, for anybody can say an endpoint: its MAC is another',
      [finding('10.0.0.7', { endpoint: e1, mac: '00:09:18:00:00:02' })],
      field([device('a', '10.0.0.5', { mac: '00:09:18:00:00:01' })], [row(finding('10.0.0.5', { endpoint: e1 }), 'a')]),
      [['10.0.0.7', 'moved', 'a', 'moved']],
    ],
    [
      'perhaps a move, for it is away from HTTPS, by which it is known',
      [finding('10.0.0.7', { serial: 'S1234' }), finding('https://10.0.0.8/onvif/device_service', { serial: 'S9876' })],
      field([device('a', 'https://10.0.0.5', { serial: 'S1234' }), device('b', 'https://10.0.0.6', { serial: 'S9876' })]),
      [
        ['10.0.0.7', 'moved', 'a', 'moved'],
        ['https://10.0.0.8/onvif/device_service', 'moved', 'b', 'follow'],
      ],
    ],
    [
      'no move while it answers where it was: a second address',
      [finding('10.0.0.7', { serial: 'S1234' })],
      field([device('a', '10.0.0.5', { serial: 'S1234' })], [], ['a']),
      [['10.0.0.7', 'known', 'a', 'none']],
    ],
    [
      'no move when it is seen at both',
      [finding('10.0.0.5', { serial: 'S1234' }), finding('10.0.0.7', { serial: 'S1234' })],
      field([device('a', '10.0.0.5', { serial: 'S1234' })]),
      [
        ['10.0.0.5', 'known', 'a', 'none'],
        ['10.0.0.7', 'known', 'a', 'none'],
      ],
    ],
    [
      'two that changed places',
      [finding('10.0.0.5', { serial: 'B1234' }), finding('10.0.0.6', { serial: 'A1234' })],
      field([device('a', '10.0.0.5', { serial: 'A1234' }), device('b', '10.0.0.6', { serial: 'B1234' })]),
      [
        ['10.0.0.5', 'moved', 'b', 'follow'],
        ['10.0.0.6', 'moved', 'a', 'follow'],
      ],
    ],
    [
      'a move onto the place of another that is not seen: a question',
      [finding('10.0.0.5', { serial: 'B1234' })],
      field([device('a', '10.0.0.5', { serial: 'A1234' }), device('b', '10.0.0.6', { serial: 'B1234' })]),
      [['10.0.0.5', 'moved', 'b', 'moved']],
    ],
    [
      'another camera on the same pole: a question',
      [finding('10.0.0.5', { serial: 'N9999' })],
      field([device('a', '10.0.0.5', { serial: 'S1234' })]),
      [['10.0.0.5', 'replaced', 'a', 'replaced']],
    ],
    [
      'another camera on the same pole by its endpoint',
      [finding('10.0.0.5', { endpoint: e2 })],
      field([device('a', '10.0.0.5')], [row(finding('10.0.0.5', { endpoint: e1 }), 'a')]),
      [['10.0.0.5', 'replaced', 'a', 'replaced']],
    ],
    [
      'the same camera by its other network card',
      [finding('10.0.0.5', { endpoint: e1, mac: '00:09:18:00:00:02' })],
      field([device('a', '10.0.0.5', { mac: '00:09:18:00:00:01', serial: 'S1234' })], [row(finding('10.0.0.5', { endpoint: e1 }), 'a')]),
      [['10.0.0.5', 'known', 'a', 'none']],
    ],
    [
      'a firmware that made a new endpoint',
      [finding('10.0.0.5', { endpoint: e2, mac: '00:09:18:00:00:01' })],
      field([device('a', '10.0.0.5', { mac: '00:09:18:00:00:01' })], [row(finding('10.0.0.5', { endpoint: e1 }), 'a')]),
      [['10.0.0.5', 'known', 'a', 'none']],
    ],
    [
      'a new camera at the place that a moved one left',
      [finding('10.0.0.5', { serial: 'N9999' }), finding('10.0.0.8', { serial: 'S1234' })],
      field([device('a', '10.0.0.5', { serial: 'S1234' })]),
      [
        ['10.0.0.5', 'new', '', 'none'],
        ['10.0.0.8', 'moved', 'a', 'follow'],
      ],
    ],
    [
      'an endpoint that two give proves nothing',
      [finding('10.0.0.7', { endpoint: e1 }), finding('10.0.0.8', { endpoint: e1 })],
      field([device('a', '10.0.0.5')], [row(finding('10.0.0.5', { endpoint: e1 }), 'a')]),
      [
        ['10.0.0.7', 'new', '', 'none'],
        ['10.0.0.8', 'new', '', 'none'],
      ],
    ],
    [
      'a serial that makers leave the same proves nothing',
      [finding('10.0.0.7', { serial: '123456789' })],
      field([device('a', '10.0.0.5', { serial: '123456789' })]),
      [['10.0.0.7', 'new', '', 'none']],
    ],
    [
      'a MAC that contradicts the serial proves nothing',
      [finding('10.0.0.7', { mac: '00:09:18:00:00:01', serial: 'N9999' })],
      field([device('a', '10.0.0.5', { mac: '00:09:18:00:00:01', serial: 'S1234' })]),
      [['10.0.0.7', 'new', '', 'none']],
    ],
  ])('tells %s', (_, findings, known, expected) => expect(told(findings, known)).toEqual(expected));

  it('gives a row its old key when the camera has moved, and no key twice', () => {
    const marks = { serial: 'S1234' };
    const known = field([], [row(finding('10.0.0.5', marks), '', 'first')]);
    expect(recognise([finding('10.0.0.7', marks)], known).map(({ key }) => key)).toEqual(['first']);
    const mark = fc.constantFrom('', 'S1111', 'S2222', 'S3333');
    const found = fc.record({ host: fc.integer({ min: 1, max: 6 }), serial: mark, endpoint: fc.constantFrom('', e1, e2) });
    const unique = fc.uniqueArray(found, { maxLength: 6, selector: ({ host }) => host });
    fc.assert(
      fc.property(unique, unique, unique, (before, registered, now) => {
        const kept = before.map(({ host, ...rest }) => row(finding(`10.0.0.${host}`, rest)));
        const devices = registered.map(({ host, serial }) => device(`cam-${host}`, `10.0.0.${host}`, { serial }));
        const recognised = recognise(
          now.map(({ host, ...rest }) => finding(`10.0.0.${host}`, rest)),
          field(devices, kept),
        );
        expect(new Set(recognised.map(({ key }) => key)).size).toBe(now.length);
        const followed = recognised.filter(({ act }) => act === 'follow').map(({ device: id }) => id);
        expect(new Set(followed).size).toBe(followed.length);
      }),
    );
  });

  it.each([
    ['10.0.0.5', '10.0.0.5:80'],
    ['10.0.0.5:8080', '10.0.0.5:8080'],
    ['http://10.0.0.5/onvif/services', '10.0.0.5:80'],
    ['https://10.0.0.5/onvif/device_service', '10.0.0.5:443'],
    ['rtsp://10.0.0.5/stream', '10.0.0.5:554'],
  ])('knows the place of %s', (address, place) => expect(placeOf(address)).toBe(place));
});
