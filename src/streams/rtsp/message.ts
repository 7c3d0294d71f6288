// RTSP messages: text ↔ values, both directions (RFC 2326 §4–§7), tolerant of what cameras send.

/** Header names in lower case, each with its values in the order they came. */
export type Headers = ReadonlyMap<string, readonly string[]>;

export interface RtspRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface RtspResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export type RtspMessage = RtspRequest | RtspResponse;

/** At most so many header lines in one message. */
const maxHeaders = 64;

const responseLine = /^RTSP\/\d\.\d (\d{3})(?: (.*))?$/;
const requestLine = /^([A-Z_]{3,20}) (\S{1,2048}) RTSP\/(\d)\.\d$/;
const noBody = Buffer.alloc(0);

/**
 * The message whose head is `text` (start line and headers, without the empty line), its body still empty.
 * Undefined when it is none. Header names of any case, missing spaces and bare line feeds are accepted.
 */
export function parseHead(text: string): RtspMessage | undefined {
  const lines = text.split(/\r?\n/);
  const first = (lines[0] ?? '').trimEnd();
  const headers = parseHeaders(lines.slice(1));
  if (!headers) return undefined;
  const response = responseLine.exec(first);
  if (response) return { kind: 'response', status: Number(response[1]), reason: response[2] ?? '', headers, body: noBody };
  const request = requestLine.exec(first);
  return request ? { kind: 'request', method: request[1] ?? '', url: request[2] ?? '', headers, body: noBody } : undefined;
}

function parseHeaders(lines: readonly string[]): Headers | undefined {
  const headers = new Map<string, string[]>();
  let count = 0;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    count += 1;
    if (count > maxHeaders) return undefined;
    const name = line.slice(0, colon).trim().toLowerCase();
    const values = headers.get(name);
    const value = line.slice(colon + 1).trim();
    if (values) values.push(value);
    else headers.set(name, [value]);
  }
  return headers;
}

/** First value of a header; `name` in lower case. */
export function header(message: { readonly headers: Headers }, name: string): string | undefined {
  return message.headers.get(name)?.[0];
}

/** Content-Length; 0 when absent, undefined when it is no number. */
export function bodyLength(message: RtspMessage): number | undefined {
  const text = header(message, 'content-length');
  if (text === undefined || text === '') return 0;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A request as bytes on the wire. Control characters in values are dropped. */
export function encodeRequest(method: string, url: string, headers: Readonly<Record<string, string>>): string {
  return `${clean(`${method} ${url} RTSP/1.0`)}\r\n${encodeHeaders(headers)}\r\n`;
}

/** A response as bytes on the wire; Content-Length is added where there is a body. */
export function encodeResponse(status: number, headers: Readonly<Record<string, string>>, body = ''): string {
  const length: Record<string, string> = body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  return `RTSP/1.0 ${status} ${reasonPhrases[status] ?? 'Error'}\r\n${encodeHeaders({ ...headers, ...length })}\r\n${body}`;
}

function encodeHeaders(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${clean(value)}\r\n`)
    .join('');
}

function clean(text: string): string {
  return text.replace(/\p{Cc}/gu, '');
}

/** Status codes that are answered here (RFC 2326 §7.1.1). */
const reasonPhrases: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  551: 'Option not supported',
};
