// The house holds: floors, doors, cycles, sizes and words of everything under src, and the proof that these checks can fail.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Breach, checkImports } from './house/imports.ts';
import { type FloorPlan, readFloorPlan } from './house/plan.ts';
import { blank, mentionsOf, type SourceFile } from './house/source.ts';
import { checkStyle } from './house/style.ts';
import { readSources } from './house/tree.ts';

const root = join(import.meta.dirname, '..');

function check(files: readonly SourceFile[], plan: FloorPlan): Breach[] {
  const read = readSources(files);
  return [...checkImports(read, plan), ...checkStyle(read, plan)];
}

const tell = ({ rule, path, line, what }: Breach): string => `${path}:${line}: ${rule}: ${what}`;

describe('the house', () => {
  const files = globSync('src/**/*.ts', { cwd: root }).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  const plan = existsSync(join(root, 'docs/architecture.md'))
    ? readFloorPlan(readFileSync(join(root, 'docs/architecture.md'), 'utf8'))
    : new Map<string, number>();

  it('is the one of the floor plan in docs/architecture.md', () => {
    const rooms = new Set(files.map(({ path }) => path.split('/')[1] ?? '').filter((name) => !name.endsWith('.ts')));
    expect([...plan.keys()].toSorted()).toEqual([...rooms].toSorted());
  });

  it('keeps its rules', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(check(files, plan).map(tell)).toEqual([]);
  });

  it('has a door for each room in package.json, and no door that leads nowhere', () => {
    const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string> };
    const expected = (name: string): string => {
      const [room, way = 'index'] = name.slice(1).split('/');
      return `./src/${room}/${way}.ts`;
    };
    expect(imports).toEqual(Object.fromEntries(Object.keys(imports).map((name) => [name, expected(name)])));
    expect(Object.values(imports).filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(Object.keys(imports)).toEqual(expect.arrayContaining([...plan.keys()].map((room) => `#${room}`)));
  });
});

const plan: FloorPlan = new Map([
  ['base', 0],
  ['model', 1],
  ['store', 1],
  ['alarms', 2],
  ['outbox', 2],
  ['config', 3],
  ['control', 4],
  ['gateway', 5],
]);

const good: readonly SourceFile[] = [
  { path: 'src/main.ts', text: "const { runGateway } = await import('#gateway');\nawait runGateway();\n" },
  { path: 'src/base/index.ts', text: "// The door.\nexport { type Clock, systemClock } from './clock.ts';\n" },
  {
    path: 'src/base/clock.ts',
    text: "import { setTimeout } from 'node:timers/promises';\nexport const systemClock = { now: () => Date.now(), sleep: setTimeout };\n",
  },
  { path: 'src/model/index.ts', text: "export type { Alarm } from './alarm.ts';\n" },
  { path: 'src/model/alarm.ts', text: 'export interface Alarm { readonly id: string }\n' },
  { path: 'src/store/index.ts', text: "export { openStore } from './client.ts';\n" },
  { path: 'src/store/client.ts', text: "import type { Clock } from '#base';\nexport const openStore = (clock: Clock) => clock;\n" },
  { path: 'src/alarms/index.ts', text: "export {\n  openAlarms,\n} from './alarms.ts';\n" },
  {
    path: 'src/alarms/alarms.ts',
    text: "import type { Alarm } from '#model';\nimport { openStore } from '#store';\nexport const openAlarms = (at: number): Alarm => ({ id: String(new Date(at)) + openStore });\n",
  },
  {
    path: 'src/alarms/options.ts',
    text: "import { z } from 'zod';\nimport { part } from './part.ts';\nexport const alarmsOptions = z.strictObject({ part });\n",
  },
  { path: 'src/alarms/part.ts', text: "import { durationOption } from '#base';\nexport const part = durationOption;\n" },
  { path: 'src/outbox/index.ts', text: "export { openOutbox } from './outbox.ts';\n" },
  {
    path: 'src/outbox/outbox.ts',
    text: "import type { Socket } from 'node:net';\nimport { encode } from './wire/index.ts';\nexport const openOutbox = (socket: Socket) => socket.setTimeout(encode());\n",
  },
  { path: 'src/outbox/wire/index.ts', text: "export { encode } from './codec.ts';\n" },
  {
    path: 'src/outbox/wire/codec.ts',
    text: '// console.log, Date.now and process.env are only spoken of here\nexport const encode = () => "setTimeout(".length + /console\\.log/.source.length;\n',
  },
  { path: 'src/config/index.ts', text: "export { readConfig } from './config.ts';\n" },
  {
    path: 'src/config/config.ts',
    text: "import { alarmsOptions } from '#alarms/options';\nimport { controlOptions } from '#control/options';\nexport const readConfig = () => [alarmsOptions, controlOptions, process.env['LANG']];\n",
  },
  { path: 'src/control/options.ts', text: 'export const controlOptions = {};\n' },
  { path: 'src/gateway/index.ts', text: "export { runGateway } from './run.ts';\n" },
  {
    path: 'src/gateway/run.ts',
    text: "import { openAlarms } from '#alarms';\nimport { openOutbox } from '#outbox';\nconst entry = new URL('./thread.ts', import.meta.url);\nexport const runGateway = () => [openAlarms, openOutbox, entry];\n",
  },
  { path: 'src/gateway/thread.ts', text: `export const clip = (name: string) => new URL(\`./clips/\${name}\`, import.meta.url);\n` },
];

