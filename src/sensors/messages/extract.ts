// Values out of a message, pure: each point by its path; words become numbers, what is neither is passed over and told.
import type { Text } from '#base';
import type { Template } from '../options.ts';
import { valueAt } from './json.ts';

/** What a message holds of a template's points. */
export interface Extracted {
  readonly values: ReadonlyMap<string, number>;
  /** Points that are there and no number that they could be. */
  readonly fault: Text | undefined;
}

/** Looks for each point of `template` in `message`, which was parsed and bounded before. A point that is not there is not missed. */
export function extractValues(template: Template, message: unknown): Extracted {
  const values = new Map<string, number>();
  const odd: string[] = [];
  for (const { name, path, words, pathScale, pathOffset } of template.points) {
    const found = path === undefined ? undefined : valueAt(message, path);
    if (found === undefined || found === null) continue;
    const number = numberOf(found, words);
    if (number === 'unsaid') continue;
    const value = number === undefined || words ? number : number * pathScale + pathOffset;
    if (value === undefined || !Number.isFinite(value)) odd.push(name);
    else values.set(name, value);
  }
  const names = odd.join(', ');
  return { values, fault: odd.length === 0 ? undefined : { ko: `${names} 값이 숫자가 아닙니다`, en: `${names} is no number` } };
}

/** `unsaid`: a word that the template does not know, and need not. */
function numberOf(found: unknown, words: Readonly<Record<string, number>> | undefined): number | 'unsaid' | undefined {
  if (typeof found === 'boolean') return Number(found);
  if (words && (typeof found === 'string' || typeof found === 'number') && Object.hasOwn(words, String(found))) return words[String(found)];
  if (typeof found === 'number') return Number.isFinite(found) ? found : undefined;
  if (typeof found !== 'string') return undefined;
  if (found.length <= 40 && /^\s*[+-]?\d+(\.\d+)?(e[+-]?\d{1,3})?\s*$/i.test(found)) {
    const number = Number(found);
    return Number.isFinite(number) ? number : undefined;
  }
  return words ? 'unsaid' : undefined;
}
