// Reads the configuration: text to values, secrets, each section's schema, what sections must agree on; all problems at once.
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { messageOf, type Text } from '#base';
import { adviseOn } from './advice.ts';
import { type CheckedSections, checkSections } from './checks.ts';
import type { Environment } from './environment.ts';
import { nearest } from './nearest.ts';
import { type Config, sections } from './schema.ts';
import { resolveSecrets, type SecretPlaces } from './secrets.ts';
import { gatherTemplates } from './template-folder.ts';
import { flawsOf } from './wording.ts';
import { type Flaw, type Path, type Position, readYaml } from './yaml.ts';

/** One thing that is wrong with the configuration; without a place where it could not be read at all. */
export interface Problem extends Partial<Position> {
  /** The file that it is in, where that is not the configuration itself. */
  readonly file?: string;
  /** `sensors.buses[0].units[2].unit`; empty for the file as a whole. */
  readonly key: string;
  readonly text: Text;
}

/** The configuration with what is unwise in it, or everything that is wrong with it; in the order of the file, at most 100 problems. */
export type Loaded = { readonly config: Config; readonly warnings: readonly Problem[] } | { readonly problems: readonly Problem[] };

const maxBytes = 2 ** 20;
const maxProblems = 100;
const noSections: Text = { en: 'expected sections: site, gateway, uplink …', ko: 'site, gateway, uplink 등의 항목이 있어야 합니다' };

/** Loads the file at `path` (YAML 1.2, UTF-8, at most 1 MiB). Never rejects: whatever is wrong is a problem. */
export async function loadConfig(path: string, deps: { readonly environment: Environment }): Promise<Loaded> {
  const read = await readText(path);
  if ('text' in read) return { problems: [{ key: '', text: read.text }] };
  const file = readYaml(read.content);
  if ('failures' in file) return { problems: file.failures.map((failure) => ({ ...failure, key: '' })) };

  const written = file.value ?? {};
  if (typeof written !== 'object' || Array.isArray(written)) return { problems: [{ ...file.locate([]), key: '', text: noSections }] };
  const places = { folder: dirname(resolve(path)), credentialsDirectory: deps.environment.credentialsDirectory };
  const { sensors } = written as Readonly<Record<string, unknown>>;
  const templates = await gatherTemplates(sensors, places.folder);
  const gathered = sensors === undefined ? written : { ...written, sensors: templates.section };
  const { checked, flaws } = await checkAll(gathered as Readonly<Record<string, unknown>>, places);
  const all = [...file.flaws, ...templates.flaws.map((flaw) => inSensors(flaw)), ...flaws, ...checkSections(checked)];
  if (all.length === 0 && templates.fileFlaws.length === 0) {
    const config = freeze(checked as Config);
    const warnings = adviseOn(config).map((flaw): Placed => ({ ...file.locate(flaw.path), key: keyText(flaw.path), text: flaw.text }));
    return { config, warnings: warnings.toSorted(byPlace).slice(0, maxProblems) };
  }
  const problems = all.map((flaw): Placed => {
    const elsewhere = flaw.path[0] === 'sensors' ? templates.locate(flaw.path.slice(1)) : undefined;
    if (!elsewhere) return { ...file.locate(flaw.path), key: keyText(flaw.path), text: flaw.text };
    return { ...elsewhere.place, file: elsewhere.file, key: keyText(elsewhere.path), text: flaw.text };
  });
  const ofFiles = templates.fileFlaws.map(({ file: name, place, path: at, text }) => ({ ...place, file: name, key: keyText(at), text }));
  return { problems: [...problems, ...ofFiles].toSorted(byPlace).slice(0, maxProblems) };
}

type Placed = Problem & Position;

/** The configuration first, then file by file. */
function byPlace(left: Placed, right: Placed): number {
  const [one, other] = [left.file ?? '', right.file ?? ''];
  if (one !== other) return one < other ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}

function inSensors({ path, text }: Flaw): Flaw {
  return { path: ['sensors', ...path], text };
}

async function readText(path: string): Promise<{ content: string } | { text: Text }> {
  try {
    await using file = await open(path);
    const stat = await file.stat();
    if (stat.isFile() && stat.size > maxBytes) return { text: { en: 'the file is larger than 1 MiB', ko: '파일이 1 MiB보다 큽니다' } };
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return { content: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead)) };
  } catch (error) {
    if (error instanceof TypeError)
      return { text: { en: 'the file is not UTF-8: save it as UTF-8', ko: '파일이 UTF-8이 아닙니다. UTF-8로 저장하십시오(CP949 아님)' } };
    return { text: unreadableText(error) };
  }
}

function unreadableText(error: unknown): Text {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return { en: 'there is no such file', ko: '파일이 없습니다' };
  if (code === 'EACCES') return { en: 'this account may not read the file', ko: '이 계정은 파일을 읽을 권한이 없습니다' };
  if (code === 'EISDIR') return { en: 'this is a folder, not a file', ko: '파일이 아니라 폴더입니다' };
  const reason = messageOf(error);
  return { en: `the file cannot be read: ${reason}`, ko: `파일을 읽을 수 없습니다: ${reason}` };
}

interface Checked {
  readonly checked: CheckedSections;
  readonly flaws: readonly Flaw[];
}

async function checkAll(written: Readonly<Record<string, unknown>>, places: SecretPlaces): Promise<Checked> {
  const flaws: Flaw[] = Object.keys(written).flatMap((key) => (Object.hasOwn(sections, key) ? [] : [unknownSection(key)]));
  const checked: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(sections)) {
    const result = await checkSection(schema, Object.hasOwn(written, name) ? written[name] : undefined, places);
    checked[name] = result.value;
    flaws.push(...result.flaws.map((flaw) => ({ ...flaw, path: [name, ...flaw.path] })));
  }
  return { checked: checked as unknown as CheckedSections, flaws };
}

function unknownSection(key: string): Flaw {
  const known = Object.keys(sections);
  const near = nearest(key, known);
  const words = known.join(', ');
  return {
    path: [key],
    text:
      near === undefined
        ? { en: `unknown section; known: ${words}`, ko: `알 수 없는 항목입니다. 쓸 수 있는 항목: ${words}` }
        : { en: `unknown section; did you mean "${near}"?`, ko: `알 수 없는 항목입니다. "${near}" 항목입니까?` },
  };
}

/** Twice through the schema: the first time it says which secrets it wants, the second time it has them. */
async function checkSection(
  schema: z.ZodType,
  written: unknown,
  places: SecretPlaces,
): Promise<{ readonly value: unknown; readonly flaws: readonly Flaw[] }> {
  const first = schema.safeParse(written);
  if (first.success) return { value: first.data, flaws: [] };
  const secrets = await resolveSecrets(written, first.error.issues, places);
  const second = schema.safeParse(secrets.value);
  const flaws = second.success ? [] : flawsOf(second.error.issues, { schema, value: secrets.value });
  return { value: second.success ? second.data : undefined, flaws: [...secrets.flaws, ...flaws] };
}

function keyText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}
