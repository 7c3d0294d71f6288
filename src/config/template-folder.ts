// The site's own templates of sensors as files of a folder: each becomes an entry of `sensors.templates` before the section is checked, and keeps its place.
import { open, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, type Text } from '#base';
import { isId } from '#model';
import { type Flaw, type Path, type Position, readYaml, type YamlFile } from './yaml.ts';

/** Something wrong in one of the files. */
export interface FileFlaw {
  readonly file: string;
  readonly place: Position;
  /** Inside of the file. */
  readonly path: Path;
  readonly text: Text;
}

/** The section with what the folder holds, and where that came from. */
export interface GatheredTemplates {
  readonly section: unknown;
  /** What is wrong with the section itself: the folder cannot be read. */
  readonly flaws: readonly Flaw[];
  readonly fileFlaws: readonly FileFlaw[];
  /** Where a flaw of the section (its path starts there) lies in a file; undefined: not in one of them. */
  locate(path: Path): Omit<FileFlaw, 'text'> | undefined;
}

const maxFiles = 500;
const maxBytes = 64 * 1024;
const nothing: Omit<GatheredTemplates, 'section'> = { flaws: [], fileFlaws: [], locate: () => undefined };

/** Reads the folder that `sensors.templateFolder` names, from `base` on; a section without one is given back as it is. */
export async function gatherTemplates(section: unknown, base: string): Promise<GatheredTemplates> {
  if (!isRecord(section) || typeof section['templateFolder'] !== 'string') return { section, ...nothing };
  const folder = resolve(base, section['templateFolder']);
  const own = isRecord(section['templates']) ? section['templates'] : {};
  const listed = await listFiles(folder);
  if ('text' in listed) return { section, ...nothing, flaws: [{ path: ['templateFolder'], text: listed.text }] };
  const files = new Map<string, { file: string; yaml: YamlFile }>();
  const fileFlaws: FileFlaw[] = [];
  for (const entry of listed.entries) {
    const file = join(folder, entry);
    const name = entry.replace(/\.ya?ml$/, '');
    const read = await readFile(file);
    if (!isId(name)) fileFlaws.push(flawOf(file, wrongName));
    else if (Object.hasOwn(own, name) || files.has(name)) fileFlaws.push(flawOf(file, twice(name)));
    else if ('text' in read) fileFlaws.push(flawOf(file, read.text));
    else {
      const yaml = readYaml(read.content);
      if ('failures' in yaml) fileFlaws.push(...yaml.failures.map(({ text, ...place }) => ({ file, place, path: [], text })));
      else {
        files.set(name, { file, yaml });
        fileFlaws.push(...yaml.flaws.map(({ path, text }) => ({ file, place: yaml.locate(path), path, text })));
      }
    }
  }
  const found = Object.fromEntries([...files].map(([name, { yaml }]) => [name, yaml.value ?? {}]));
  return {
    section: { ...section, templates: { ...own, ...found } },
    flaws: [],
    fileFlaws,
    locate([first, name, ...path]) {
      const from = first === 'templates' && typeof name === 'string' ? files.get(name) : undefined;
      return from && { file: from.file, place: from.yaml.locate(path), path };
    },
  };
}

function flawOf(file: string, text: Text): FileFlaw {
  return { file, place: { line: 1, column: 1 }, path: [], text };
}

const wrongName: Text = {
  en: 'the name of the file is that of the template: expected 1 to 40 of a–z, 0–9 and hyphen before .yaml',
  ko: '파일 이름이 템플릿 이름입니다: .yaml 앞에 a–z, 0–9, 하이픈 1–40자',
};

function twice(name: string): Text {
  return { en: `the template ${name} is there twice`, ko: `템플릿 ${name}이(가) 두 번 있습니다` };
}

async function listFiles(folder: string): Promise<{ readonly entries: readonly string[] } | { readonly text: Text }> {
  try {
    const entries = (await readdir(folder)).filter((entry) => /\.ya?ml$/.test(entry) && !entry.startsWith('.')).toSorted();
    if (entries.length <= maxFiles) return { entries };
    return { text: { en: `more than ${maxFiles} files in the folder`, ko: `폴더의 파일이 ${maxFiles}개보다 많습니다` } };
  } catch (error) {
    return { text: { en: `the folder cannot be read: ${messageOf(error)}`, ko: `폴더를 읽을 수 없습니다: ${messageOf(error)}` } };
  }
}

async function readFile(path: string): Promise<{ readonly content: string } | { readonly text: Text }> {
  try {
    await using file = await open(path);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    if (bytesRead > maxBytes) return { text: { en: 'the file is larger than 64 KiB', ko: '파일이 64 KiB보다 큽니다' } };
    return { content: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead)) };
  } catch (error) {
    if (error instanceof TypeError) return { text: { en: 'the file is not UTF-8', ko: '파일이 UTF-8이 아닙니다' } };
    return { text: { en: `the file cannot be read: ${messageOf(error)}`, ko: `파일을 읽을 수 없습니다: ${messageOf(error)}` } };
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
