// The connection below MQTT: TCP without delay, or TLS as the route asks for it.
import { createHash, X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls';
import { messageOf } from '#base';
import type { Certificates } from './certificates.ts';
import { uplinkFaults } from './faults.ts';
import type { Route } from './routes.ts';

/** Where the broker listens. */
export interface Address {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

/** Reads the address out of a URL that the options have checked. Default ports 8883 and 1883. */
export function parseAddress(url: string): Address {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'mqtts:';
  return { secure, host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (secure ? 8883 : 1883) : Number(port) };
}

/**
 * Starts the connection; it may be written to at once, and nothing leaves before the broker's certificate is found to be right. Small packets leave at once
 * (TCP no-delay).
 * @throws uplink.tls-file when a certificate or key is no PEM or they do not fit together; uplink.tls-settings
 */
export function openSocket(address: Address, certificates: Certificates, tls: Route['tls']): Socket {
  const { host, port } = address;
  if (!address.secure) return connectTcp({ host, port, noDelay: true });
  const { ciphers, minVersion, maxVersion, pins } = tls;
  const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined);
  try {
    const socket = connectTls({
      host,
      port,
      ...certificates,
      minVersion,
      maxVersion,
      ...(servername !== undefined && { servername }),
      ...(ciphers !== undefined && { ciphers }),
      checkServerIdentity: (name, peer) => checkServerIdentity(name, peer) ?? checkPins(pins, peer.raw, chainOf(peer)),
    });
    return socket.setNoDelay(true);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const isSetting = /CIPHER|PROTOCOL|VERSION/.test(code);
    throw uplinkFaults.fault(isSetting ? 'tls-settings' : 'tls-file', { cause, detail: messageOf(cause) });
  }
}

const maxChain = 10;

/** The certificates above the peer's own, which TLS has verified. */
function chainOf(peer: DetailedPeerCertificate | PeerCertificate): readonly Buffer[] {
  const above: Buffer[] = [];
  let below = peer;
  while ('issuerCertificate' in below && below.issuerCertificate !== below && above.length < maxChain) {
    below = below.issuerCertificate;
    above.push(below.raw);
  }
  return above;
}

/** The fault when there are pins and none fits. */
function checkPins(pins: readonly string[], own: Buffer, above: readonly Buffer[]): Error | undefined {
  if (pins.length === 0 || [own, ...above].some((certificate) => pins.includes(pinOf(certificate)))) return undefined;
  return uplinkFaults.fault('pin-mismatch', { detail: pinOf(own) });
}

/** SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469 §2.4), base64. */
function pinOf(certificate: Buffer): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}
