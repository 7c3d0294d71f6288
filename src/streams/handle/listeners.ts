// Where the media process listens, as it told last, and the addresses that follow from it.
import type { GrantForm, StreamProtocol } from '#model';
import type { StreamsOptions } from '../options.ts';
import type { MediaOptions } from '../protocol.ts';

export interface Listener {
  readonly state: 'starting' | 'listening' | 'failed';
  readonly host: string;
  readonly port: number;
  /** Why it cannot listen; empty otherwise. */
  readonly reason: string;
}

export type ListenerName = 'rtsp' | 'http';

export interface Listeners {
  readonly rtsp: Listener;
  readonly http: Listener;
  /** The one at which a grant is used. */
  of(form: GrantForm, protocol?: StreamProtocol): Listener;
  set(name: ListenerName, listener: Listener): void;
  /** The process is gone; the next one listens where it did, also when the port was a free one. */
  restart(): void;
  /** The options of the next media process. */
  mediaOptions(): MediaOptions;
  /** The address that opens with `token`. */
  address(form: GrantForm, token: string, protocol?: StreamProtocol): string;
  /** The same from this machine. */
  localAddress(form: GrantForm, token: string, protocol?: StreamProtocol): string;
}

/** Opens the record; nothing listens yet. */
export function openListeners(options: StreamsOptions): Listeners {
  const now: Record<ListenerName, Listener> = { rtsp: starting(options.rtsp), http: starting(options.http) };
  const secure = options.tls === undefined ? '' : 's';
  return {
    get rtsp() {
      return now.rtsp;
    },
    get http() {
      return now.http;
    },
    of: (form, protocol = 'rtsp') => (form === 'stream' && protocol === 'rtsp' ? now.rtsp : now.http),
    set(name, listener) {
      now[name] = listener;
    },
    restart() {
      now.rtsp = starting(now.rtsp);
      now.http = starting(now.http);
    },
    mediaOptions: () => ({
      rtsp: { host: options.rtsp.host, port: now.rtsp.port },
      http: { host: options.http.host, port: now.http.port },
      udpPort: options.rtsp.udpPort,
      allowFrom: options.allowFrom,
      ffmpeg: options.ffmpeg,
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      closeAfterMs: options.closeAfter,
      openTimeoutMs: options.openTimeout,
      frameTimeoutMs: options.frameTimeout,
      maxReaders: options.maxReaders,
      maxConnections: options.maxConnections,
      readerBufferBytes: options.readerBuffer,
      gopMemoryBytes: options.gopMemory,
    }),
    address(form, token, protocol) {
      const { host, rtspPort, httpPort } = options.advertise;
      return locate({ host, rtspPort: rtspPort ?? now.rtsp.port, httpPort: httpPort ?? now.http.port, secure }, token, form, protocol);
    },
    localAddress(form, token, protocol) {
      const { host } = now[form === 'stream' && (protocol ?? 'rtsp') === 'rtsp' ? 'rtsp' : 'http'];
      const here = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
      return locate({ host: here, rtspPort: now.rtsp.port, httpPort: now.http.port, secure }, token, form, protocol);
    },
  };
}

function starting(address: { readonly host: string; readonly port: number }): Listener {
  return { state: 'starting', host: address.host, port: address.port, reason: '' };
}

interface Doors {
  readonly host: string;
  readonly rtspPort: number;
  readonly httpPort: number;
  /** `s` with TLS, else empty. */
  readonly secure: '' | 's';
}

function locate({ host, rtspPort, httpPort, secure }: Doors, token: string, form: GrantForm, protocol: StreamProtocol = 'rtsp'): string {
  const named = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (form === 'still') return `http${secure}://${named}:${httpPort}/still/${token}`;
  if (protocol === 'rtsp') return `rtsp${secure}://${named}:${rtspPort}/s/${token}`;
  return `${protocol === 'ws-flv' ? 'ws' : 'http'}${secure}://${named}:${httpPort}/s/${token}/live.flv`;
}
