// The line to a camera: what RTSP travels over. A TCP connection, TLS, or two HTTP connections (the tunnel that passes where RTSP does not).
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { CameraAddress } from './address.ts';

/** Where a line's bytes and its fate go. */
export interface LineEvents {
  /** Bytes of the camera; overwritten afterwards. */
  bytes(bytes: Uint8Array): void;
  connected(): void;
  /** It failed: an errno, or a refusal in words. `closed` may come as well. */
  failed(detail: string): void;
  closed(): void;
}

export interface LineOptions {
  /** The buffer that all cameras' sockets read into, one after the other. */
  readonly readBuffer: Uint8Array;
  /** Called with each read. */
  readonly onRead?: (() => void) | undefined;
  /** A name for the tunnel that no other has, 8 to 64 letters and digits. */
  readonly cookie: string;
}

export interface CameraLine {
  /** IP address at the other end; undefined until it is connected. */
  readonly peer: string | undefined;
  readonly writable: boolean;
  write(text: string): void;
  destroy(): void;
}

/** Opens a line to a camera. */
export type OpenLine = (address: CameraAddress, options: LineOptions, events: LineEvents) => CameraLine;

/** Begins to connect. What is written meanwhile is sent then. */
export function openCameraLine(address: CameraAddress, options: LineOptions, events: LineEvents): CameraLine {
  if (address.isTunnel) return openTunnel(address, options, events);
  const socket = openSocket(address, options, events);
  return {
    get peer() {
      return socket.remoteAddress;
    },
    get writable() {
      return socket.writable;
    },
    write: (text) => void socket.write(text),
    destroy: () => void socket.destroy(),
  };
}

/**
 * Less than a slab (128 KiB): what a read brings ends at most one of them, so that none is filled again before the event loop turns. A datagram line
 * sends what it was given only then.
 */
const maxReadBytes = 64 * 1024;

/** Reads go into the shared buffer and are handed on before the next read: no allocation for each (measured, see the decision on forwarding). */
function openSocket(address: CameraAddress, { readBuffer, onRead }: LineOptions, events: LineEvents): Socket {
  const onread = {
    buffer: readBuffer.subarray(0, maxReadBytes),
    callback: (count: number, buffer: Uint8Array) => {
      events.bytes(buffer.subarray(0, count));
      onRead?.();
      return true;
    },
  };
  const target = { host: address.host, port: address.port, onread };
  // Cameras sign their own certificates; the password is proved by Digest, not sent (docs/decisions/camera-https.md).
  const socket: Socket = address.isTls ? connectTls({ ...target, rejectUnauthorized: false, minVersion: 'TLSv1.2' }) : connect(target);
  socket.once(address.isTls ? 'secureConnect' : 'connect', events.connected);
  socket.on('error', (error: NodeJS.ErrnoException) => events.failed(error.code ?? ''));
  socket.once('close', events.closed);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 15_000);
  return socket;
}

const maxHeadBytes = 8 * 1024;
/** A camera that counts takes the tunnel for over after so many bytes; it is announced and never reached, as everybody does. */
const announcedBytes = 32_767;

/** RTSP over HTTP, as QuickTime made it and ONVIF took it over (ONVIF Streaming §5.1.1.4): the camera's bytes come by GET, ours go by POST in base64. */
function openTunnel(address: CameraAddress, options: LineOptions, events: LineEvents): CameraLine {
  const head = (method: string, more: string): string =>
    `${method} ${address.path} HTTP/1.0\r\nHost: ${address.host}:${address.port}\r\nx-sessioncookie: ${options.cookie}\r\n${more}\r\n`;
  let greeting: string | undefined = '';
  let outward: Socket | undefined;
  const waiting: string[] = [];

  const begin = (): void => {
    outward = openSocket(address, { ...options, onRead: undefined }, { ...events, bytes: () => {}, connected: () => {} });
    outward.write(head('POST', `Content-Type: application/x-rtsp-tunnelled\r\nContent-Length: ${announcedBytes}\r\n`));
    for (const text of waiting.splice(0)) outward.write(text);
    events.connected();
  };
  const greet = (bytes: Uint8Array): void => {
    const text = `${greeting ?? ''}${Buffer.from(bytes).toString('latin1')}`;
    const end = text.indexOf('\r\n\r\n');
    greeting = end < 0 ? text : undefined;
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
    if (end < 0 && text.length > maxHeadBytes) events.failed('HTTP head too large');
    if (end < 0) return;
    if (status === '200') begin();
    else events.failed(`HTTP ${status ?? '?'}`);
    if (status === '200' && text.length > end + 4) events.bytes(Buffer.from(text.slice(end + 4), 'latin1'));
  };
  const inward = openSocket(address, options, {
    ...events,
    bytes: (bytes) => (greeting === undefined ? events.bytes(bytes) : greet(bytes)),
    connected: () => {},
  });
  inward.write(head('GET', 'Accept: application/x-rtsp-tunnelled\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n'));
  return {
    get peer() {
      return inward.remoteAddress;
    },
    get writable() {
      return inward.writable && outward?.writable === true;
    },
    write(text) {
      const encoded = Buffer.from(text, 'latin1').toString('base64');
      if (outward) outward.write(encoded);
      else waiting.push(encoded);
    },
    destroy() {
      inward.destroy();
      outward?.destroy();
    },
  };
}
