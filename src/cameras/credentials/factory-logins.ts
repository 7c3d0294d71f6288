// The first logins that makers print in their manuals. They are tried at the site's own cameras only, and only when a person asks for it.
import type { Login } from '#base';

/** Of a camera whose maker is not in the table. */
const ofAnyMaker: readonly Login[] = [
  { user: 'admin', password: 'admin' },
  { user: 'admin', password: '12345' },
  { user: 'admin', password: '' },
];

/** By the beginning of the maker's name; at most three each, for every failed one takes `loginRetry`. */
const byMaker: readonly (readonly [RegExp, readonly Login[]])[] = [
  [
    /^(hanwha|samsung|wisenet)/i,
    [
      { user: 'admin', password: '4321' },
      { user: 'admin', password: '1111111' },
    ],
  ],
  [/^hik/i, [{ user: 'admin', password: '12345' }]],
  [
    /^dahua/i,
    [
      { user: 'admin', password: 'admin' },
      { user: '888888', password: '888888' },
    ],
  ],
  [/^axis/i, [{ user: 'root', password: 'pass' }]],
  [/^bosch/i, [{ user: 'service', password: 'service' }]],
  [/^(panasonic|i-pro)/i, [{ user: 'admin', password: '12345' }]],
  [/^(sony|pelco|avigilon|tp-?link|tapo)/i, [{ user: 'admin', password: 'admin' }]],
  [/^(reolink|idis)/i, [{ user: 'admin', password: '' }]],
  [/^vivotek/i, [{ user: 'root', password: '' }]],
  [/^honeywell/i, [{ user: 'admin', password: '1234' }]],
];

/** The logins that are tried at a camera of that maker, in their order; at most three. */
export function factoryLogins(maker: string): readonly Login[] {
  return byMaker.find(([name]) => name.test(maker.trim()))?.[1] ?? ofAnyMaker;
}
