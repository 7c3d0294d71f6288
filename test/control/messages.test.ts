// The catalogue: complete in both languages, the same placeholders in both, and spoken with its values.
import { describe, expect, it } from 'vitest';
import { faults } from '../../src/control/faults.ts';
import { catalogue, chooseLanguage, speaker } from '../../src/control/messages/catalogue.ts';
import * as words from '../../src/control/messages/words.ts';

const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').toSorted();
const hangul = /\p{Script=Hangul}/u;
/** Texts that are the same in both languages or need no letters. */
const letterless = new Set(['word.none', 'column.id', 'check.problem', 'check.fileProblem', 'status.gatewayValue']);

describe('the catalogue', () => {
  it.each(Object.entries(catalogue))('says %s in both languages with the same placeholders', (key, { en, ko }) => {
    expect(en.trim()).not.toBe('');
    expect(placeholders(ko)).toEqual(placeholders(en));
    expect(hangul.test(en)).toBe(false);
    if (!letterless.has(key)) expect(hangul.test(ko)).toBe(true);
  });

  it.each(Object.entries({ ...words, faults: undefined }))('has Korean words: %s', (_, table) => {
    for (const { en, ko } of Object.values(table ?? {})) {
      expect(en).not.toBe('');
      expect(hangul.test(ko)).toBe(true);
    }
  });

  it.each(Object.entries(faults.entries))('has a message and a hint for control.%s', (_, { message, hint }) => {
    for (const { en, ko } of [message, hint]) {
      expect(en).not.toBe('');
      expect(hangul.test(ko)).toBe(true);
    }
  });

  it('puts values in, as they are', () => {
    expect(speaker('en')('camera.removed', { id: '$& {id}' })).toBe('Camera $& {id} is removed.');
    expect(speaker('ko')('status.camerasValue', { online: 2, total: 3 })).toBe('3대 중 2대 정상');
  });
});

describe('the language', () => {
  it.each([
    ['ko', ['en_US.UTF-8'], 'ko'],
    ['en', ['ko_KR.UTF-8'], 'en'],
    [undefined, ['ko_KR.UTF-8', undefined, 'en_US'], 'ko'],
    [undefined, ['', undefined, 'ko_KR'], 'ko'],
    [undefined, ['C', undefined, 'ko_KR'], 'en'],
    [undefined, [undefined, undefined, undefined], 'en'],
    ['fr', ['ko_KR'], 'ko'],
  ] as const)('of --lang %s and locales %j is %s', (asked, locales, language) => {
    expect(chooseLanguage(asked, locales)).toBe(language);
  });
});
