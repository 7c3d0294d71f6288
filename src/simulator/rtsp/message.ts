// Pure reading and writing of RTSP 1.0 messages and interleaved frames, bounded, for the cameras' server and the hub's reader.

/** What stood at the start of the bytes. */
export type Taken =
  | {
      readonly kind: 'message';
      readonly start: string;
      readonly headers: ReadonlyMap<string, readonly string[]>;
      readonly body: Buffer;
      readonly size: number;
    }
  | { readonly kind: 'frame'; readonly channel: number; readonly payload: Buffer; readonly size: number }
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly problem: string };

const maxHeadBytes = 8192;
const maxBodyBytes = 65_536;

/** Takes one message or one interleaved frame (RFC 2326 §10.12) from the front of `bytes`. Payload and body are views. */
export function takeRtsp(bytes: Buffer): Taken {
  if (bytes.length === 0) return { kind: 'more' };
  if (bytes[0] === 0x24) return takeFrame(bytes);
  let lead = 0;
  while (bytes[lead] === 13 || bytes[lead] === 10) lead += 1;
  const end = bytes.indexOf('\r\n\r\n', lead, 'latin1');
  if (end < 0) return bytes.length - lead > maxHeadBytes ? { kind: 'bad', problem: 'header too long' } : { kind: 'more' };
  if (end - lead > maxHeadBytes) return { kind: 'bad', problem: 'header too long' };
  const [start = '', ...lines] = bytes.toString('utf8', lead, end).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) return { kind: 'bad', problem: 'header without colon' };
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  const length = Number(headers.get('content-length')?.[0] ?? 0);
  if (!Number.isInteger(length) || length < 0 || length > maxBodyBytes) return { kind: 'bad', problem: 'body too long' };
  const size = end + 4 + length;
  if (bytes.length < size) return { kind: 'more' };
  return { kind: 'message', start, headers, body: bytes.subarray(end + 4, size), size };
}

function takeFrame(bytes: Buffer): Taken {
  if (bytes.length < 4) return { kind: 'more' };
  const size = 4 + bytes.readUInt16BE(2);
  if (bytes.length < size) return { kind: 'more' };
  return { kind: 'frame', channel: bytes[1] ?? 0, payload: bytes.subarray(4, size), size };
}

/** Writes a message; values with line breaks are cut there. */
export function writeRtsp(start: string, headers: readonly (readonly [string, string])[], body = ''): string {
  const lines = headers.map(([name, value]) => `${name}: ${value.split(/[\r\n]/, 1)[0]}`);
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return [start, ...lines, '', body].join('\r\n');
}
