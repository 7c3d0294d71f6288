// The envelope of a command: bounded, parsed and judged without trusting a byte of it.
import { createHash } from 'node:crypto';
import type { Command } from '#model';
import { canonicalJson, isWithinBounds } from './bounds.ts';

/** Why a command is refused here, before any room looks at its body; also the outcome's `reason` behind `command.`. */
export const refusals = {
  malformed: 'The payload is not a JSON object in UTF-8.',
  'too-large': 'The payload is larger than 16 KiB, deeper than 8 levels or has more than 512 members.',
  'name-invalid': 'The topic does not end in the name of a command.',
  'id-invalid': 'id must be 1 to 64 of A–Z, a–z, 0–9, dot, colon, underscore and hyphen.',
  'time-invalid': 'time and expires must be RFC 3339 times, and expires after time.',
  'expiry-too-far': 'expires lies more than one hour after time.',
  expired:
    'expires lies behind the gateway’s clock, or behind commands that it had before; nothing was done. Compare the clocks: this outcome carries the gateway’s time.',
  'outcome-expired': 'The command was accepted, but its outcome died with expires. It is not run again.',
  unsigned: 'The gateway takes signed commands alone, and this one bears no signature by a key that it knows.',
  retained: 'A command must not be published as a retained message.',
  'id-reused': 'The id belongs to an earlier command with another body.',
  interrupted:
    'The command was accepted before and did not come to an end, because the gateway stopped. It is not run again; look what became of it.',
  'outcome-not-kept': 'The command was run before; its outcome was too large to be kept. Ask again with a new id.',
  'outcome-too-large': 'The command was run, but its outcome is larger than the line allows.',
  busy: 'Sixteen commands are running already. Try the same again later.',
  'too-many': 'Too many commands that have not expired are remembered. Try again later.',
  'not-stored': 'The command could not be written down, so it was not run. Try the same again later.',
  failed: 'The command failed for a reason that is in the gateway’s log.',
} as const;
export type Refusal = keyof typeof refusals;

/** What the bytes turned out to be. */
export type ParsedCommand =
  /**
   * `hash`: SHA-256 of name and canonical body, hexadecimal. `expires`: as the hub says it, by its clock. `signature`: as it stood in the body, which
   * is without it now.
   */
  | { readonly kind: 'command'; readonly command: Command; readonly hash: string; readonly expires: number; readonly signature: unknown }
  /** `id` is empty when there was none that can be used. */
  | { readonly kind: 'refused'; readonly id: string; readonly reason: Refusal };

const maxCommandBytes = 16_384;
const bounds = { depth: 8, members: 512 };
const maxLifeMs = 3_600_000;
const idPattern = /^[A-Za-z0-9._:-]{1,64}$/;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A command's packet. `name` is undefined when the topic names none. */
export interface CommandPacket {
  readonly name: string | undefined;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/**
 * Parses a command. `now` is the gateway's wall clock, and the command's `expiresAt` is by it. A command of the future tells that this clock is unset or
 * behind the hub's: then its life, from `time` to `expires`, begins when it comes. Else `expires` counts as it is; whether it is over is decided at
 * acceptance.
 */
export function parseCommand(packet: CommandPacket, now: number): ParsedCommand {
  const parsed = parseBody(packet.payload);
  if (typeof parsed === 'string') return { kind: 'refused', id: '', reason: parsed };
  const { signature, ...body } = parsed;
  const id = body['id'];
  if (typeof id !== 'string' || !idPattern.test(id)) return { kind: 'refused', id: '', reason: 'id-invalid' };
  const refuse = (reason: Refusal): ParsedCommand => ({ kind: 'refused', id, reason });
  if (packet.name === undefined) return refuse('name-invalid');
  if (packet.retained) return refuse('retained');
  const issuedAt = parseTime(body['time']);
  const expires = parseTime(body['expires']);
  if (issuedAt === undefined || expires === undefined || expires <= issuedAt) return refuse('time-invalid');
  if (expires - issuedAt > maxLifeMs) return refuse('expiry-too-far');
  const expiresAt = issuedAt > now ? now + (expires - issuedAt) : expires;
  const hash = createHash('sha256')
    .update(`${packet.name}\n${canonicalJson(body)}`)
    .digest('hex');
  return { kind: 'command', command: { id, name: packet.name, issuedAt, expiresAt, body }, hash, expires, signature };
}

/** The bytes that a signature covers: the topic, a line break, and the body without its signature in canonical form (RFC 8785). */
export function signedBytes(topic: string, body: Command['body']): Buffer {
  return Buffer.from(`${topic}\n${canonicalJson(body)}`);
}

function parseBody(payload: Uint8Array): Record<string, unknown> | 'malformed' | 'too-large' {
  if (payload.byteLength > maxCommandBytes) return 'too-large';
  try {
    const text = decoder.decode(payload);
    if (!isWithinBounds(text, bounds)) return 'too-large';
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'malformed';
    return value as Record<string, unknown>;
  } catch {
    return 'malformed';
  }
}

const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Wall milliseconds of an RFC 3339 time; undefined when it is none. Days that do not exist are refused. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 40 || !timePattern.test(value)) return undefined;
  const ms = Date.parse(value);
  const day = Number(value.slice(8, 10));
  const lastDay = new Date(Date.UTC(Number(value.slice(0, 4)), Number(value.slice(5, 7)), 0)).getUTCDate();
  return Number.isNaN(ms) || day > lastDay ? undefined : ms;
}
