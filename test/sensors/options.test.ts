// The section of the configuration: what it takes, what it fills in, what it refuses and where.
import { describe, expect, it } from 'vitest';
import { resolvedSecret } from '#base';
import { sensorsOptions, shippedMaps } from '#sensors/options';
import { messageMaps } from '../../src/sensors/messages/index.ts';

const unit = { device: 'smoke-1', unit: 1, template: 'smoke-contact' };
const rtu = { id: 'bus-1', driver: 'modbus-rtu', port: '/dev/ttyUSB0', units: [unit] };
const tcp = { id: 'bus-2', driver: 'modbus-tcp', host: '10.0.0.5', units: [{ ...unit, device: 'smoke-2' }] };
const token = resolvedSecret('0123456789abcdef');
const source = { id: 'radar', device: 'fall-1', token, map: 'fall-webhook' };
const template = {
  points: [{ name: 'level', modbus: { function: 3, address: 0, type: 'uint16' } }],
  rules: [{ point: 'level', alarm: 'gas', when: { above: 5 } }],
};

describe('the sensors section', () => {
  it('is empty by default and fills in what is sensible', () => {
    expect(sensorsOptions.parse({})).toEqual({ buses: [], grammars: {}, lines: [], polls: [], mqtt: { connections: [] }, templates: {} });
    const parsed = sensorsOptions.parse({ buses: [rtu, tcp], webhook: { sources: [source] } });
    expect(parsed.buses[0]).toMatchObject({ baud: 9600, parity: 'even', stopBits: 1, responseTimeout: 500, pollInterval: 1000 });
    expect(parsed.buses[1]).toMatchObject({ port: 502 });
    expect(parsed.webhook).toMatchObject({
      listen: { host: '127.0.0.1', port: 8480 },
      sources: [{ silentAfter: 0, repeatWindow: 600_000 }],
    });
  });

  it.each<[string, unknown, string]>([
    ['an unknown template', { buses: [{ ...rtu, units: [{ ...unit, template: 'nope' }] }] }, 'buses.0.units.0.template'],
    ['a template of messages on a bus', { buses: [{ ...rtu, units: [{ ...unit, template: 'hydrant' }] }] }, 'buses.0.units.0.template'],
    [
      'a template of a bus at a webhook',
      { webhook: { sources: [{ ...source, map: undefined, template: 'smoke-contact' }] } },
      'webhook.sources.0.template',
    ],
    [
      'the site’s own template of a bus on a line',
      { templates: { own: template }, lines: [{ id: 'l', device: 'd', via: 'serial', port: '/dev/x', grammar: 'est3x', template: 'own' }] },
      'lines.0.template',
    ],
    ['a unit twice', { buses: [{ ...rtu, units: [unit, { ...unit, device: 'other' }] }] }, 'buses.0.units.1.unit'],
    ['a device twice', { buses: [rtu, { ...tcp, units: [unit] }] }, 'buses.1.units.0.device'],
    ['a port twice', { buses: [rtu, { ...rtu, id: 'bus-3', units: [{ ...unit, device: 'other' }] }] }, 'buses.1.port'],
    ['a driver that does not exist', { buses: [{ ...rtu, driver: 'bacnet' }] }, 'buses.0.driver'],
    ['a duration out of range', { buses: [{ ...rtu, pollInterval: '5ms' }] }, 'buses.0.pollInterval'],
    ['a token in clear', { webhook: { sources: [{ ...source, token: '0123456789abcdef' }] } }, 'webhook.sources.0.token'],
    ['a short token', { webhook: { sources: [{ ...source, token: resolvedSecret('short') }] } }, 'webhook.sources.0.token'],
    [
      'neither a template nor a map that means something',
      { webhook: { sources: [{ ...source, map: { id: 'id' } }] } },
      'webhook.sources.0.template',
    ],
    ['an unknown map', { webhook: { sources: [{ ...source, map: 'nope' }] } }, 'webhook.sources.0.map'],
    ['an unknown template of a source', { webhook: { sources: [{ ...source, template: 'nope' }] } }, 'webhook.sources.0.template'],
    ['devices without a key', { webhook: { sources: [{ ...source, devices: [{ device: 'x', key: 1 }] }] } }, 'webhook.sources.0.devices'],
    ['a shipped name', { templates: { 'smoke-ug3': template } }, 'templates.smoke-ug3'],
    [
      'a rule for no point',
      { templates: { own: { ...template, rules: [{ point: 'x', alarm: 'gas', when: { above: 5 } }] } } },
      'templates.own',
    ],
    [
      'two predicates',
      { templates: { own: { ...template, rules: [{ point: 'level', alarm: 'gas', when: { above: 5, below: 1 } }] } } },
      'templates.own.rules.0.when',
    ],
    [
      'a clear above the raise',
      { templates: { own: { ...template, rules: [{ point: 'level', alarm: 'gas', when: { above: 5, clearAt: 6 } }] } } },
      'templates.own.rules.0.when',
    ],
    [
      'a bit from a register',
      { templates: { own: { ...template, points: [{ name: 'level', modbus: { function: 3, address: 0, type: 'bit' } }] } } },
      'templates.own.points.0.modbus',
    ],
    [
      'an unknown kind',
      { templates: { own: { ...template, rules: [{ point: 'level', alarm: 'toothache', when: { above: 5 } }] } } },
      'templates.own.rules.0.alarm',
    ],
  ])('refuses %s, and says where', (_, options, path) => {
    const result = sensorsOptions.safeParse(options);
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });

  it('accepts every shipped map as if the site had written it', () => {
    expect(Object.keys(messageMaps)).toEqual([...shippedMaps]);
    for (const shipped of Object.values(messageMaps)) {
      const parsed = sensorsOptions.parse({
        webhook: {
          sources: [
            { id: 's', device: 'd', token, map: shipped, template: 'door', devices: shipped.device ? [{ device: 'e', key: 'k' }] : [] },
          ],
        },
      });
      expect(parsed.webhook?.sources[0]?.map).toEqual(shipped);
    }
  });
});
