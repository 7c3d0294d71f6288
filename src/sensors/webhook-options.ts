// The webhook half of the sensors' section: where it listens, and who may send.
import { z } from 'zod';
import { secretOption } from '#base';
import { clashOf, messageSource } from './message-options.ts';
import { evenIfWrong } from './option-fields.ts';
import { signatureOption } from './signature-option.ts';

const source = z
  .strictObject({
    ...messageSource,
    token: secretOption()
      .optional()
      .describe(
        'Bearer token of the source, 16 to 256 characters without spaces: { file: PATH } or { credential: NAME }. It sends to POST /webhook/NAME.',
      ),
    hmac: signatureOption.optional().describe('Instead of a token: the sender signs each body with a key.'),
    body: z
      .enum(['json', 'form'])
      .default('json')
      .describe('How its bodies are written: json, or form (application/x-www-form-urlencoded).'),
  })
  .refine(({ token }) => typeof token !== 'string' || /^[\x21-\x7e]{16,256}$/.test(token), {
    message: 'a token has 16 to 256 printable characters without spaces',
    path: ['token'],
  })
  .refine(({ token, hmac }) => (token === undefined) !== (hmac === undefined), {
    message: 'expected either token or hmac',
    path: ['token'],
  })
  .superRefine((value, context) => {
    const clash = clashOf(value);
    if (clash) context.addIssue({ code: 'custom', message: clash.message, path: [clash.path] });
  }, evenIfWrong);

export const webhookOptions = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).max(253).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for all.'),
      port: z.int().min(0).max(65_535).default(8480).describe('TCP port, 1 to 65535; 0 takes any that is free.'),
    })
    .prefault({})
    .describe('Where the sources send to.'),
  tls: z
    .strictObject({
      cert: z.string().min(1).max(4096).describe('PEM file with the certificate and its chain.'),
      key: secretOption().describe('Private key in PEM: { file: PATH } or { credential: NAME }.'),
    })
    .optional()
    .describe('HTTPS instead of HTTP; needed wherever the way to the gateway is not trusted, for tokens travel on it.'),
  sources: z.array(source).min(1).max(100).describe('Who may send, 1 to 100.'),
});
