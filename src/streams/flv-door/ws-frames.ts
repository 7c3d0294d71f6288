// WebSocket frames (RFC 6455): binary ones out, and of what a reader sends only what must be answered. Pure.
import { createHash } from 'node:crypto';

/** The answer to a handshake's key (§4.2.2). */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

const binary = 0x2;
const closing = 0x8;
const ping = 0x9;
const pong = 0xa;

/** The head of a binary frame with `length` bytes behind it (§5.2). */
export function binaryHead(length: number): Buffer {
  return head(binary, length);
}

function head(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, length]);
  const wide = length > 0xffff;
  const bytes = Buffer.alloc(wide ? 10 : 4);
  bytes[0] = 0x80 | opcode;
  bytes[1] = wide ? 127 : 126;
  if (wide) bytes.writeBigUInt64BE(BigInt(length), 2);
  else bytes.writeUInt16BE(length, 2);
  return bytes;
}

/** A closing frame with a status code (§7.4). */
export function closeFrame(code: number): Buffer {
  const bytes = Buffer.concat([head(closing, 2), Buffer.alloc(2)]);
  bytes.writeUInt16BE(code, 2);
  return bytes;
}

export interface WsHearing {
  /** Takes bytes of the reader; what must be sent for them. `over`: the connection ends after that. */
  hear(bytes: Buffer): { readonly answer: Buffer; readonly over: boolean };
}

const nothing = Buffer.alloc(0);
/** A reader has nothing to say: a longer frame is none of a player. */
const maxPayloadBytes = 1_024;

/** Answers a ping, which is its mask and what it says masked. */
function pongOf(masked: Buffer): Buffer {
  const payload = Buffer.from(masked.subarray(4)).map((byte, at) => byte ^ (masked[at % 4] ?? 0));
  return Buffer.concat([head(pong, payload.length), payload]);
}

/** Opens the ear of one connection: of the pings in one read the last is answered (§5.5.3), messages passed over, unmasked and long frames end it (§5.1). */
export function openWsHearing(): WsHearing {
  let rest: Buffer = nothing;
  let over = false;
  const end = (code: number): { readonly close: Buffer } => {
    over = true;
    return { close: closeFrame(code) };
  };
  /** What the next frame asks for: an end, an answer, or nothing. */
  const take = (): { readonly ping?: Buffer; readonly close?: Buffer } | undefined => {
    if (rest.length < 2) return undefined;
    const [first = 0, second = 0] = rest;
    const opcode = first & 0x0f;
    const short = second & 0x7f;
    if ((second & 0x80) === 0) return end(1002);
    if (short === 127 || (opcode >= 8 && short > 125)) return end(1009);
    const start = short === 126 ? 8 : 6;
    if (rest.length < start) return undefined;
    const length = short === 126 ? rest.readUInt16BE(2) : short;
    if (length > maxPayloadBytes) return end(1009);
    if (rest.length < start + length) return undefined;
    const masked = rest.subarray(start - 4, start + length);
    rest = rest.subarray(start + length);
    if (opcode === closing) return end(1000);
    return opcode === ping ? { ping: masked } : {};
  };
  return {
    hear(bytes) {
      if (over) return { answer: nothing, over };
      rest = Buffer.concat([rest, bytes]);
      let last: Buffer | undefined;
      for (let taken = take(); taken; taken = take()) {
        if (taken.close) return { answer: last ? Buffer.concat([pongOf(last), taken.close]) : taken.close, over };
        last = taken.ping ?? last;
      }
      return { answer: last ? pongOf(last) : nothing, over };
    },
  };
}
