// The section of further destinations in the configuration: who gets entries beside the hub.
import { z } from 'zod';
import { durationOption, secretOption, type Text } from '#base';

const classes = ['alarm', 'condition', 'inventory', 'grant', 'audit', 'reading'] as const;

/** Words of a check of its own, in both languages. */
function saying(text: Text) {
  return { params: { text }, error: text.en };
}

const webhookOptions = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'expected 1 to 40 of a–z, 0–9 and hyphen')
    .refine((name) => name !== 'hub', saying({ en: 'this name is kept for the hub itself', ko: '허브를 뜻하는 이름이라 쓸 수 없습니다' }))
    .describe(
      'Name of the destination, told in status: 1 to 40 of a–z, 0–9 and hyphen, not hub. Its place in the outbox goes by it: under a new name it starts at the present.',
    ),
  kind: z.literal('webhook').describe('How it is spoken to: webhook, a POST for each entry.'),
  url: z
    .string()
    .max(500)
    .regex(
      /^https?:\/\/(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?(\/[!-~]*)?$/,
      'expected https://HOST/PATH or http://HOST/PATH',
    )
    .refine((url) => URL.canParse(url), saying({ en: 'this is no address', ko: '올바른 주소가 아닙니다' }))
    .describe('Where to POST: https://HOST/PATH, or http://HOST/PATH inside a VPN alone; up to 500 characters, without a login in it.'),
  secret: secretOption()
    .refine((secret) => secret.length >= 16, saying({ en: 'expected at least 16 characters', ko: '16자 이상이어야 합니다' }))
    .describe('The key, at least 16 characters, that signs what is posted (HMAC-SHA-256): { file: PATH } or { credential: NAME }.'),
  ca: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('File with the certificates (PEM) that the receiver’s certificate must lead to. Without it, those of the system count.'),
  classes: z
    .array(z.enum(classes))
    .min(1)
    .max(classes.length)
    .default(['alarm'])
    .describe(`What it gets: ${classes.join(', ')}. Gaps in these are told besides.`),
  timeout: durationOption({ min: '1s', max: '2m', default: '10s' }).describe('Longest wait for an answer, 1s to 2m.'),
  concurrency: z
    .int()
    .min(1)
    .max(16)
    .default(4)
    .describe('Unanswered entries at most, 1 to 16. From 4 on one place is kept for critical alarms.'),
  retryMin: durationOption({ min: '100ms', max: '1m', default: '1s' }).describe('Shortest wait before the next try, 100ms to 1m.'),
  retryMax: durationOption({ min: '1s', max: '1h', default: '1m' }).describe('Longest wait before the next try, 1s to 1h.'),
});

/** `destinations`: who else gets what the hub gets. */
export const destinationsOptions = z
  .array(webhookOptions)
  .max(8)
  .refine(
    (all) => new Set(all.map(({ name }) => name)).size === all.length,
    saying({ en: 'two destinations have one name', ko: '이름이 같은 전송 대상이 둘 있습니다' }),
  );
export type WebhookOptions = z.output<typeof webhookOptions>;
