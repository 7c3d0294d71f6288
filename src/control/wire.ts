// The lines on the local socket: NDJSON envelopes, their bounds, and the splitter that enforces them before anything is parsed.
import { z } from 'zod';
import { BongsuError } from '#base';
import { textView } from './views.ts';

/** Bounds of the local socket. */
export const limits = {
  /** Bytes of one request line. */
  requestBytes: 64 * 1024,
  /** Bytes of one answer line: a still of 8 MiB in Base64 and its envelope. */
  answerBytes: 12 * 1024 * 1024,
  connections: 32,
  /** Requests that wait behind the running one on a connection; one more closes it. */
  waiting: 4,
  /** A connection that asks nothing for so long is closed. */
  idleMs: 60_000,
  /** A client that does not read for so long is cut off. */
  stallMs: 10_000,
  /** An operation that is answered once has so long. */
  callMs: 60_000,
} as const;

const claimedUser = z.string().regex(/^[^\p{C}\p{Z}]{1,64}$/u);

/** A request line. `user` is a claim, see CallContext. */
export const requestLine = z.strictObject({
  id: z.int().min(0),
  operation: z.string().max(40),
  user: claimedUser,
  input: z.unknown(),
});

const faultBody = z.object({ code: z.string(), message: textView, hint: textView, retryable: z.boolean() });

/** An answer line; `id` is null where the request had none that could be read. */
export const answerLine = z.union([
  z.strictObject({ id: z.int(), answer: z.unknown() }),
  z.strictObject({ id: z.int(), item: z.unknown() }),
  z.strictObject({ id: z.int(), end: z.literal(true) }),
  z.strictObject({ id: z.int().nullable(), fault: faultBody }),
]);
export type AnswerLine =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly item: unknown }
  | { readonly id: number; readonly end: true }
  | { readonly id: number | null; readonly fault: z.output<typeof faultBody> };

/** A fault as an answer line. */
export function faultLine(id: number | null, error: BongsuError): AnswerLine {
  return { id, fault: { code: error.code, message: error.text, hint: error.hint, retryable: error.retryable } };
}

/** The fault of an answer line as an error again, with the gateway's own code and texts. */
export function faultOfLine(fault: z.output<typeof faultBody>): BongsuError {
  return new BongsuError(fault.code, { message: fault.message, hint: fault.hint, retryable: fault.retryable });
}

/** Cuts a byte stream into lines; `overflow` once a line is longer than allowed, after which nothing more comes out. */
export interface LineSplitter {
  push(chunk: Buffer): readonly Buffer[];
  readonly overflow: boolean;
}

/** Opens a splitter for lines of at most `maxBytes`, line feed not counted. Empty lines are passed over. */
export function openLineSplitter(maxBytes: number): LineSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let overflow = false;
  const hold = (part: Buffer): void => {
    heldBytes += part.length;
    if (heldBytes > maxBytes) {
      overflow = true;
      held = [];
    } else if (part.length > 0) held.push(part);
  };
  return {
    get overflow() {
      return overflow;
    },
    push(chunk) {
      const lines: Buffer[] = [];
      let start = 0;
      while (!overflow) {
        const feed = chunk.indexOf(0x0a, start);
        hold(chunk.subarray(start, feed === -1 ? undefined : feed));
        if (feed === -1) break;
        if (heldBytes > 0 && !overflow) lines.push(Buffer.concat(held));
        held = [];
        heldBytes = 0;
        start = feed + 1;
      }
      return lines;
    },
  };
}

/** The JSON value of a line, or undefined when it is no UTF-8 or no JSON. */
export function parseLine(line: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch {
    return undefined;
  }
}
