// The configuration: all mistakes at once with their places and words, secrets from files, nothing that makes it throw.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Language } from '#base';
import { environment, type Loaded, loadConfig, type Problem } from '#config';

let folder = '';
let path = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-config-'));
  path = join(folder, 'config.yaml');
  await writeFile(join(folder, 'hub-password'), 'Lantern-Hill-42\n', { mode: 0o600 });
  await writeFile(join(folder, 'token'), 'a-token-of-some-length', { mode: 0o640 });
  await writeFile(join(folder, 'open'), 'everybody-knows-this', { mode: 0o644 });
  await chmod(join(folder, 'open'), 0o644);
  await writeFile(join(folder, 'empty'), '\n', { mode: 0o600 });
});
afterAll(() => rm(folder, { recursive: true }));

const minimal = `site:
  code: '52710'
gateway:
  id: wanju-1
uplink:
  url: mqtts://hub.example:8883
`;
/** `c:12:3 uplink.url: this key is needed`; without a place where the problem has none. */
function told({ line, column, key, text }: Problem, language: Language): string {
  const place = line === undefined ? 'c' : `c:${line}:${column}`;
  return `${place} ${key === '' ? '' : `${key}: `}${text[language]}`;
}
async function load(text: string | Buffer, variables: Record<string, string> = {}): Promise<Loaded> {
  await writeFile(path, text);
  return loadConfig(path, { environment: environment(variables) });
}
async function problems(text: string | Buffer, variables: Record<string, string> = {}): Promise<string[]> {
  const loaded = await load(text, variables);
  return 'problems' in loaded ? loaded.problems.map((problem) => told(problem, 'en')) : [];
}
async function config(text: string, variables: Record<string, string> = {}) {
  const loaded = await load(text, variables);
  return 'config' in loaded ? loaded.config : expect.fail(JSON.stringify(loaded.problems));
}

