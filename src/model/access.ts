// Lawful access: what is asked, what is granted, and what is written down.
import type { Quality, StreamName } from './device.ts';

/** What a grant is asked for with; every field of it is a person's claim and is recorded as it came. */
export interface GrantRequest {
  /** Who asks and what for: `119-dispatch`. */
  readonly service: string;
  readonly incident: string;
  readonly recipient: { readonly agency: string; readonly person: string };
  /** The law's ground: `pipa-18-2-3` is 개인정보 보호법 제18조②3. */
  readonly ground: string;
  /** End, wall milliseconds. */
  readonly until: number;
  readonly emergency: { readonly reason: string } | undefined;
  /** Number of the official letter, which may follow later in an emergency. */
  readonly document: string | undefined;
}

/** What shows a picture. */
export type GrantForm = 'stream' | 'still';

/** How a stream is fetched: RTSP(S), FLV over HTTP(S) or over a WebSocket. */
export type StreamProtocol = 'rtsp' | 'http-flv' | 'ws-flv';

/** Why a grant ended. */
export type GrantEnd = 'expired' | 'closed' | 'revoked' | 'failed' | 'used' | 'preempted';

/** What the line still has room for. */
export interface StreamOffer {
  readonly quality: Quality;
}

/** A committed permission to look at one channel until a time. */
export interface Grant {
  readonly id: string;
  readonly form: GrantForm;
  readonly device: string;
  readonly channel: number;
  readonly quality: StreamName;
  /** Of a stream; absent: `rtsp`. */
  readonly protocol?: StreamProtocol | undefined;
  /** CIDR: the only network from which it opens; absent: all that the configuration allows. */
  readonly network?: string | undefined;
  /** Where its pictures are carried to, where nobody fetches them. */
  readonly pushTo?: string | undefined;
  readonly request: GrantRequest;
  /** Who asked: a hub connection's name, or `cli:USER`. */
  readonly origin: string;
  readonly openedAt: number;
  readonly until: number;
  /** SHA-256 of the token, hexadecimal; the token itself is never stored. */
  readonly tokenHash: string;
  /** When its address was first used; absent: never yet. */
  readonly usedAt?: number | undefined;
  readonly end: { readonly reason: GrantEnd; readonly at: number; readonly note: string } | undefined;
}

/** One step in the life of a grant, as it travels. */
export interface GrantStep {
  readonly grant: string;
  readonly step: 'opened' | 'extended' | 'ended' | 'revoked' | 'failed' | 'preempted';
  readonly device: string;
  readonly channel: number;
  readonly service: string;
  readonly incident: string;
  readonly time: number;
  readonly until: number;
  readonly reason: string;
  /** Of `preempted`: what fits instead; absent: nothing. */
  readonly offer?: StreamOffer;
}

/** Newest link of the audit chain, told to the hub so that it cannot be rewritten here in silence. */
export interface AuditHead {
  readonly row: number;
  /** SHA-256 of the row and of the hash before it, hexadecimal. */
  readonly hash: string;
  readonly time: number;
}
