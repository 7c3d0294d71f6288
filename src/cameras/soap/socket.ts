// The raw socket under a line: plain or TLS, reading into one buffer that all plain sockets share, and its errors in words.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '#base';
import { type Failure, failure } from '../faults.ts';

/** Who hears a socket. `bytes` are valid during the call alone. */
export interface SocketListener {
  onReady(socket: Socket): void;
  onBytes(socket: Socket, bytes: Buffer): void;
  /** May come more than once. */
  onEnd(socket: Socket, error?: Error): void;
}

/** All plain sockets read into this: their listeners take the bytes before the next read. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/** Connects to the host of an `http:` or `https:` address. */
export function openSocket(url: URL, listener: SocketListener): Socket {
  const isTls = url.protocol === 'https:';
  const target = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || (isTls ? 443 : 80)), noDelay: true };
  const onread = {
    buffer: shared,
    callback(size: number) {
      listener.onBytes(socket, shared.subarray(0, size));
      return true;
    },
  };
  // Cameras sign their own certificates: whom one trusts is decided by its fingerprint (docs/decisions/camera-https.md).
  const socket: Socket = isTls
    ? connectTls({ ...target, rejectUnauthorized: false, minVersion: 'TLSv1.2' }, () => listener.onReady(socket))
    : connect({ ...target, onread }, () => listener.onReady(socket));
  if (isTls) socket.on('data', (bytes: Buffer) => listener.onBytes(socket, bytes));
  const onEnd = (error?: Error | boolean): void => listener.onEnd(socket, error instanceof Error ? error : undefined);
  return socket.on('error', onEnd).on('end', onEnd).on('close', onEnd);
}

const unreachableCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTDOWN']);

/** What the error of a socket to `where` means. */
export function classify(error: Error, where: string): Failure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (unreachableCodes.has(code)) return failure('unreachable', `${where} ${code}`);
  if (code === 'ECONNRESET' || code === 'EPIPE') return failure('closed', where);
  if (/^(ERR_SSL|ERR_TLS|EPROTO)/.test(code))
    return failure('garbage', { ko: `${where}, HTTPS 아님(${code})`, en: `${where}, no HTTPS (${code})` });
  return failure('unreachable', `${where} ${code || messageOf(error)}`);
}

/** What it means that an answer of `where` cannot be read. */
export function brokenBy(problem: string, where: string): Failure {
  if (problem === earlyEnd) return failure('closed', where);
  return failure('garbage', { ko: `${where}, HTTP 이상(${problem})`, en: `${where}, no proper HTTP (${problem})` });
}

/** Said of an answer that the end of the connection cut off. */
export const earlyEnd = 'the connection ended early';
