// How a platform of somebody else is reached, as the configuration states it: its certificates, and what it knows us by.
import { z } from 'zod';
import { secretOption } from '#base';

/** A name that a header can have. */
export const headerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, 'expected the name of a header');

/** An address without a login in it. */
export const platformUrl = (what: string) =>
  z
    .string()
    .max(2000)
    .refine((text) => {
      const url = URL.parse(text);
      return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === '';
    }, 'expected http://HOST… or https://HOST…, without a login in it')
    .describe(what);

const secret = secretOption().describe('Where the secret lies: { file: PATH } or { credential: NAME }.');

/** What is sent along with each request; never to another host than the configured one. */
export const platformLogin = z
  .discriminatedUnion('as', [
    z.strictObject({ as: z.literal('bearer').describe('Authorization: Bearer.'), secret }),
    z.strictObject({
      as: z.literal('basic').describe('Authorization: Basic, with user and password.'),
      user: z.string().min(1).max(128).describe('User, 1 to 128 characters.'),
      secret,
    }),
    z.strictObject({
      as: z.literal('header').describe('A header of its own.'),
      header: headerName.describe('Its name, like X-API-Key or uKey.'),
      secret,
    }),
    z.strictObject({
      as: z.literal('query').describe('A part of the query.'),
      name: z.string().min(1).max(64).describe('Its name, like serviceKey. Up to 64 characters.'),
      secret,
    }),
  ])
  .describe('What the platform knows us by: as bearer, basic (user), header (its name) or query (its name).');

/** Certificates of a platform. */
export const platformTls = z
  .strictObject({
    ca: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe('PEM file of the authority that signed the platform’s certificate; the machine’s own when left out.'),
  })
  .prefault({})
  .describe('Certificates; only with https.');

/** What the platform knows us by. */
export type PlatformLogin = z.output<typeof platformLogin>;
