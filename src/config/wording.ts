// Says in both languages what is wrong with a value: the schema's issues in the words of a technician. Also for what the local socket is asked.
import type { z } from 'zod';
import type { Text } from '#base';
import { nearest, nearestNames } from './nearest.ts';
import { knownKeys } from './outline.ts';
import { saidText } from './said.ts';
import type { Flaw, Path } from './yaml.ts';

type Issue = z.core.$ZodIssue;

/** What the wording needs to know beside the issues: for a configuration, of the section. */
export interface Subject {
  readonly schema: z.core.$ZodType;
  /** The values as they were written. */
  readonly value: unknown;
}

/** As many as there are kinds of alarms, and some more. */
const maxWords = 30;

/** One flaw for each thing that is wrong; paths start at the schema. A schema's own check may say its words in both languages: `params: { text }`. */
export function flawsOf(issues: readonly Issue[], subject: Subject): readonly Flaw[] {
  return issues.flatMap((issue) => flawsOfIssue(issue, subject));
}

function flawsOfIssue(issue: Issue, subject: Subject): readonly Flaw[] {
  const { path } = issue;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(subject.schema, path);
      return issue.keys.map((key) => ({ path: [...path, key], text: unknownKeyText(key, known) }));
    }
    case 'invalid_union':
      return flawsOfUnion(issue, subject);
    case 'invalid_key':
      return [{ path, text: { en: 'this name has a wrong form', ko: '이름의 형식이 올바르지 않습니다' } }];
    case 'invalid_element':
      return flawsOf(prefixed(issue.issues, path), subject);
    default:
      return [{ path, text: textOf(issue, valueAt(subject.value, path)) }];
  }
}

/** Of alternatives, the one that came farthest is what was meant. */
function flawsOfUnion(issue: Extract<Issue, { code: 'invalid_union' }>, subject: Subject): readonly Flaw[] {
  const depth = (issues: readonly Issue[]): number => Math.max(0, ...issues.map((each) => each.path.length));
  const meant = issue.errors.filter((issues) => depth(issues) > 0).toSorted((left, right) => left.length - right.length)[0];
  if (meant) return flawsOf(prefixed(meant, issue.path), subject);
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  const value = valueAt(subject.value, issue.path);
  const types = issue.errors.flat().flatMap((each) => (each.code === 'invalid_type' ? [each.expected] : []));
  const names = issue.errors.flat().flatMap((each) => (each.code === 'invalid_value' ? each.values.map(String) : []));
  if (names.length > 0 && value !== undefined) return [{ path: issue.path, text: nameOrTypeText(names, types, value) }];
  if (options.length > 0) return [{ path: issue.path, text: value === undefined ? missing(options) : oneOfText(options, value) }];
  return [{ path: issue.path, text: value === undefined ? missing() : typeText(types, value) }];
}

function prefixed(issues: readonly Issue[], path: Path): readonly Issue[] {
  return issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

function textOf(issue: Issue, value: unknown): Text {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? missing() : typeText([issue.expected], value);
    case 'invalid_value':
      return value === undefined ? missing(issue.values.map(String)) : oneOfText(issue.values.map(String), value);
    case 'too_small':
      return boundText(issue.origin, Number(issue.minimum), 'least');
    case 'too_big':
      return boundText(issue.origin, Number(issue.maximum), 'most');
    case 'custom':
      return customText(issue, value);
    case 'invalid_format':
      return value === undefined ? missing() : saidText(issue.message, issue.pattern);
    default:
      return value === undefined ? missing() : saidText(issue.message);
  }
}

function unknownKeyText(key: string, known: readonly string[]): Text {
  const near = nearest(key, known);
  const words = known.slice(0, maxWords).join(', ');
  return near === undefined
    ? { en: `unknown key; known here: ${words}`, ko: `알 수 없는 항목입니다. 쓸 수 있는 항목: ${words}` }
    : { en: `unknown key; did you mean "${near}"?`, ko: `알 수 없는 항목입니다. "${near}" 항목입니까?` };
}

function missing(options: readonly string[] = []): Text {
  const words = options.slice(0, maxWords).join(', ');
  return options.length === 0
    ? { en: 'this key is needed', ko: '반드시 있어야 하는 항목입니다' }
    : { en: `this key is needed: one of ${words}`, ko: `반드시 있어야 하는 항목입니다: ${words} 중 하나` };
}

