// Signed bodies, pure: HMAC-SHA-256 over the bytes as they came, with a time against replays where the sender signs one.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { plausibleFromMs } from '#base';
import type { SignatureOptions } from '../signature-option.ts';

/** What is said of one signed body. `late`: the time is missing, no time, or too far from ours. */
export type Verdict = 'right' | 'wrong' | 'late';

/** Whether `signature` and `time`, as the headers have them, belong to `body`. Takes as long for each wrong signature of the right form. */
export function judgeSignature(
  options: SignatureOptions,
  { signature, time, body }: { readonly signature: string | undefined; readonly time: string | undefined; readonly body: Uint8Array },
  nowMs: number,
): Verdict {
  const { secret, encoding, prefix, timestamp } = options;
  const given = bytesOf(signature, { encoding, prefix });
  const mac = createHmac('sha256', secret);
  if (timestamp) mac.update(`${time ?? ''}${timestamp.joint}`);
  const expected = mac.update(body).digest();
  if (!given || !timingSafeEqual(given, expected)) return 'wrong';
  if (!timestamp || nowMs < plausibleFromMs) return 'right';
  const sentMs = timeOf(time);
  return sentMs !== undefined && Math.abs(nowMs - sentMs) <= timestamp.window ? 'right' : 'late';
}

/** The 32 bytes that a header holds; undefined when it holds anything else. */
function bytesOf(header: string | undefined, { encoding, prefix }: Pick<SignatureOptions, 'encoding' | 'prefix'>): Buffer | undefined {
  if (header === undefined || !header.startsWith(prefix)) return undefined;
  const text = header.slice(prefix.length);
  const form = encoding === 'hex' ? /^[0-9a-f]{64}$/i : /^[A-Za-z0-9+/]{43}=$/;
  return form.test(text) ? Buffer.from(text, encoding) : undefined;
}

/** Wall milliseconds of a header with the time of sending. */
export function timeOf(time: string | undefined): number | undefined {
  if (time === undefined || time.length > 40) return undefined;
  if (/^\d{9,13}$/.test(time)) return Number(time) < 1e11 ? Number(time) * 1000 : Number(time);
  const parsed = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/.test(time) ? Date.parse(time) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}
