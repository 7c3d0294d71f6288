// The one catalogue of what the command line says, in Korean and English, and the typed way to say it.
import type { Language, Text } from '#base';
import { actMessages } from './acts.ts';
import { diagnosisMessages } from './diagnosis.ts';
import { discoveryMessages } from './discovery.ts';
import { eventMessages } from './events.ts';
import { helpMessages } from './help.ts';
import { loginMessages } from './logins.ts';
import { screenMessages } from './screens.ts';
import { sensorBusMessages } from './sensor-bus.ts';
import { sensorToolMessages } from './sensor-tools.ts';
import { streamMessages } from './streams.ts';

export const catalogue = {
  ...helpMessages,
  ...screenMessages,
  ...actMessages,
  ...diagnosisMessages,
  ...discoveryMessages,
  ...eventMessages,
  ...loginMessages,
  ...sensorBusMessages,
  ...sensorToolMessages,
  ...streamMessages,
} as const;

export type MessageKey = keyof typeof catalogue;

type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type Values<K extends MessageKey> = Placeholders<(typeof catalogue)[K]['en']>;
type ValueArguments<K extends MessageKey> = [Values<K>] extends [never] ? [] : [values: Readonly<Record<Values<K>, string | number>>];

/** Says a message of the catalogue; each `{placeholder}` of the text must be given. */
export type Say = <K extends MessageKey>(key: K, ...values: ValueArguments<K>) => string;

/** The speaker of one language. */
export function speaker(language: Language): Say {
  return (key, ...[values]) => {
    const given: Readonly<Record<string, string | number>> = values ?? {};
    const text: Text = catalogue[key];
    return text[language].replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
  };
}

/**
 * The language of `--lang` if it is one, else of the first locale that is set, in the order of POSIX (LC_ALL, LC_MESSAGES, LANG):
 * Korean for `ko…`, else English.
 */
export function chooseLanguage(asked: string | undefined, locales: readonly (string | undefined)[]): Language {
  if (asked === 'ko' || asked === 'en') return asked;
  return locales.find((locale) => locale !== undefined && locale !== '')?.startsWith('ko') ? 'ko' : 'en';
}