/** The good house with one file put in or exchanged. */
function withFile(path: string, text: string): SourceFile[] {
  return [...good.filter((file) => file.path !== path), { path, text }];
}

describe('the checks', () => {
  it('find nothing in a good house', () => {
    expect(check(good, plan).map(tell)).toEqual([]);
  });

  const door = (count: number): string =>
    `export { ${Array.from({ length: count }, (_, at) => `name${at}`).join(', ')} } from './outbox.ts';\n`;
  const bad: readonly (readonly [string, string, string, string])[] = [
    ['a sibling import', 'src/alarms/alarms.ts', "import { openOutbox } from '#outbox';\n", 'sibling'],
    ['a sibling import of types only', 'src/alarms/alarms.ts', "import type { Outbox } from '#outbox';\n", 'sibling'],
    [
      'a sibling import over several lines',
      'src/alarms/alarms.ts',
      "import {\n  type Outbox, // the queue\n  openOutbox,\n} from\n  '#outbox';\n",
      'sibling',
    ],
    ['a sibling by dynamic import', 'src/alarms/alarms.ts', "export const load = () => import('#outbox');\n", 'sibling'],
    ['a sibling by an inline type', 'src/alarms/alarms.ts', "export type Queue = import('#outbox').Queue;\n", 'sibling'],
    ['a sibling by re-export', 'src/alarms/alarms.ts', "export * from '#outbox';\n", 'sibling'],
    ['a sibling by a bare import', 'src/alarms/alarms.ts', "import '#outbox';\n", 'sibling'],
    ['an import inside a template', 'src/alarms/alarms.ts', `export const text = \`\${await import('#outbox')}\`;\n`, 'sibling'],
    ["a sibling's options", 'src/alarms/alarms.ts', "import { outboxOptions } from '#control/options';\n", 'floor'],
    ['a higher floor', 'src/base/clock.ts', "import type { Alarm } from '#model';\n", 'floor'],
    ['a window by path', 'src/alarms/alarms.ts', "import { systemClock } from '../base/clock.ts';\n", 'window'],
    ['a window by door', 'src/alarms/alarms.ts', "import { systemClock } from '#base/clock';\n", 'window'],
    [
      'a window by a worker entry',
      'src/alarms/alarms.ts',
      "export const entry = new URL('../gateway/thread.ts', import.meta.url);\n",
      'window',
    ],
    ['a window by import.meta.resolve', 'src/alarms/alarms.ts', "export const at = import.meta.resolve('../base/clock.ts');\n", 'window'],
    ["a window from main into a room's inside", 'src/main.ts', "import { runGateway } from './gateway/run.ts';\n", 'window'],
    ['a window into a closed folder', 'src/outbox/outbox.ts', "import { encode } from './wire/codec.ts';\n", 'window'],
    ['a room that imports its own door', 'src/alarms/alarms.ts', "import { openAlarms } from '#alarms';\n", 'own-door'],
    ['a room that imports its own door by path', 'src/alarms/alarms.ts', "import { openAlarms } from './index.ts';\n", 'own-door'],
    [
      'a window by an asset',
      'src/alarms/alarms.ts',
      `export const at = (name: string) => new URL(\`../base/\${name}\`, import.meta.url);\n`,
      'window',
    ],
    ['a file that does not exist', 'src/alarms/alarms.ts', "import { gone } from './gone.ts';\n", 'unknown'],
    ['a computed import', 'src/alarms/alarms.ts', 'export const load = (name: string) => import(name);\n', 'computed'],
    ['a type of a file that does not exist', 'src/model/alarm.ts', "import type { A } from './loop.ts';\nexport type B = A;\n", 'unknown'],
    ['options that load a driver', 'src/alarms/options.ts', "import { SerialPort } from 'serialport';\n", 'letterbox'],
    ['options that reach a driver through a file', 'src/alarms/part.ts', "import mqtt from 'mqtt';\n", 'letterbox'],
    ['options that import the store', 'src/alarms/options.ts', "import { openStore } from '#store';\n", 'letterbox'],
    ['tables that import a codec', 'src/alarms/tables.ts', "import { XMLParser } from 'saxes';\n", 'letterbox'],
    ['401 lines', 'src/alarms/alarms.ts', 'export {};\n'.repeat(401), 'size'],
    ['301 lines in gateway', 'src/gateway/thread.ts', 'export {};\n'.repeat(301), 'size'],
    ['a file called utils', 'src/alarms/utils.ts', 'export const a = 1;\n', 'name'],
    ['a folder called helpers', 'src/alarms/helpers/a.ts', 'export const a = 1;\n', 'name'],
    ['a file with types in its name', 'src/alarms/wire-types.ts', 'export const a = 1;\n', 'name'],
    ['a file in camel case', 'src/alarms/alarmRow.ts', 'export const a = 1;\n', 'name'],
    ['a default export', 'src/alarms/alarms.ts', 'export default function open() {}\n', 'default-export'],
    ['a default export by name', 'src/alarms/alarms.ts', 'const a = 1;\nexport { a as default };\n', 'default-export'],
    ['an enum', 'src/alarms/alarms.ts', 'export const enum Step { raised }\n', 'enum'],
    ['Date.now', 'src/alarms/alarms.ts', 'export const now = () => Date.now();\n', 'world'],
    ['new Date()', 'src/alarms/alarms.ts', 'export const now = () => new Date( );\n', 'world'],
    ['new Date without brackets', 'src/alarms/alarms.ts', 'export const now = () => new Date;\n', 'world'],
    ['Math.random', 'src/alarms/alarms.ts', 'export const dice = Math.random;\n', 'world'],
    ['setTimeout', 'src/alarms/alarms.ts', 'setTimeout(() => {}, 1);\n', 'world'],
    ['setTimeout of globalThis', 'src/alarms/alarms.ts', 'globalThis.setTimeout(() => {}, 1);\n', 'world'],
    [
      'setInterval after a regular expression with a quote',
      'src/alarms/alarms.ts',
      'const quote = /[\'"`]/g;\nsetInterval(() => quote, 1);\n',
      'world',
    ],
    ['timers as a module', 'src/alarms/alarms.ts', "import { setTimeout as sleep } from 'node:timers/promises';\n", 'world'],
    ['console', 'src/alarms/alarms.ts', 'console.error("x");\n', 'world'],
    ['console inside a template', 'src/alarms/alarms.ts', `export const a = \`a \${ { b: console.log } } c\`;\n`, 'world'],
    ['process.env', 'src/alarms/alarms.ts', 'export const path = process.env.PATH;\n', 'environment'],
    ['process.env in main', 'src/main.ts', "export const path = process['env'];\n", 'environment'],
    ['process.env in base', 'src/base/clock.ts', 'export const path = process\n  .env;\n', 'environment'],
    ['a door with code', 'src/outbox/index.ts', "import { openOutbox } from './outbox.ts';\nexport const outbox = openOutbox;\n", 'door'],
    ['a door with a star', 'src/outbox/index.ts', "export * from './outbox.ts';\n", 'door'],
    ['a door with 17 names', 'src/outbox/index.ts', door(17), 'door'],
    ['a room that is not in the plan', 'src/extra/thing.ts', 'export const a = 1;\n', 'room'],
    ['a file beside main', 'src/extra.ts', 'export const a = 1;\n', 'room'],
  ];
  it.each(bad)('find %s', (_, path, text, rule) => {
    expect(check(withFile(path, text), plan).map((breach) => breach.rule)).toContain(rule);
  });

  it('find a cycle inside a room, named once with its way', () => {
    const loop = [
      ...withFile('src/alarms/a.ts', "import { b } from './b.ts';\nexport const a = () => b;\n"),
      { path: 'src/alarms/b.ts', text: "import type { A } from './c.ts';\nexport const b: A = 1;\n" },
      { path: 'src/alarms/c.ts', text: "export type A = typeof import('./a.ts');\n" },
    ];
    expect(check(loop, plan)).toEqual([
      { rule: 'cycle', path: 'src/alarms/a.ts', line: 1, what: 'src/alarms/a.ts → src/alarms/b.ts → src/alarms/c.ts → src/alarms/a.ts' },
    ]);
  });

  it('say where: the line of the import', () => {
    expect(check(withFile('src/alarms/alarms.ts', "// one\n\nimport { openOutbox } from '#outbox';\n"), plan)).toMatchObject([
      { rule: 'sibling', path: 'src/alarms/alarms.ts', line: 3 },
    ]);
  });
});

