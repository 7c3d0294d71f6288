// Zone and premises of a sensor's record: with each of its alarms, unless the device itself says where it is.
import { expect, it } from 'vitest';
import type { Device, Report } from '#model';
import { withPremises } from '../../src/gateway/premises.ts';

const report: Report = {
  device: 'panel',
  channel: 'zone-2',
  kind: 'fire-panel',
  state: 'active',
  occurrence: undefined,
  time: 0,
  clockQuality: 'receipt',
};
const panel: Device = {
  id: 'panel',
  type: 'sensor',
  name: '',
  address: 'bus/1',
  purpose: '',
  place: {},
  channels: [],
  identity: { maker: '', model: '', firmware: '', serial: '' },
  record: { zone: '본관', zones: { 'zone-2': '지하 1층 주차장' }, premises: '전주시청' },
};

it.each<[string, Partial<Report>, Report['detail']]>([
  ['the zone of the point', {}, { zone: '지하 1층 주차장', premises: '전주시청' }],
  ['the zone of the whole', { channel: 'fire' }, { zone: '본관', premises: '전주시청' }],
  ['a point with a name of JavaScript’s own', { channel: 'constructor' }, { zone: '본관', premises: '전주시청' }],
  ['what the device says itself', { detail: { zone: '3-1', value: 5 } }, { zone: '3-1', value: 5, premises: '전주시청' }],
  ['nothing of a device without a record', { device: 'other' }, undefined],
])('carries %s', async (_, change, expected) => {
  const said: Report[] = [];
  const tell = withPremises(
    async (each) => {
      said.push(each);
      return { result: 'raised', alarmId: 'a' };
    },
    (id) => (id === 'panel' ? panel : undefined),
  );
  await tell({ ...report, ...change });
  expect(said[0]?.detail).toEqual(expected);
});
