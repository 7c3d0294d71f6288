// Tokens in addresses: found as a path segment, looked up by their hash; the token itself is kept nowhere.
import { createHash } from 'node:crypto';

/** The hash of the token in `/s/TOKEN` (or `/still/TOKEN`), with whatever follows; undefined when there is none. */
export function tokenHashIn(url: string, prefix: 's' | 'still'): string | undefined {
  const path = url.replace(/^[a-z]{4,5}:\/\/[^/]*/i, '');
  const match = /^\/(s|still)\/([A-Za-z0-9_-]{16,200})(?=[/?]|$)/.exec(path);
  return match?.[1] === prefix && match[2] !== undefined ? hashToken(match[2]) : undefined;
}

/** SHA-256 of the token, hexadecimal. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
