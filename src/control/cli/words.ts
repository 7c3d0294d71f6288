// Values as people read them: times, ages, sizes, yes and no.
import type { Language, Text } from '#base';
import type { Say } from '../messages/catalogue.ts';
import { entryClassWords } from '../messages/words.ts';

/** What the verbs need to speak: the sentences, single words of the model, and the language they are in. */
export interface Speech {
  readonly say: Say;
  readonly language: Language;
}

/** The word for `key` in the speech's language. */
export function word<K extends string>(words: Readonly<Record<K, Text>>, key: K, { language }: Speech): string {
  return words[key][language];
}

/** The word for a class of entries; one that this version does not know stays as it is. */
export function classText(name: string, speech: Speech): string {
  const isKnown = (one: string): one is keyof typeof entryClassWords => Object.hasOwn(entryClassWords, one);
  return isKnown(name) ? word(entryClassWords, name, speech) : name;
}

/** The text in the speech's language; `-` when there is none. */
export function textIn(text: Text | undefined, { language }: Speech): string {
  return orDash(text?.[language]);
}

/** Who did it: a name that the command line only claimed is marked so. */
export function byText(by: string, { say }: Speech): string {
  const claim = ' (claimed)';
  return by.endsWith(claim) ? say('word.claimed', { who: by.slice(0, -claim.length) }) : by;
}

/** `2026-11-20 13:04:05` in the machine's time zone; `-` when there is none. */
export function timeText(ms: number | undefined): string {
  if (ms === undefined) return '-';
  const at = new Date(ms);
  if (Number.isNaN(at.getTime())) return '-';
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The age in the largest unit that fits twice: `90 s`, `45 min`, `2 d`. */
export function ageText(ms: number, { say }: Speech): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return say('age.seconds', { n: seconds });
  if (seconds < 7200) return say('age.minutes', { n: Math.floor(seconds / 60) });
  if (seconds < 172_800) return say('age.hours', { n: Math.floor(seconds / 3600) });
  return say('age.days', { n: Math.floor(seconds / 86_400) });
}

/** Bytes with a binary unit and at most one decimal: `1.5 MiB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Math.round((bytes / 1024 ** step) * 10) / 10} ${units[step] ?? 'B'}`;
}

/** The text, or `-` when it is empty. */
export function orDash(text: string | undefined): string {
  return text === undefined || text === '' ? '-' : text;
}
