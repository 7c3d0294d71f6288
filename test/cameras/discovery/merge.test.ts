// One finding for each camera: several addresses of one are one, several cameras with one endpoint or behind one router are several.
import { describe, expect, it } from 'vitest';
import type { Finding } from '#model';
import { mergeFindings } from '../../../src/cameras/discovery/merge.ts';

function finding(
  address: string,
  marks: { endpoint?: string; mac?: string; serial?: string; problems?: Finding['problems'] } = {},
): Finding {
  const { endpoint = '', mac = '', serial = '', problems = [] } = marks;
  const identity = { maker: '', model: '', firmware: '', serial };
  return { address, endpoint, mac, identity, name: '', problems, clockOffsetMs: undefined, way: 'unicast' };
}
const e1 = 'urn:uuid:e1';
const mac = '00:09:18:00:00:01';

describe('merging', () => {
  it.each<[string, readonly Finding[], readonly string[]]>([
    [
      'two addresses of one MAC and serial',
      [finding('10.0.0.5', { mac, serial: 'S1234' }), finding('10.0.1.5', { mac, serial: 'S1234' })],
      ['10.0.0.5'],
    ],
    ['two ports of one endpoint', [finding('10.0.0.5', { endpoint: e1 }), finding('10.0.0.5:8080', { endpoint: e1 })], ['10.0.0.5']],
    [
      'the one without a problem stands for both',
      [finding('10.0.0.5', { endpoint: e1, problems: ['silent'] }), finding('10.0.0.5:81', { endpoint: e1 })],
      ['10.0.0.5:81'],
    ],
    [
      'one endpoint of two cameras',
      [finding('10.0.0.5', { endpoint: e1 }), finding('10.0.0.6', { endpoint: e1 })],
      ['10.0.0.5', '10.0.0.6'],
    ],
    [
      'one endpoint, two serials',
      [finding('10.0.0.5', { endpoint: e1, serial: 'A1234' }), finding('10.0.0.5:81', { endpoint: e1, serial: 'B1234' })],
      ['10.0.0.5', '10.0.0.5:81'],
    ],
    [
      'channels of a recorder behind ports',
      [finding('10.0.0.5:81', { mac, serial: 'A1234' }), finding('10.0.0.5:82', { mac, serial: 'B1234' })],
      ['10.0.0.5:81', '10.0.0.5:82'],
    ],
    [
      'serials that say nothing',
      [finding('10.0.0.5', { serial: '0000000' }), finding('10.0.0.6', { serial: '0000000' })],
      ['10.0.0.5', '10.0.0.6'],
    ],
  ])('%s', (_, findings, expected) => expect(mergeFindings(findings).map(({ address }) => address)).toEqual(expected));

  it('takes away the MAC of a router that answers for many', () => {
    const merged = mergeFindings([finding('10.1.0.5', { mac, serial: 'A1234' }), finding('10.1.0.6', { mac, serial: 'B1234' })]);
    expect(merged.map((one) => one.mac)).toEqual(['', '']);
  });

  it('keeps what each way has told', () => {
    const [merged] = mergeFindings([finding('10.0.0.5', { endpoint: e1 }), finding('10.0.0.5', { serial: 'S1234', mac })]);
    expect(merged).toMatchObject({ endpoint: e1, mac, identity: { serial: 'S1234' } });
  });
});
