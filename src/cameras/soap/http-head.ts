// The head of a camera's HTTP/1.1 answer: status and headers out of bytes, as forgiving as cameras need and no more (RFC 9112 §4, §5).

/** What an answer says before its body. */
export interface HttpHead {
  readonly status: number;
  /** Of one name all its values in their order; names in small letters. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** How the end of the body is known. */
  readonly body: BodyFraming;
  /** Whether the connection may serve again when the body has ended. */
  readonly keeps: boolean;
}

/** A body of so many bytes, in chunks, or up to the end of the connection. */
export type BodyFraming = number | 'chunked' | 'until-close';

const maxHeaders = 128;
const maxLengthDigits = 12;
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: .{0,500})?$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,80})[ \t]*:[ \t]*(.*)$/;

/** Reads a head without its empty last line; `\n` alone ends a line too. A text says why it is none. */
export function readHead(text: string): HttpHead | string {
  const [first = '', ...lines] = text.trimEnd().split(/\r?\n/);
  const said = statusLine.exec(first.trimEnd());
  if (!said) return 'no HTTP status line';
  const headers = readHeaders(lines);
  if (typeof headers === 'string') return headers;
  const status = Number(said[2]);
  const body = framingOf(status, headers);
  if (body === undefined) return 'a bad Content-Length';
  const wishes = (headers.get('connection') ?? []).join(',').toLowerCase();
  const keeps = said[1] === '1' ? !wishes.includes('close') : wishes.includes('keep-alive');
  // A length beside chunks is a smuggler's trick or a mistake: read as chunks, and nothing after it (RFC 9112 §6.3).
  const isPlain = body !== 'until-close' && !(body === 'chunked' && headers.has('content-length'));
  return { status, headers, body, keeps: keeps && isPlain };
}

function readHeaders(lines: readonly string[]): Map<string, string[]> | string {
  const headers = new Map<string, string[]>();
  let last: string[] | undefined;
  for (const [index, line] of lines.entries()) {
    if (index >= maxHeaders) return `more than ${maxHeaders} headers`;
    if (/^[ \t]/.test(line) && last) {
      last.push(`${last.pop() ?? ''} ${line.trim()}`);
      continue;
    }
    const match = headerLine.exec(line);
    // A line that is no header says nothing; cameras write such.
    if (!match) continue;
    const name = (match[1] ?? '').toLowerCase();
    last = headers.get(name) ?? [];
    last.push((match[2] ?? '').trim());
    headers.set(name, last);
  }
  return headers;
}

/** Where the body ends; undefined when its lengths contradict each other or are none. RFC 9112 §6.3. */
function framingOf(status: number, headers: ReadonlyMap<string, readonly string[]>): BodyFraming | undefined {
  if (status < 200 || status === 204 || status === 304) return 0;
  const transfer = headers.get('transfer-encoding')?.join(',').toLowerCase();
  if (transfer !== undefined) return /(^|,)\s*chunked\s*$/.test(transfer) ? 'chunked' : 'until-close';
  const lengths = new Set(headers.get('content-length')?.flatMap((value) => value.split(',').map((part) => part.trim())));
  if (lengths.size === 0) return 'until-close';
  const [length = ''] = lengths;
  if (lengths.size > 1 || !/^\d+$/.test(length) || length.length > maxLengthDigits) return undefined;
  return Number(length);
}
