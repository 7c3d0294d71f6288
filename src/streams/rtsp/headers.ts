// Headers and addresses with a grammar of their own: Transport, Session, Content-Base and control.
import { header, type RtspResponse } from './message.ts';

/** Numbers of the two interleaved channels of a track. */
export interface ChannelPair {
  readonly rtp: number;
  readonly rtcp: number;
}

/** The channels in a Transport header that asks for or grants RTP over this connection (RFC 2326 §12.39); undefined when none of its offers does. */
export function interleavedOffer(value: string, fallback: ChannelPair): ChannelPair | undefined {
  for (const offer of value.slice(0, 2048).split(',')) {
    const parts = offer.split(';').map((part) => part.trim().toLowerCase());
    if (!/^rtp\/avp\/tcp$/.test(parts[0] ?? '')) continue;
    const match = /^interleaved=(\d{1,3})(?:-(\d{1,3}))?$/.exec(parts.find((part) => part.startsWith('interleaved=')) ?? '');
    if (!match) return fallback;
    const rtp = Number(match[1]);
    const rtcp = match[2] === undefined ? rtp + 1 : Number(match[2]);
    if (rtp <= 255 && rtcp <= 255 && rtp !== rtcp) return { rtp, rtcp };
  }
  return undefined;
}

/** The ports from which a server sends over UDP, where its Transport header says so (RFC 2326 §12.39). */
export function serverPorts(value: string): ChannelPair | undefined {
  const match = /;\s*server_port=(\d{1,5})(?:-(\d{1,5}))?/i.exec(value.slice(0, 2048));
  const rtp = Number(match?.[1] ?? 0);
  const rtcp = match?.[2] === undefined ? rtp + 1 : Number(match[2]);
  return rtp >= 1 && rtp <= 65_535 && rtcp >= 1 && rtcp <= 65_535 ? { rtp, rtcp } : undefined;
}

/** What a Session header says: the id, and the timeout in seconds (60 when absent or absurd; RFC 2326 §12.37). */
export function parseSession(value: string): { readonly id: string; readonly timeoutS: number } {
  const [id = '', ...rest] = value.split(';').map((part) => part.trim());
  const match = /^timeout\s*=\s*(\d{1,6})/i.exec(rest.find((part) => /^timeout/i.test(part)) ?? '');
  const timeoutS = Number(match?.[1] ?? 0);
  return { id, timeoutS: timeoutS >= 1 ? timeoutS : 60 };
}

/** The address that relative controls hang on: Content-Base, else Content-Location, else the one that was asked (RFC 2326 §C.1.1). */
export function baseOf(response: RtspResponse, requested: string): string {
  for (const name of ['content-base', 'content-location']) {
    const value = header(response, name);
    if (value !== undefined && /^rtsps?:\/\//i.test(value)) return withoutUser(value);
  }
  return requested;
}

/** The address of a control attribute: absolute, relative to `base`, or `base` itself for `*` and for none at all. */
export function resolveControl(base: string, control: string | undefined): string {
  if (control === undefined || control === '' || control === '*') return base;
  if (/^rtsps?:\/\//i.test(control)) return withoutUser(control);
  return `${base.replace(/\/$/, '')}/${control.replace(/^\//, '')}`;
}

function withoutUser(url: string): string {
  return url.replace(/^(rtsps?:\/\/)[^/?#]*@/i, '$1');
}
