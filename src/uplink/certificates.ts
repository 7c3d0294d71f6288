// The certificate files of a route as they lie on the disk at this moment: read, dated, and watched for renewal.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type Env, messageOf } from '#base';
import { uplinkFaults } from './faults.ts';
import type { Route } from './routes.ts';

/** The PEM texts of one connection. */
export interface Certificates {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** When certificates end, wall milliseconds; undefined where there is none or it has not been seen. */
export interface CertificateEnds {
  /** Of this gateway's own. */
  readonly own: number | undefined;
  /** Of the broker's, as it last showed it. */
  readonly broker: number | undefined;
}

const maxPemBytes = 1_048_576;

/**
 * Reads the certificate files, at each attempt anew so that renewals need no restart. Files beyond 1 MiB are refused.
 * @throws uplink.tls-file
 */
export async function readCertificates(tls: Route['tls']): Promise<Certificates> {
  const [ca, cert, key] = await Promise.all([readPem(tls.ca), readPem(tls.cert), readPem(tls.key)]);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

/** Undefined without a path. @throws uplink.tls-file */
export async function readPem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    await using file = await open(path);
    if ((await file.stat()).size > maxPemBytes) throw new Error(`${path} is larger than 1 MiB`);
    return await file.readFile();
  } catch (cause) {
    throw uplinkFaults.fault('tls-file', { cause, detail: messageOf(cause) });
  }
}

/** When this gateway's certificate ends. Of a chain, the first. */
export function ownEnd({ cert }: Certificates): number | undefined {
  try {
    return cert && new X509Certificate(cert).validToDate.getTime();
  } catch {
    return undefined;
  }
}

/** When the certificate ends that the broker showed on this socket. */
export function brokerEnd(socket: unknown): number | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.validToDate.getTime() : undefined;
}

const lookMs = 5000;
const spreadMs = 30_000;

/**
 * Resolves with true when the files have been renewed, are fit to use, and a random wait of up to 30 s is over (a hundred gateways may get theirs at once);
 * with false when `signal` aborts.
 */
export async function awaitRenewal(tls: Route['tls'], signal: AbortSignal, env: Env): Promise<boolean> {
  const paths = [tls.ca, tls.cert, tls.key].filter((path) => path !== undefined);
  const known = await marksOf(paths);
  try {
    for (;;) {
      await env.clock.sleep(lookMs, signal);
      if ((await marksOf(paths)) === known || !(await areFit(tls))) continue;
      await env.clock.sleep(env.random.uniform() * spreadMs, signal);
      return true;
    }
  } catch {
    return false;
  }
}

async function areFit(tls: Route['tls']): Promise<boolean> {
  try {
    const { ca, cert, key } = await readCertificates(tls);
    createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
    // OpenSSL looks at the fit only where both are of one kind.
    return !cert || !key || new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** What changes when a file is written anew or another takes its place. */
async function marksOf(paths: readonly string[]): Promise<string> {
  const marks = paths.map((path) =>
    stat(path).then(
      ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
      () => 'missing',
    ),
  );
  return (await Promise.all(marks)).join(', ');
}
