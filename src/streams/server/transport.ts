// The Transport header of readers (RFC 2326 §12.39): what they offer, what is taken, how it is answered. Pure.
import { type ChannelPair, interleavedOffer } from '../rtsp/index.ts';

/** Numbers of a pair of UDP ports. */
export interface PortPair {
  readonly rtp: number;
  readonly rtcp: number;
}

/** How pictures go to a reader: in its connection, or as datagrams to ports of its own. */
export type Transport =
  | { readonly kind: 'tcp'; readonly channels: ChannelPair }
  | { readonly kind: 'udp'; readonly client: PortPair; readonly server: PortPair };

/** An offer that can be taken. */
export type TransportOffer = Extract<Transport, { kind: 'tcp' }> | { readonly kind: 'udp'; readonly client: PortPair };

const firstChannels: ChannelPair = { rtp: 0, rtcp: 1 };
const maxOffers = 16;

/**
 * The offers that can be taken, in the reader's order: interleaved, or unicast UDP to ports above 1023. A `destination` is not looked at: nobody is
 * sent what he has not asked for himself.
 */
export function readTransport(value: string): readonly TransportOffer[] {
  return value
    .slice(0, 2048)
    .split(',')
    .slice(0, maxOffers)
    .flatMap((offer): TransportOffer[] => {
      const channels = interleavedOffer(offer, firstChannels);
      if (channels) return [{ kind: 'tcp', channels }];
      const client = udpOffer(offer);
      return client ? [{ kind: 'udp', client }] : [];
    });
}

function udpOffer(offer: string): PortPair | undefined {
  const [profile, ...parts] = offer.split(';').map((part) => part.trim().toLowerCase());
  if ((profile !== 'rtp/avp' && profile !== 'rtp/avp/udp') || parts.includes('multicast')) return undefined;
  const match = /^client_port=(\d{4,5})(?:-(\d{4,5}))?$/.exec(parts.find((part) => part.startsWith('client_port=')) ?? '');
  const rtp = Number(match?.[1] ?? 0);
  const rtcp = match?.[2] === undefined ? rtp + 1 : Number(match[2]);
  return rtp > 1023 && rtcp > 1023 && rtp <= 65_535 && rtcp <= 65_535 && rtp !== rtcp ? { rtp, rtcp } : undefined;
}

/** The Transport header of the answer. */
export function encodeTransport(transport: Transport): string {
  if (transport.kind === 'tcp') return `RTP/AVP/TCP;unicast;interleaved=${transport.channels.rtp}-${transport.channels.rtcp}`;
  const { client, server } = transport;
  return `RTP/AVP;unicast;client_port=${client.rtp}-${client.rtcp};server_port=${server.rtp}-${server.rtcp}`;
}
