// How a sender signs its bodies, as the configuration states it.
import { z } from 'zod';
import { durationOption, secretOption } from '#base';

const headerName = (what: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, 'expected the name of a header')
    .describe(what);

/** HMAC-SHA-256 (RFC 2104) over the body as it came. */
export const signatureOption = z
  .strictObject({
    secret: secretOption().describe('Key of the HMAC-SHA-256, 16 to 256 bytes: { file: PATH } or { credential: NAME }.'),
    header: headerName('Header with the signature.').default('X-Signature-256'),
    encoding: z.enum(['hex', 'base64']).default('hex').describe('How the signature is written: hex or base64.'),
    prefix: z.string().max(32).default('').describe('What stands before it in the header, like sha256=. Up to 32 characters.'),
    timestamp: z
      .strictObject({
        header: headerName('Header with the time of sending: seconds or milliseconds since 1970, or ISO 8601 with offset.').default(
          'X-Timestamp',
        ),
        window: durationOption({ min: '10s', max: '1h', default: '5m' }).describe(
          'How far it may be from our own time, 10s to 1h; in that time no signature is taken twice, also over restarts. Not asked while our own clock was never set.',
        ),
        joint: z
          .string()
          .max(8)
          .default('.')
          .describe('What stands between time and body in the text that is signed (time, joint, body). Up to 8 characters.'),
      })
      .optional()
      .describe(
        'Where the sender signs the time of sending too: old messages are refused then, and none is taken twice (replays). Without it whoever has caught a message, like an all-clear, can send it again.',
      ),
  })
  .refine(({ secret }) => typeof secret !== 'string' || (Buffer.byteLength(secret) >= 16 && Buffer.byteLength(secret) <= 256), {
    message: 'a key has 16 to 256 bytes',
    path: ['secret'],
  });
/** How one sender signs. */
export type SignatureOptions = z.output<typeof signatureOption>;
