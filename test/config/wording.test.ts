// What is said of a configuration: every sentence of the schemas in Korean too, and no mistake that hides another.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environment, loadConfig } from '#config';
import { isSaid } from '../../src/config/said.ts';
import { sections } from '../../src/config/schema.ts';

type Definition = Readonly<Record<string, unknown>>;

/** Every sentence that a schema below `node` carries for one of its checks. */
function sentencesOf(node: unknown, seen = new Set<unknown>()): readonly string[] {
  if (typeof node !== 'object' || node === null || seen.has(node)) return [];
  seen.add(node);
  if (Array.isArray(node)) return node.flatMap((each) => sentencesOf(each, seen));
  const inner = (node as { readonly _zod?: { readonly def: Definition } })._zod;
  const definition = inner ? inner.def : (node as Definition);
  const error = definition['error'];
  const own = typeof error === 'function' ? [String(error({ input: '45710' }))] : [];
  return [...own, ...Object.values(definition).flatMap((each) => sentencesOf(each, seen))];
}

describe('the words of the schemas', () => {
  const sentences = [...new Set(sentencesOf(Object.values(sections)))];

  it('are found', () => {
    expect(sentences.length).toBeGreaterThan(40);
    expect(sentences).toContain('expected either token or hmac');
  });

  it.each(sentences)('%s', (sentence) => {
    expect(isSaid(sentence), 'its Korean belongs into src/config/said.ts').toBe(true);
  });
});

const whole = `site: { code: '52710' }
gateway: { id: wanju-1 }
uplink: { url: 'mqtts://hub.example:8883' }
sensors:
`;

/** `key: text` of everything that is wrong, in a language. */
async function problems(sensors: string, language: 'en' | 'ko' = 'en'): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-wording-'));
  try {
    const path = join(folder, 'config.yaml');
    await writeFile(path, whole + sensors);
    const loaded = await loadConfig(path, { environment: environment({}) });
    return 'problems' in loaded ? loaded.problems.map(({ key, text }) => `${key}: ${text[language]}`) : [];
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('all mistakes at once', () => {
  const sensors = `  buses:
    - id: hall
      driver: modbus-rtu
      port: /dev/serial/by-id/a
      baud: 9601
      units:
        - { device: smoke-1, unit: 1, template: smoke-contakt }
        - { device: smoke-1, unit: 1, template: hydrant, purpose: 7 }
    - { id: hall, driver: modbus-tcp, host: 10.0.0.9, wriable: true, units: [{ device: gateway, unit: 300, template: smoke-contact }] }
  lines:
    - { id: panel, device: panel, via: serial, port: /dev/serial/by-id/b, parity: odds, grammar: korean-rtype }
  polls:
    - { id: p, device: gateway, url: 'https://a.example', intervall: 5s }
  mqtt: 3
`;
  const found = {
    'sensors.buses[0].baud': [/expected one of 1200/, /중 하나/],
    'sensors.buses[0].units[0].template': [/did you mean "smoke-contact"\?$/, /"smoke-contact"입니까\?$/],
    'sensors.buses[0].units[1].device': [/device smoke-1 is there twice/, /장치 smoke-1이\(가\) 두 번/],
    'sensors.buses[0].units[1].unit': [/unit 1 is there twice/, /국번 1이\(가\) 두 번/],
    'sensors.buses[0].units[1].template': [/needs a template with modbus points/, /modbus 측정점이 있는 템플릿/],
    'sensors.buses[0].units[1].purpose': [/expected text, found a number/, /문자열 자리에 숫자/],
    'sensors.buses[1].id': [/bus hall is there twice/, /버스·연결 이름 hall/],
    'sensors.buses[1].wriable': [/did you mean "writable"/, /"writable" 항목입니까/],
    'sensors.buses[1].units[0].device': [/kept for the gateway/, /게이트웨이 자신/],
    'sensors.buses[1].units[0].unit': [/at most 247/, /247 이하/],
    'sensors.lines[0].parity': [/expected one of none, even, odd; did you mean "odd"/, /"odd"입니까/],
    'sensors.lines[0].grammar': [/did you mean "korean-r-type"/, /"korean-r-type"입니까/],
    'sensors.polls[0].device': [/kept for the gateway/, /게이트웨이 자신/],
    'sensors.polls[0].intervall': [/did you mean "interval"/, /"interval" 항목입니까/],
    'sensors.polls[0].template': [/expected a template, or a map with rules/, /rules가 있는 map이 필요합니다/],
    'sensors.mqtt': [/expected keys with values/, /하위 항목/],
  } as const;

  it.each(['en', 'ko'] as const)('of one section: a wrong value hides no name that is there twice (%s)', async (language) => {
    const told = await problems(sensors, language);
    for (const [key, [en, ko]] of Object.entries(found)) {
      const lines = told.filter((line) => line.startsWith(`${key}: `));
      expect(lines, key).toEqual([expect.stringMatching(language === 'en' ? en : ko)]);
    }
    expect(told).toHaveLength(Object.keys(found).length);
  });

  it('names the shipped maps where one is misspelt', async () => {
    const source = (map: string): string => `  polls: [{ id: p, device: d, url: 'https://a.example', map: ${map} }]\n`;
    expect(await problems(source('fall'))).toEqual([
      'sensors.polls[0].map: expected fall-webhook or chirpstack-v4 or keys with values; did you mean "fall-webhook"?',
    ]);
    expect(await problems(source('fall'), 'ko')).toEqual([
      'sensors.polls[0].map: fall-webhook 또는 chirpstack-v4 또는 하위 항목이어야 합니다. "fall-webhook"입니까?',
    ]);
    expect(await problems(source('{ rulez: [] }'))).toContainEqual(expect.stringContaining('did you mean "rules"'));
  });

  it('says all names only where none is near', async () => {
    const unit = (template: string): string =>
      `  buses: [{ id: b, driver: modbus-tcp, host: h, units: [{ device: d, unit: 1, template: ${template} }] }]\n`;
    expect(await problems(unit('smoke'))).toEqual([expect.stringMatching(/unknown name; did you mean "smoke-analog", "smoke-contact"/)]);
    expect(await problems(unit('zzz'))).toEqual([expect.stringMatching(/expected one of activity, air-quality, .*water-level$/)]);
  });
});