describe('loadConfig', () => {
  it('fills in everything but who this is and where the hub is', async () => {
    const loaded = await config(minimal);
    expect(loaded).toMatchObject({
      site: { code: '52710', name: '' },
      gateway: { id: 'wanju-1' },
      log: { level: 'info' },
      store: { path: '/var/lib/bongsu/bongsu.db', keyFile: '/var/lib/bongsu/store.key' },
      uplink: { url: 'mqtts://hub.example:8883', keepalive: 15_000 },
      streams: { rtsp: { port: 8554 } },
    });
    expect(loaded.access.services).toHaveLength(5);
  });

  it('freezes it all the way down', async () => {
    const loaded = await config(minimal);
    expect(Object.isFrozen(loaded) && Object.isFrozen(loaded.access.services[0]?.grounds)).toBe(true);
  });

  it('takes a section without content as left out', async () => {
    expect((await config(`${minimal}cameras:\nsensors:\n`)).sensors.buses).toEqual([]);
  });

  it('warns of serial ports that may be others after a restart, and takes them all the same', async () => {
    const bus = (id: string, port: string): string =>
      `    - id: ${id}\n      driver: modbus-rtu\n      port: ${port}\n      units: [{ device: ${id}, unit: 1, template: smoke-contact }]\n`;
    const line = (id: string, via: string): string => `    - id: ${id}\n      device: ${id}\n      grammar: korean-r-type\n      ${via}\n`;
    const loaded = await load(`${minimal}sensors:
  buses:
${bus('east', '/dev/serial/by-id/usb-FTDI-if00')}${bus('west', '/dev/ttyUSB0')}${bus('north', '/dev/ttyS0')}  lines:
${line('panel', 'via: serial\n      port: /dev/ttyACM12')}${line('other', 'via: tcp\n      host: 10.0.0.9\n      port: 4001')}`);
    const warnings = 'config' in loaded ? loaded.warnings.map((warning) => told(warning, 'en')) : loaded.problems;
    expect(warnings).toMatchObject([
      expect.stringMatching(/^c:15:\d+ sensors\.buses\[1\]\.port: \/dev\/ttyUSB0 may be another adapter .*\/dev\/serial\/by-id/),
      expect.stringMatching(/^c:\d+:\d+ sensors\.lines\[0\]\.port: \/dev\/ttyACM12 may/),
    ]);
  });

  it('warns of fire panels whose silence nobody would notice', async () => {
    const line = (id: string, more: string): string =>
      `    - { id: ${id}, device: ${id}, via: serial, port: /dev/serial/by-id/${id}, ${more} }\n`;
    const lines = `${line('a', 'grammar: est3x')}${line('b', 'grammar: est3x, silentAfter: 1d')}${line('c', 'grammar: korean-r-type')}`;
    const own = `${line('d', 'grammar: bell')}${line('e', 'grammar: level')}`;
    const loaded = await load(`${minimal}sensors:
  lines:
${lines}${own}  grammars:
    bell: { patterns: [{ says: alarm, kind: fire, match: FIRE }] }
    level: { patterns: [{ says: values, match: 'L (?<l>.)' }] }
`);
    const warnings = 'config' in loaded ? loaded.warnings.map((warning) => told(warning, 'en')) : loaded.problems;
    expect(warnings).toMatchObject([
      expect.stringMatching(/sensors\.lines\[0\]\.grammar: a cut wire or a dead panel would go unnoticed/),
      expect.stringMatching(/sensors\.lines\[3\]\.grammar: a cut wire/),
    ]);
  });

  it('warns of signatures without a time', async () => {
    const key = join(folder, 'hmac-key');
    await writeFile(key, 'a-key-of-the-sender-0123', { mode: 0o600 });
    const source = (id: string, more: string): string =>
      `      - { id: ${id}, device: ${id}, map: fall-webhook, hmac: { secret: { file: ${key} }${more} } }\n`;
    const loaded = await load(`${minimal}sensors:\n  webhook:\n    sources:\n${source('old', '')}${source('good', ', timestamp: {}')}`);
    const warnings = 'config' in loaded ? loaded.warnings.map((warning) => told(warning, 'en')) : loaded.problems;
    expect(warnings).toMatchObject([expect.stringMatching(/sensors\.webhook\.sources\[0\]\.hmac: the signature holds no time of sending/)]);
  });

  it('tells five mistakes at once, each at its place', async () => {
    const text = `site:
  code: '45710'
gateway:
  id: Wanju 1
uplink:
  url: mqtts://hub.example:8883
  keepalive: 15
  passwrd: secret
cameras:
  retryMax: 5 years
log:
  level: verbose
`;
    expect(await problems(text)).toEqual([
      `c:2:3 site.code: expected '52710', the code since 2024`,
      'c:4:3 gateway.id: expected 1 to 40 of a–z, 0–9 and hyphen',
      'c:7:3 uplink.keepalive: expected text, found a number; times and sizes need a unit (30s, 2GiB), codes need quotes',
      'c:8:3 uplink.passwrd: unknown key; did you mean "password"?',
      'c:10:3 cameras.retryMax: expected 1s … 1h, written like 30s',
      'c:12:3 log.level: expected one of debug, info, warn, error',
    ]);
  });

  it.each<[string, string, string[]]>([
    [
      'an empty file',
      '',
      ['c:1:1 site.code: this key is needed', 'c:1:1 gateway.id: this key is needed', 'c:1:1 uplink.url: this key is needed'],
    ],
    ['a list', '- a\n- b\n', ['c:1:1 expected sections: site, gateway, uplink …']],
    ['an unknown section', `${minimal}camera:\n  x: 1\n`, ['c:7:1 camera: unknown section; did you mean "cameras"?']],
    ['a section that is a text', `${minimal}cameras: yes\n`, ['c:7:1 cameras: expected keys with values, found text']],
    ['an unknown key without a value', `${minimal}log:\n  colour:\n`, ['c:8:3 log.colour: unknown key; known here: level']],
    ['a key that is there twice', `${minimal}log:\n  level: info\n  level: warn\n`, ['c:9:3 log.level: this key is there twice']],
    ['an alias', `${minimal}log: &a\n  level: info\ncameras: *a\n`, ['c:9:1 cameras: aliases (*name) are not taken; write the value out']],
    [
      'an unquoted code',
      minimal.replace(`'52710'`, '52710'),
      ['c:2:3 site.code: expected text, found a number; times and sizes need a unit (30s, 2GiB), codes need quotes'],
    ],
    ['a number out of its range', `${minimal}streams:\n  rtsp: { port: 70000 }\n`, ['c:8:11 streams.rtsp.port: expected at most 65535']],
    [
      'a port used twice',
      `${minimal}streams:\n  http:\n    port: 8554\n`,
      ['c:9:5 streams.http.port: port 8554 is already taken by streams.rtsp.port'],
    ],
    [
      'a port taken by another section',
      `${minimal}control:\n  metrics:\n    port: 8555\n`,
      ['c:9:5 control.metrics.port: port 8555 is already taken by streams.http.port'],
    ],
    [
      'ports of more processes than there are ports',
      `${minimal}streams:\n  rtsp: { port: 65530 }\n  processes: 2\n`,
      ['c:9:3 streams.processes: with 2 processes rtsp.port goes up to 65540, beyond 65535'],
    ],
    [
      'a port of the second process that the first one has',
      `${minimal}streams:\n  http: { port: 8564 }\n  processes: 2\n`,
      ['c:8:11 streams.http.port: port 8564 is already taken by streams.rtsp.port (streams.processes: 2)'],
    ],
    [
      'a port of the third process that another section has',
      `${minimal}streams: { processes: 3 }\ncontrol:\n  metrics:\n    port: 8575\n`,
      ['c:10:5 control.metrics.port: port 8575 is already taken by streams.http.port (streams.processes: 3)'],
    ],
    [
      'an unknown service',
      `${minimal}access:\n  hubServices: [disaster, press]\n`,
      ['c:8:27 access.hubServices[1]: expected one of 119-dispatch, 112-dispatch, disaster, welfare'],
    ],
    ['a tabulator', 'site:\n\tcode: 1\n', ['c:2:1 this is not YAML: Tabs are not allowed as indentation']],
    [
      'two documents',
      `${minimal}---\n${minimal}`,
      ['c:7:1 this is not YAML: Source contains multiple documents; please use YAML.parseAllDocuments()'],
    ],
    ['a deep nest', `log: ${'['.repeat(30)}${']'.repeat(30)}`, [expect.stringContaining('nested deeper than 20')]],
  ])('names %s', async (_, text, expected) => {
    const found = await problems(text);
    for (const line of expected) expect(found).toContainEqual(line);
    if (!text.startsWith('log')) expect(found).toHaveLength(expected.length);
  });

  const sensors = (more: string): string => `${minimal}sensors:
  buses:
    - id: hall
      driver: modbus-rtu
      port: /dev/ttyUSB0
      units:
        - { device: smoke-1, unit: 1, template: smoke-contact }
${more}`;
  it.each<[string, string, string]>([
    [
      'a unit twice on a bus',
      '        - { device: smoke-2, unit: 1, template: smoke-contact }\n',
      'c:14:30 sensors.buses[0].units[1].unit: unit 1 is there twice',
    ],
    [
      'a device twice',
      '        - { device: smoke-1, unit: 2, template: smoke-contact }\n',
      'c:14:13 sensors.buses[0].units[1].device: device smoke-1 is there twice',
    ],
    [
      'an unknown template',
      '        - { device: smoke-2, unit: 2, template: smoke }\n',
      'c:14:39 sensors.buses[0].units[1].template: unknown name; did you mean "smoke-analog", "smoke-contact", ',
    ],
    [
      'a reserved device',
      '        - { device: gateway, unit: 2, template: smoke-contact }\n',
      'c:14:13 sensors.buses[0].units[1].device: this name is kept for the gateway itself',
    ],
    [
      'a reserved device behind MQTT',
      '  mqtt: { connections: [{ id: two, url: mqtt://h, clientId: c, sources: [{ id: s, device: gateway, template: door, topics: [a] }] }] }\n',
      'sensors.mqtt.connections[0].sources[0].device: this name is kept for the gateway itself',
    ],
    [
      'a connection named like a bus',
      '  mqtt: { connections: [{ id: hall, url: mqtt://h, clientId: c, sources: [{ id: s, device: d, template: door, topics: [a] }] }] }\n',
      'sensors.mqtt.connections[0].id: bus hall is there twice',
    ],
    [
      'an unknown driver',
      '    - { id: two, driver: modbus-ascii }\n',
      'c:14:18 sensors.buses[1].driver: expected one of modbus-rtu, modbus-tcp',
    ],
    [
      'a misspelt key of one kind of bus',
      '    - { id: two, driver: modbus-rtu, port: /dev/x, bauds: 9600, units: [] }\n',
      'c:14:52 sensors.buses[1].bauds: unknown key; did you mean "baud"?',
    ],
  ])('names %s', async (_, more, expected) => {
    expect(await problems(sensors(more))).toContainEqual(expect.stringContaining(expected));
    expect(await problems(sensors(''))).toEqual([]);
  });

  it('finds the sections that disagree even when a third is wrong', async () => {
    const found = await problems(`${minimal}log: { level: x }\nstreams: { http: { port: 8554 } }\n`);
    expect(found).toHaveLength(2);
  });

  it('tells them in Korean too', async () => {
    const loaded = await load(minimal.replace('url', 'ur1'));
    const lines = 'problems' in loaded ? loaded.problems.map((problem) => told(problem, 'ko')) : [];
    expect(lines).toEqual([
      'c:5:1 uplink.url: 반드시 있어야 하는 항목입니다',
      'c:6:3 uplink.ur1: 알 수 없는 항목입니다. "url" 항목입니까?',
    ]);
  });

  it('says in CP949 and above 1 MiB that it cannot', async () => {
    expect(await problems(Buffer.from('site: { name: \xbf\xcf\xc1\xd6 }', 'latin1'))).toEqual([
      'c the file is not UTF-8: save it as UTF-8',
    ]);
    expect(await problems(`# ${'x'.repeat(2 ** 20)}`)).toEqual(['c the file is larger than 1 MiB']);
  });

  it('tells where a rule for events of cameras is wrong', async () => {
    const rules = `cameras:
  events:
    rules:
      - topic: Vendor/App
        kind: falling
    handling:
      - kinds: [motion]
        times:
          - { from: '25:00', days: [mon, noday] }
        as: alarm
`;
    expect(await problems(minimal + rules)).toEqual([
      expect.stringMatching(/^c:11:9 cameras\.events\.rules\[0\]\.kind: .*fall/),
      expect.stringMatching(/^c:15:15 cameras\.events\.handling\[0\]\.times\[0\]\.from: /),
      expect.stringMatching(/^c:15:42 cameras\.events\.handling\[0\]\.times\[0\]\.days\[1\]: /),
    ]);
  });

  it('takes a byte order mark and Windows line ends', async () => {
    expect((await config(`\ufeff${minimal.replaceAll('\n', '\r\n')}`)).site.code).toBe('52710');
  });

  it.each([
    ['that is not there', 'nowhere.yaml', 'there is no such file'],
    ['that is a folder', '.', 'this is a folder, not a file'],
  ])('says of a file %s only that', async (_, name, words) => {
    const loaded = await loadConfig(join(folder, name), { environment: environment({}) });
    expect(loaded).toEqual({ problems: [{ key: '', text: { en: words, ko: expect.stringMatching(/파일/) } }] });
  });

  it('keeps 100,000 keys within its time and its list of problems within 100', async () => {
    const started = performance.now();
    const found = await problems(Array.from({ length: 100_000 }, (_, index) => `k${index}:`).join('\n'));
    expect(found).toHaveLength(100);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('never throws, whatever the text', async () => {
    const words = fc.constantFrom(
      ...'site gateway code: id: url: sensors: buses: uplink - [ ] { } : & * ! | > \n \n\n \t # \' " null 1 ~ << --- ... ?'.split(' '),
      '\n  ',
      ' ',
    );
    const wild = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 60 }).map((list) => list.join('')),
      fc.array(words).map((list) => minimal + list.join('')),
    );
    await fc.assert(
      fc.asyncProperty(wild, async (text) => {
        const loaded = await load(text);
        if (!('problems' in loaded)) return;
        expect(loaded.problems.length).toBeGreaterThan(0);
        for (const { line = 1, column = 1, text: words } of loaded.problems)
          expect(line >= 1 && column >= 1 && words.en !== '' && words.ko !== '').toBe(true);
      }),
      { numRuns: 400 },
    );
    await expect(load('['.repeat(2 ** 20))).resolves.toHaveProperty('problems');
  });
});

