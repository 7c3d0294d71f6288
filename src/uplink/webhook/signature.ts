// What a receiver knows the gateway by: an HMAC over the time and the body.
import { createHmac } from 'node:crypto';

/** Header with the seconds since 1970 at which this try was signed. */
export const timestampHeader = 'bongsu-timestamp';
/** Header with `sha256=` and 64 hexadecimal digits. */
export const signatureHeader = 'bongsu-signature';

/** HMAC-SHA-256 (RFC 2104) over the timestamp as text, a full stop and the body, all in UTF-8. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`, 'utf8').digest('hex')}`;
}
