// Templates of a site as files of a folder: part of the configuration, and each mistake with its file and line, in both languages.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environment, loadConfig } from '#config';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-templates-'));
  await mkdir(join(folder, 'templates'));
});
afterEach(() => rm(folder, { recursive: true }));

const head = "site: { code: '52710' }\ngateway: { id: gw-1 }\nuplink: { url: 'mqtts://hub.example:8883' }\n";
const sensors = (more: string): string => `${head}sensors:\n  templateFolder: templates\n${more}`;
const good = `title: { ko: 소화전, en: hydrant }
points:
  - { name: parking, path: parking }
rules:
  - { point: parking, alarm: hydrant-parking, when: { equals: 1 }, raiseAfter: { time: 5m } }
`;
const write = (name: string, text: string): Promise<void> => writeFile(join(folder, 'templates', name), text);

async function load(text = sensors('')) {
  await writeFile(join(folder, 'config.yaml'), text);
  return loadConfig(join(folder, 'config.yaml'), { environment: environment({}) });
}
async function problems(text?: string): Promise<string[]> {
  const loaded = await load(text);
  if ('config' in loaded) return [];
  return loaded.problems.map(
    ({ file, line, key, text: { ko, en } }) => `${file?.slice(folder.length + 1) ?? 'c'}:${line} ${key}: ${en} | ${ko}`,
  );
}

describe('the folder of templates', () => {
  it('is part of sensors.templates, beside those of the configuration itself', async () => {
    await write('jeonju-hydrant.yaml', good);
    await write('notes.txt', 'no template');
    const source = 'webhook: { sources: [{ id: s, device: h1, template: jeonju-hydrant, token: { file: token } }] }';
    await writeFile(join(folder, 'token'), '0123456789abcdef', { mode: 0o600 });
    const loaded = await load(sensors(`  ${source}\n  templates: { other: { points: [{ name: a, path: a }] } }\n`));
    expect('config' in loaded ? Object.keys(loaded.config.sensors.templates) : loaded.problems).toEqual(['other', 'jeonju-hydrant']);
    if ('config' in loaded) expect(loaded.config.sensors.templates['jeonju-hydrant']?.rules[0]?.raiseAfter.time).toBe(300_000);
  });

  it.each<[string, string, string, RegExp]>([
    [
      'a wrong kind',
      'a.yaml',
      good.replace('hydrant-parking', 'hydrant-parkin'),
      /^templates\/a\.yaml:5 rules\[0\]\.alarm: expected one of .* \| .* 중 하나/,
    ],
    ['an unknown key', 'a.yaml', `${good}colour: red\n`, /^templates\/a\.yaml:6 colour: unknown key.* \| 알 수 없는 항목/],
    ['a rule without its point', 'a.yaml', good.replace('point: parking', 'point: spot'), /^templates\/a\.yaml:1 : a rule names no point/],
    ['what is no YAML', 'a.yaml', 'points: [', /^templates\/a\.yaml:\d+ : this is not YAML.* \| YAML 문법 오류/],
    ['a key that is there twice', 'a.yaml', `${good}title: { ko: a, en: b }\n`, /^templates\/a\.yaml:\d+ title: this key is there twice/],
    ['a name that shadows a shipped one', 'hydrant.yaml', good, /^templates\/hydrant\.yaml:1 : a shipped template has this name \| /],
    ['a name that shadows one of the configuration', 'mine.yaml', good, /^templates\/mine\.yaml:1 : the template mine is there twice \| /],
    ['a name that is none', 'My Hydrant.yaml', good, /^templates\/My Hydrant\.yaml:1 : the name of the file/],
    ['an empty file', 'a.yaml', '', /^templates\/a\.yaml:1 points: this key is needed/],
    ['a file too large', 'a.yaml', '#'.repeat(65_537), /^templates\/a\.yaml:1 : the file is larger than 64 KiB/],
    ['an alias', 'a.yaml', 'title: &a { ko: x, en: y }\npoints: *a\n', /^templates\/a\.yaml:2 points: /],
  ])('says where %s is', async (_, name, text, expected) => {
    await write(name, text);
    const [first, ...more] = await problems(sensors('  templates: { mine: { points: [{ name: a, path: a }] } }\n'));
    expect(first).toMatch(expected);
    expect(
      more.filter((each) => !each.startsWith('templates/')),
      'nothing else is blamed',
    ).toEqual([]);
  });

  it('goes on after a mistake: that of the configuration comes first, then those of each file', async () => {
    await write('b.yaml', good.replace('equals: 1', 'equals: x'));
    await write('a.yaml', good.replace('path: parking', 'path: ""'));
    const all = await problems(sensors('  buses: 5\n'));
    expect(all.map((each) => each.split(' ')[0])).toEqual(['c:6', 'templates/a.yaml:3', 'templates/b.yaml:5']);
  });

  it('that is not there is said of the key', async () => {
    const text = sensors('').replace('templateFolder: templates', 'templateFolder: elsewhere');
    expect(await problems(text)).toEqual([
      expect.stringMatching(/^c:5 sensors\.templateFolder: the folder cannot be read: .* \| 폴더를 읽을 수 없습니다/),
    ]);
  });
});
