// The part of the sensors' section about oneM2M (Mobius, ThingPlug …): where platforms notify us, and the subscriptions that we keep there.
import { z } from 'zod';
import { durationOption, secretOption } from '#base';
import { clashOf, messageSource } from './message-options.ts';
import { evenIfWrong } from './option-fields.ts';
import { platformLogin, platformTls, platformUrl } from './platform-option.ts';

const resource = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[^\s/?#]+(\/[^\s/?#]+)*$/, 'expected a resource like Mobius/ae-fire/smoke');

const cse = z.strictObject({
  url: platformUrl('Address of the platform (CSE), like http://mobius.example:7579. Up to 2000 characters.'),
  origin: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .describe('Who we are there (X-M2M-Origin), 1 to 200 characters: it may subscribe to the containers.'),
  release: z
    .string()
    .regex(/^\w{1,4}$/)
    .default('3')
    .describe('Release of oneM2M that is spoken (X-M2M-RVI): 2a, 3, 4 or 5.'),
  login: platformLogin.optional(),
  tls: platformTls,
  notify: platformUrl('Our own address as the platform reaches it, like http://10.20.0.5:8481. Up to 2000 characters.'),
  containers: z
    .array(resource)
    .min(1)
    .max(500)
    .describe('Containers that are subscribed to, by their names from the CSE base on, 1 to 500.'),
  subscription: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/)
    .optional()
    .describe('Name of our subscription in each container; bongsu- and the name of the source when left out. Up to 64 characters.'),
  check: durationOption({ min: '10s', max: '1d', default: '5m' }).describe(
    'How often it is looked whether the subscriptions stand, and what the newest instances are, 10s to 1d; also at the start.',
  ),
  latest: z
    .boolean()
    .default(true)
    .describe('true: the newest instance of each container is fetched then, for a platform that could not reach us tells nothing twice.'),
  timeout: durationOption({ min: '500ms', max: '2m', default: '10s' }).describe(
    'How long an answer of the platform may take, 500ms to 2m.',
  ),
});

const source = z
  .strictObject({
    ...messageSource,
    token: secretOption().describe(
      'Last part of the address that the platform notifies, 16 to 128 of A–Z, a–z, 0–9, - _ ~ and dot: { file: PATH } or { credential: NAME }. It sends to POST /onem2m/NAME/TOKEN.',
    ),
    from: z
      .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'expected an address or a range like 192.168.10.0/24'))
      .max(64)
      .default([])
      .describe(
        'Addresses of the platform, or ranges like 192.168.10.0/24, up to 64; nobody else is heard then. Empty: whoever has the token.',
      ),
    cse: cse.optional().describe('Where we subscribe by ourselves; left out where somebody else does it.'),
  })
  .refine(({ token }) => typeof token !== 'string' || /^[A-Za-z0-9_~.-]{16,128}$/.test(token), {
    message: 'a token has 16 to 128 of A–Z, a–z, 0–9, - _ ~ and dot',
    path: ['token'],
  })
  .superRefine((value, context) => {
    const clash = clashOf(value, true);
    if (clash) context.addIssue({ code: 'custom', message: clash.message, path: [clash.path] });
  }, evenIfWrong);

export const onem2mOptions = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).max(253).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for all.'),
      port: z.int().min(0).max(65_535).default(8481).describe('TCP port, 1 to 65535; 0 takes any that is free.'),
    })
    .prefault({})
    .describe('Where the platforms notify us.'),
  tls: z
    .strictObject({
      cert: z.string().min(1).max(4096).describe('PEM file with the certificate and its chain.'),
      key: secretOption().describe('Private key in PEM: { file: PATH } or { credential: NAME }.'),
    })
    .optional()
    .describe('HTTPS instead of HTTP, where the platform speaks it: tokens travel in the address.'),
  sources: z.array(source).min(1).max(100).describe('Whose notifications are taken, 1 to 100.'),
});
export type OneM2mOptions = z.output<typeof onem2mOptions>;
export type OneM2mSource = OneM2mOptions['sources'][number];
export type CseOptions = NonNullable<OneM2mSource['cse']>;