describe('secrets', () => {
  const withPassword = (value: string): string => `${minimal}  password: ${value}\n`;

  it('reads a file beside the configuration, without its last line break', async () => {
    expect((await config(withPassword('{ file: hub-password }'))).uplink.password).toBe('Lantern-Hill-42');
  });

  it('reads a credential of systemd', async () => {
    const loaded = await config(withPassword('{ credential: hub-password }'), { CREDENTIALS_DIRECTORY: folder });
    expect(loaded.uplink.password).toBe('Lantern-Hill-42');
  });

  it('reads secrets inside lists', async () => {
    const source = '{ id: care, device: care-1, map: fall-webhook, token: { file: token } }';
    const loaded = await config(`${minimal}sensors:\n  webhook:\n    sources:\n      - ${source}\n`);
    expect(loaded.sensors.webhook?.sources[0]?.token).toBe('a-token-of-some-length');
  });

  it.each<[string, string]>([
    ['hunter2', 'a secret is not written here: put it into a file of mode 0600'],
    ['', ''],
    ['{ file: nowhere }', 'cannot be read (ENOENT)'],
    ['{ file: open }', 'can be read by others: chmod 0600 it'],
    ['{ file: empty }', 'is empty'],
    ['{ file: . }', 'is no file'],
    ['{ credential: hub }', 'add LoadCredential=hub:PATH to the systemd unit'],
    ['{ credential: ../../etc/shadow }', 'a secret is not written here'],
    ['{ file: hub-password, credential: x }', 'a secret is not written here'],
    ['[1, 2]', 'a secret is not written here'],
  ])('a password written as %s: %s', async (value, expected) => {
    const found = await problems(withPassword(value));
    if (expected === '') expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringMatching(/^c:7:3 uplink\.password: /)]);
    expect(found.join('\n')).toContain(expected);
    expect(found.join('\n')).not.toContain('hunter2');
  });

  it('still tells what else is wrong when a secret cannot be read', async () => {
    const found = await problems(`${withPassword('{ file: nowhere }')}  keepalive: 1h\n`);
    expect(found).toHaveLength(2);
  });

  it('names a needed secret that is missing', async () => {
    const user = '{ name: bell, sources: [{ id: bell, device: bell-1, topics: [bell], template: emergency-button }] }';
    const found = await problems(`${minimal}sensors:\n  mqtt:\n    broker:\n      users:\n        - ${user}\n`);
    expect(found).toEqual([
      'c:11:11 sensors.mqtt.broker.users[0].password: this key is needed: one of { file: PATH }, { credential: NAME }',
    ]);
  });
});
