// Holds README and docs to the product: kinds in the tables, verbs and options that exist, links that lead somewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { alarmKinds, conditionKinds } from '#model';
import pkg from '../../package.json' with { type: 'json' };
import { buildProgram } from '../../src/control/cli/program.ts';
import { catalogue, speaker } from '../../src/control/messages/catalogue.ts';
import { alarmWords, conditionWords } from '../../src/control/messages/words.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Labels of the screen, from above. */
const statusLabels = [
  'status.gateway',
  'status.running',
  'status.hub',
  'status.confirmation',
  'status.route',
  'status.commands',
  'status.cameras',
  'status.sensors',
  'status.alarms',
  'status.store',
  'status.outbox',
  'status.grants',
  'status.streams',
  'status.conditions',
] as const;

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** Whether a text hands the kind on as a value: beside `kind` or `condition`, among the arguments of a call, or in a table of kinds by cause. A mere mention does not raise. */
function raises(text: string, kind: string): boolean {
  const named = `(?:(?:kind|condition): |\\((?:[\\w.']+, )?)'${kind}'(?! \\||\\))`;
  return new RegExp(`${named}|^ +[\\w'-]+: '${kind}',$|^ +as: ${kind}$`, 'm').test(text);
}

describe('the tables of docs/operations.md', () => {
  const operations = read('docs/operations.md');
  const rows = (heading: string): ReadonlyMap<string, readonly string[]> => {
    const section = operations.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
    const cells = [...section.matchAll(/^\| `([a-z-]+)`[^|]*\|(.*)\|$/gm)];
    return new Map(cells.map(([, kind = '', rest = '']) => [kind, rest.split('|').map((cell) => cell.trim())]));
  };

  it('name every condition with its severity, its word and its cure, and no other', () => {
    const table = rows('Conditions');
    expect([...table.keys()].toSorted()).toEqual(Object.keys(conditionKinds).toSorted());
    for (const [kind, words] of Object.entries(conditionWords)) {
      const [severity, meaning = '', cure] = table.get(kind) ?? [];
      expect(severity, kind).toBe(conditionKinds[kind as keyof typeof conditionKinds]);
      expect(meaning.startsWith(`${words.ko}.`), `${kind}: ${meaning}`).toBe(true);
      expect(meaning, kind).toContain(' · ');
      if (!operations.includes(`\`${kind}\` †`)) expect(cure, kind).toMatch(/.+ · .+/);
    }
  });

  it('name every line of `bongsu status` as the screen does', () => {
    const [, section = ''] = operations.split(/^## How to read `bongsu status`$/m);
    const rows = [...(section.split(/^## /m)[0] ?? '').matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm)].slice(2);
    const labels = rows.flatMap(([, en = '', ko = '']) => en.split(', ').map((label, at) => `${label} ${ko.split(', ')[at]}`));
    expect(labels).toEqual(statusLabels.map((key) => `${catalogue[key].en} ${catalogue[key].ko}`.replaceAll(/ \(\{n\}[^)]*\)/g, '')));
  });

  it('name every kind of alarm with its severity and its words, and no other', () => {
    const table = rows('Kinds of alarms');
    expect([...table.keys()].toSorted()).toEqual(Object.keys(alarmKinds).toSorted());
    for (const [kind, { ko, en }] of Object.entries(alarmWords)) {
      expect(table.get(kind)?.slice(0, 3), kind).toEqual([alarmKinds[kind as keyof typeof alarmKinds], ko, en]);
    }
  });

  it('mark as never raised only what no room raises', () => {
    const rooms = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /^(access|alarms|cameras|gateway|outbox|sensors|store|streams|uplink)\/.*\.(ts|yaml)$/.test(name))
      .map((name) => read(join('src', name)));
    for (const kind of Object.keys(conditionKinds)) {
      const raised = rooms.some((text) => raises(text, kind));
      expect(operations.includes(`\`${kind}\` †`), kind).toBe(!raised);
    }
  });

  it.each([
    ["intake.condition({ device: 'gateway', kind: 'disk-low', state })", true],
    ["say('disk-low', 'store', words)", true],
    ["conditionOf('gateway', 'disk-low', { state })", true],
    ["  full: 'disk-low',", true],
    ['    as: disk-low', true],
    ["const kinds: readonly ConditionKind[] = ['store-failing', 'disk-low', 'route-down'];", false],
    ["if (kind === 'disk-low') return;", false],
    ["type Mine = Extract<ConditionKind, 'disk-low' | 'store-failing'>;", false],
    ["  readonly kind: 'disk-low' | 'store-failing';", false],
    ["  'disk-low': { en: 'disk low', ko: '디스크 부족' },", false],
    ["throw faults.fault('disk-low');", false],
  ])('take %s for a raise: %s', (line, expected) => expect(raises(line, 'disk-low')).toBe(expected));
});

describe('the command lines in README and docs', () => {
  const program = buildProgram(
    speaker('en'),
    { version: '0', configPath: undefined },
    () => {},
    () => Promise.resolve(),
  );
  const texts = pages.map((page) => ({ page, text: read(page).replaceAll(/\\\n\s*/g, ' ') }));
  const called = texts.flatMap(({ page, text }) =>
    [...text.matchAll(/(?:^ *(?:\$ )?(?:sudo (?:\S+=\S+ )?)?|`|\| )(?:bin\/)?(?:bongsu|b) ([^`\n|│]+)/gm)].map(([, line = '']) => ({
      page,
      line: line.trim(),
    })),
  );

  it('are found at all', () => {
    expect(called.length).toBeGreaterThan(30);
  });

  it.each(called)('$page: bongsu $line', ({ line }) => {
    const words = line.replaceAll(/'[^']*'/g, 'TEXT').split(/\s+/);
    const options = words.filter((word) => /^--[a-z]/.test(word));
    const names = words.filter((word, index) => /^[a-z]+$/.test(word) && !/^--(lang|socket|config)$/.test(words[index - 1] ?? ''));
    const verb = names.length === 0 && options.length > 0 ? program : findVerb(program, names);
    expect(verb, line).toBeDefined();
    const known = new Set([...(verb?.options ?? []), ...program.options].map((option) => option.long));
    known.add('--help');
    expect(options.filter((option) => !known.has(option))).toEqual([]);
  });

  it('name every verb of the program in README', () => {
    const readme = called.filter(({ page }) => page === 'README.md' || page === 'docs/operations.md').map(({ line }) => line);
    for (const verb of verbsOf(program))
      expect(
        readme.some((line) => line.includes(verb)),
        verb,
      ).toBe(true);
  });

  it('name only scripts of package.json', () => {
    const scripts = texts.flatMap(({ text }) => [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name));
    expect(scripts).toContain('demo');
    expect(scripts.filter((name) => !Object.hasOwn(pkg.scripts, name ?? ''))).toEqual([]);
    expect(read('README.md')).toContain('npm test');
  });
});

describe('links', () => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => ({ page, target }))
      .filter(({ target }) => !/^[a-z]+:/.test(target)),
  );

  it.each(links)('$page leads to $target', ({ page, target }) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    expect(existsSync(join(root, file))).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(read(file))).toContain(decodeURIComponent(anchor));
  });

  it('reach every page from README or architecture.md', () => {
    const reached = new Set(links.map(({ page, target }) => join(dirname(page), target.replace(/#.*/, ''))));
    expect(pages.filter((page) => page !== 'README.md' && !reached.has(page))).toEqual([]);
  });
});

describe('docs/decisions/dependencies.md', () => {
  it('names every package', () => {
    const page = read('docs/decisions/dependencies.md');
    const packages = Object.keys({ ...pkg.dependencies, ...pkg.devDependencies }).filter((name) => !name.startsWith('@types/'));
    expect(packages.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

/** The command that the first words name; undefined when there is none. */
function findVerb(program: Command, [first, ...rest]: readonly string[]): Command | undefined {
  const verb = program.commands.find((command) => command.name() === first);
  return verb === undefined || verb.commands.length === 0 || rest.length === 0 ? verb : findVerb(verb, rest);
}

/** `status`, `camera add`, `outbox dead list` and so on. */
function verbsOf(program: Command): readonly string[] {
  return program.commands.flatMap((command) =>
    command.commands.length === 0 ? [command.name()] : verbsOf(command).map((verb) => `${command.name()} ${verb}`),
  );
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
