// Values out of a message, pure: each point by its path; words become numbers, what is neither a number nor a known word is told.
import type { Text } from '#base';
import type { Template } from '../options.ts';
import { isRecord, valueAt } from './json.ts';

/** What a message holds of a template's points. */
export interface Extracted {
  readonly values: ReadonlyMap<string, number>;
  /** Points that are there and no number that they could be, with what is there instead; bounded and printable. */
  readonly fault: Text | undefined;
}

/** Of a list in a text, so many. */
const maxListed = 5;
const maxShown = 40;

/**
 * Looks for each point of `template` in `message`, which was parsed and bounded before. A point that is not there is not missed. A word counts as known when any
 * point of its path knows it.
 */
export function extractValues(template: Template, message: unknown): Extracted {
  const values = new Map<string, number>();
  const odd = new Map<string, Text>();
  const known = new Set<string>();
  for (const { name, path, words, pathScale, pathOffset } of template.points) {
    const found = path === undefined ? undefined : valueAt(message, path);
    if (path === undefined || found === undefined || found === null) continue;
    const number = numberOf(found, words);
    const value = typeof number === 'number' && !words ? number * pathScale + pathOffset : number;
    if (value === undefined || (value !== 'unsaid' && !Number.isFinite(value))) {
      if (!odd.has(path)) odd.set(path, words ? unknownWord(name, found, words) : noNumber(name, found));
      continue;
    }
    known.add(path);
    if (value !== 'unsaid') values.set(name, value);
  }
  const told = [...odd].filter(([path]) => !known.has(path)).map(([, text]) => text);
  return { values, fault: told.length === 0 ? undefined : joined(told) };
}

/** What is wrong with messages that have none of a template's values: what was looked for, and what they have. Bounded and printable. */
export function missingValues(template: Template, message: unknown): Text {
  const wanted = listed(template.points.flatMap(({ path }) => (path === undefined ? [] : [path])));
  const has = isRecord(message) ? listed(Object.keys(message)) : shown(message);
  return {
    ko: `메시지에 템플릿의 값(${wanted})이 하나도 없습니다. 들어온 항목: ${has}`,
    en: `Messages have none of the values of the template (${wanted}); they have: ${has}`,
  };
}

/** `unsaid`: a word that the template knows, and that says nothing. Undefined: neither a number nor such a word. */
function numberOf(found: unknown, words: Readonly<Record<string, number | null>> | undefined): number | 'unsaid' | undefined {
  if (typeof found === 'boolean') return Number(found);
  if (words && (typeof found === 'string' || typeof found === 'number') && Object.hasOwn(words, String(found)))
    return words[String(found)] ?? 'unsaid';
  if (typeof found === 'number') return Number.isFinite(found) ? found : undefined;
  if (typeof found !== 'string') return undefined;
  if (found.length > maxShown || !/^\s*[+-]?\d+(\.\d+)?(e[+-]?\d{1,3})?\s*$/i.test(found)) return undefined;
  const number = Number(found);
  return Number.isFinite(number) ? number : undefined;
}

function unknownWord(name: string, found: unknown, words: Readonly<Record<string, number | null>>): Text {
  const known = listed(Object.keys(words));
  return {
    ko: `${name}: 템플릿에 없는 값 ${shown(found)} (아는 값: ${known})`,
    en: `${name}: ${shown(found)} is no word that the template knows (${known})`,
  };
}

function noNumber(name: string, found: unknown): Text {
  return { ko: `${name}: ${shown(found)} 값이 숫자가 아닙니다`, en: `${name}: ${shown(found)} is no number` };
}

function joined(texts: readonly Text[]): Text {
  const some = texts.slice(0, maxListed);
  return { ko: some.map(({ ko }) => ko).join('; '), en: some.map(({ en }) => en).join('; ') };
}

function listed(names: readonly string[]): string {
  const some = names.slice(0, maxListed).map(clean);
  return [...some, ...(names.length > maxListed ? ['…'] : [])].join(', ');
}

function shown(found: unknown): string {
  if (Array.isArray(found)) return '[…]';
  return typeof found === 'object' && found !== null ? '{…}' : `"${clean(String(found))}"`;
}

/** Without what a terminal or a log would obey. */
function clean(text: string): string {
  const plain = text.slice(0, maxShown).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return text.length > maxShown ? `${plain}…` : plain;
}