function oneOfText(options: readonly string[], value: unknown): Text {
  const near = typeof value === 'string' ? nearest(value, options) : undefined;
  const words = options.slice(0, maxWords).join(', ');
  return {
    en: `expected one of ${words}${near === undefined ? '' : `; did you mean "${near}"?`}`,
    ko: `${words} 중 하나여야 합니다${near === undefined ? '' : `. "${near}"입니까?`}`,
  };
}

/** A name that must be one of many: those that were meant, all only where nothing is near. */
function nameText(known: readonly string[], value: unknown): Text {
  const near = typeof value === 'string' ? nearestNames(value, known) : [];
  if (near.length === 0) return { en: `expected one of ${known.join(', ')}`, ko: `${known.join(', ')} 중 하나여야 합니다` };
  const words = near.map((name) => `"${name}"`).join(', ');
  return { en: `unknown name; did you mean ${words}?`, ko: `알 수 없는 이름입니다. ${words}입니까?` };
}

const typeNames: Readonly<Record<string, Text>> = {
  string: { en: 'text', ko: '문자열' },
  number: { en: 'a number', ko: '숫자' },
  int: { en: 'a whole number', ko: '정수' },
  boolean: { en: 'true or false', ko: 'true 또는 false' },
  object: { en: 'keys with values', ko: '하위 항목' },
  record: { en: 'keys with values', ko: '하위 항목' },
  array: { en: 'a list', ko: '목록' },
};

function typeText(expected: readonly string[], value: unknown): Text {
  const found = Array.isArray(value) ? 'array' : typeof value;
  const names = [...new Set(expected)].map((type) => typeNames[type] ?? { en: type, ko: type });
  const is = typeNames[found] ?? { en: found, ko: found };
  // A duration or a size without its unit is the usual mistake.
  const unit = expected.includes('string') && found === 'number';
  return {
    en: `expected ${names.map((name) => name.en).join(' or ')}, found ${is.en}${unit ? '; times and sizes need a unit (30s, 2GiB), codes need quotes' : ''}`,
    ko: `${names.map((name) => name.ko).join(' 또는 ')} 자리에 ${is.ko}이(가) 있습니다${unit ? '. 시간과 크기는 단위(30s, 2GiB)를, 코드는 따옴표를 붙이십시오' : ''}`,
  };
}

/** Where a name may stand, or something of one's own. */
function nameOrTypeText(names: readonly string[], types: readonly string[], value: unknown): Text {
  const own = [...new Set(types)].map((type) => typeNames[type] ?? { en: type, ko: type });
  const near = typeof value === 'string' ? nearestNames(value, names) : [];
  const meant = near.map((name) => `"${name}"`).join(', ');
  return {
    en: `expected ${[...names, ...own.map((name) => name.en)].join(' or ')}${meant === '' ? '' : `; did you mean ${meant}?`}`,
    ko: `${[...names, ...own.map((name) => name.ko)].join(' 또는 ')}이어야 합니다${meant === '' ? '' : `. ${meant}입니까?`}`,
  };
}

function boundText(origin: string, bound: number, side: 'least' | 'most'): Text {
  const unit = {
    string: { en: bound === 1 ? ' character' : ' characters', ko: '자' },
    array: { en: bound === 1 ? ' entry' : ' entries', ko: '개' },
  }[origin] ?? { en: '', ko: '' };
  return { en: `expected at ${side} ${bound}${unit.en}`, ko: `${bound}${unit.ko} ${side === 'least' ? '이상' : '이하'}이어야 합니다` };
}

function customText(issue: Extract<Issue, { code: 'custom' }>, value: unknown): Text {
  const text: unknown = issue.params?.['text'];
  if (text !== undefined) return value === undefined ? missing() : (text as Text);
  const known: unknown = issue.params?.['known'];
  if (Array.isArray(known)) return nameText(known.map(String), value);
  if (issue.params?.['literal'] === undefined) return saidText(issue.message);
  if (value === undefined) return missing(['{ file: PATH }', '{ credential: NAME }']);
  return {
    en: 'a secret is not written here: put it into a file of mode 0600 and write { file: PATH }, or { credential: NAME } for a systemd credential',
    ko: '비밀 값은 여기에 직접 쓰지 않습니다. 권한 0600인 파일에 넣고 { file: 경로 }로, systemd 자격 증명이면 { credential: 이름 }으로 쓰십시오',
  };
}

/** The value at a path of plain values; undefined where there is none. */
function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (found, step) =>
      typeof found === 'object' && found !== null && Object.hasOwn(found, step) ? (found as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
}
