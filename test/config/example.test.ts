// config.example.yaml is complete: every key of every section is in it and explained, what is on is the default, what is off works when switched on.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { environment, loadConfig } from '#config';
import { sections } from '../../src/config/schema.ts';
import { readYaml } from '../../src/config/yaml.ts';

const example = await readFile(new URL('../../config.example.yaml', import.meta.url), 'utf8');
/** Every example switched on. */
const full = example.replaceAll(/^( *)#(?=\S)/gm, '$1');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-example-'));
  await mkdir(join(folder, 'credentials'));
  await mkdir(join(folder, 'templates'));
  for (const [, kind, name = ''] of full.matchAll(/\{ (file|credential): ([\w-]+) \}/g)) {
    const path = kind === 'file' ? join(folder, name) : join(folder, 'credentials', name);
    await writeFile(path, 'a-secret-of-some-length', { mode: 0o600 });
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function load(text: string) {
  const path = join(folder, 'config.yaml');
  await writeFile(path, text);
  return loadConfig(path, { environment: environment({ CREDENTIALS_DIRECTORY: join(folder, 'credentials') }) });
}

/** A key of the schema: `[]` stands for each entry of a list, `*` for each name of a record. */
interface Key {
  readonly path: readonly string[];
  readonly fallback: unknown;
}

type Definition = Readonly<Record<string, unknown>> & { readonly type: string };
const definition = (schema: z.core.$ZodType): Definition => schema._zod.def as unknown as Definition;

/** All keys below a schema, in order; alternatives of a union share their path. */
function keysOf(schema: z.core.$ZodType, path: readonly string[], fallback?: unknown): readonly Key[] {
  const { type, innerType, options, in: input, element, valueType, shape, defaultValue } = definition(schema);
  const into = (part: unknown, ...more: string[]): readonly Key[] => keysOf(part as z.core.$ZodType, [...path, ...more]);
  if (innerType) return keysOf(innerType as z.core.$ZodType, path, defaultValue ?? fallback);
  if (type === 'pipe') return keysOf(input as z.core.$ZodType, path, fallback);
  if (type === 'union') return (options as readonly unknown[]).flatMap((option) => into(option));
  const own: readonly Key[] = typeof path.at(-1) === 'string' && path.at(-1) !== '[]' && path.at(-1) !== '*' ? [{ path, fallback }] : [];
  // The default list of services is compared as a whole; its entries have no defaults that could be shown.
  if (type === 'array')
    return [
      ...own,
      ...(Array.isArray(fallback) && fallback.length > 0
        ? into(element, '[]').map((key) => ({ ...key, fallback: undefined }))
        : into(element, '[]')),
    ];
  if (type === 'record') return [...own, ...into(valueType, '*')];
  if (type === 'object') return [...own, ...Object.entries(shape as object).flatMap(([name, part]) => into(part, name))];
  return own;
}

const every = Object.entries(sections).flatMap(([name, schema]) => keysOf(schema, [name]));

/** What all sources of messages have in common is shown once, at the webhook's. */
const tailOf = (path: readonly string[]): string =>
  path.slice(path.findIndex((step) => step === 'sources' || step === 'polls') + 1).join('.');
const isOfSource = (path: readonly string[]): boolean => path.slice(0, -1).some((step) => step === 'sources' || step === 'polls');
const shared = new Set(every.filter(({ path }) => path[1] === 'webhook' && isOfSource(path)).map(({ path }) => tailOf(path)));
const keys = every.filter(
  ({ path }) => !['mqtt', 'onem2m', 'polls'].includes(path[1] ?? '') || !isOfSource(path) || !shared.has(tailOf(path)),
);

/** Paths in the file that a key of the schema stands for. */
function found(value: unknown, path: readonly string[], at: readonly (string | number)[] = []): readonly (string | number)[][] {
  const [step, ...rest] = path;
  if (step === undefined) return [[...at]];
  if (typeof value !== 'object' || value === null) return [];
  const names = step === '[]' || step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  return names.flatMap((name) =>
    found((value as Record<string, unknown>)[name], rest, [...at, Array.isArray(value) ? Number(name) : name]),
  );
}

function read(text: string) {
  const file = readYaml(text);
  return 'failures' in file ? expect.fail(JSON.stringify(file.failures)) : file;
}
const valueAt = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((part, step) => (part as Record<string | number, unknown>)[step], value);

describe('config.example.yaml', () => {
  it('loads as it is, and says nothing but the defaults', async () => {
    const { site, gateway, uplink } = read(example).value as Record<string, Record<string, unknown>>;
    const bare = { site: { code: site?.['code'] }, gateway: { id: gateway?.['id'] }, uplink: { url: uplink?.['url'] } };
    const expected = await load(JSON.stringify(bare));
    expect(expected).toHaveProperty('config');
    expect(await load(example)).toEqual(expected);
  });

  it('loads with every example switched on', async () => {
    expect(await load(full)).toHaveProperty('config');
  });

  it('has every key of every section', () => {
    const { value } = read(full);
    const missing = keys.filter((key) => found(value, key.path).length === 0).map((key) => key.path.join('.'));
    expect(missing, 'keys of the schema that config.example.yaml does not show').toEqual([]);
    expect(keys.length).toBeGreaterThan(100);
  });

  it('shows each default as the value of its key, also where it is switched off', () => {
    const { value } = read(full);
    const wrong = keys.flatMap(({ path, fallback }) => {
      if (!['string', 'number', 'boolean'].includes(typeof fallback) || fallback === '') return [];
      const shown = found(value, path).map((place) => valueAt(value, place));
      return shown.includes(fallback) ? [] : [`${path.join('.')} shows ${shown.join(', ')}, the default is ${String(fallback)}`];
    });
    expect(wrong).toEqual([]);
  });

  it('explains each key in a comment above it', () => {
    const file = read(full);
    const lines = full.split('\n');
    const bare = keys.flatMap(({ path }) => {
      const explained = found(file.value, path).some((place) => {
        const above = lines[file.locate(place).line - 2] ?? '';
        return /^ *# \S/.test(above);
      });
      return explained || isRepeated(path) ? [] : [path.join('.')];
    });
    expect(bare, 'keys without a comment above their first mention').toEqual([]);
  });
});

/** What is said of any sensor is explained once, at the first kind of sensor that has it. */
function isRepeated(path: readonly string[]): boolean {
  const ofAny = ['name', 'purpose', 'place', 'latitude', 'longitude', 'address', 'zone', 'zones', 'premises', 'cameras', 'facts'];
  return ['lines', 'webhook'].includes(path[1] ?? '') && ofAny.includes(path.at(-1) ?? '');
}
