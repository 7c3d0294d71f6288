// What no retry can cure: a thing that the outbox refuses for what it is, not for how the store is.
import { BongsuError } from '#base';

/** Whether trying the same again can never succeed. All else is tried again, unknown errors too. */
export function isHopeless(error: unknown): boolean {
  return error instanceof BongsuError && !error.retryable && error.code.startsWith('outbox.');
}
