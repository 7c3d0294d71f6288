// The connection below MQTT: TCP without delay, or TLS with the certificates as they lie on the disk at this moment.
import { open } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '#base';
import { uplinkFaults } from './faults.ts';
import type { Route } from './routes.ts';

/** Where the broker listens. */
export interface Address {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

/** The PEM texts of one connection. */
export interface Certificates {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const maxPemBytes = 1_048_576;

/** Reads the address out of a URL that the options have checked. Default ports 8883 and 1883. */
export function parseAddress(url: string): Address {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'mqtts:';
  return { secure, host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (secure ? 8883 : 1883) : Number(port) };
}

/**
 * Reads the certificate files, at each attempt anew so that renewals need no restart. Files beyond 1 MiB are refused.
 * @throws uplink.tls-file
 */
export async function readCertificates(tls: Route['tls']): Promise<Certificates> {
  const [ca, cert, key] = await Promise.all([readPem(tls.ca), readPem(tls.cert), readPem(tls.key)]);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function readPem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    await using file = await open(path);
    if ((await file.stat()).size > maxPemBytes) throw new Error(`${path} is larger than 1 MiB`);
    return await file.readFile();
  } catch (cause) {
    throw uplinkFaults.fault('tls-file', { cause, detail: messageOf(cause) });
  }
}

/**
 * Starts the connection; it may be written to at once. Small packets leave at once (TCP no-delay).
 * @throws uplink.tls-file when a certificate or key is no PEM or they do not fit together
 */
export function openSocket(address: Address, certificates: Certificates, servername: string | undefined): Socket {
  const { host, port } = address;
  if (!address.secure) return connectTcp({ host, port, noDelay: true });
  const name = servername ?? (isIP(host) === 0 ? host : undefined);
  try {
    const socket = connectTls({ host, port, ...certificates, ...(name !== undefined && { servername: name }), minVersion: 'TLSv1.2' });
    return socket.setNoDelay(true);
  } catch (cause) {
    throw uplinkFaults.fault('tls-file', { cause, detail: messageOf(cause) });
  }
}