describe('the reader of sources', () => {
  it.each([
    ["a // 'b'\nc", 'a       \nc'],
    ['a /* ` */ b', 'a         b'],
    ["x = 'it\\'s'; y", "x = '     '; y"],
    [`\`a \${b + \`c \${d}\`} e\``, `\`  \${b + \`  \${d}\`}  \``],
    [`\`a \${ {b: "}"} } e\` f`, `\`  \${ {b: " "} }  \` f`],
    ['a / b / c; /[\'"]/.test(d)', 'a / b / c;       .test(d)'],
    ['return /[/`]/g.test(x)', 'return        .test(x)'],
    ['x = "가👍"; y', 'x = "   "; y'],
  ])('blanks %j', (text, blanked) => {
    expect(blank(text)).toBe(blanked);
    expect(blank(text)).toHaveLength(text.length);
  });

  it('reads no import out of a comment or a string', () => {
    const text = "// import 'a'\nconst sql = \"import x from 'b'\";\nconst t = `import('c')`;\nimport 'd';\n";
    expect(mentionsOf({ path: 'x.ts', text })).toEqual([{ specifier: 'd', typeOnly: false, line: 4 }]);
  });
});

describe('the floor plan', () => {
  it('is read from a Markdown table', () => {
    const markdown =
      '# A\n\n| Floor | Room | Duty |\n|---|---|---|\n| 1 | `model` | nouns |\n| 0 | base | mechanism |\n\n| 9 | `other` | no |\n';
    expect([...readFloorPlan(markdown)]).toEqual([
      ['model', 1],
      ['base', 0],
    ]);
    expect(readFloorPlan('nothing here').size).toBe(0);
  });

  it.each(['| x | `base` | a |', '| 1 | `Base!` | a |', '| 1 | `a` | a |\n| 2 | `a` | b |'])('refuses %j', (rows) => {
    expect(() => readFloorPlan(`| floor | room | duty |\n|---|---|---|\n${rows}\n`)).toThrow();
  });
});
