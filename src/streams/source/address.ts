// Addresses of cameras: where to connect, over what, and what the camera is asked for.

/** A camera's address, read. */
export interface CameraAddress {
  readonly host: string;
  readonly port: number;
  /** What requests name: `rtsp://` or `rtsps://`, without user information, fragment or control characters. */
  readonly url: string;
  readonly isTls: boolean;
  /** Whether RTSP travels inside HTTP. */
  readonly isTunnel: boolean;
  /** Of the tunnel's HTTP requests. */
  readonly path: string;
}

interface Scheme {
  readonly port: number;
  readonly isTls: boolean;
  readonly isTunnel: boolean;
}

const schemes: Readonly<Record<string, Scheme>> = {
  rtsp: { port: 554, isTls: false, isTunnel: false },
  rtsps: { port: 322, isTls: true, isTunnel: false },
  http: { port: 80, isTls: false, isTunnel: true },
  https: { port: 443, isTls: true, isTunnel: true },
};

const pattern =
  /^(rtsps?|https?):\/\/(?:[^/?#@]*@)?(\[[0-9a-f:.]{2,45}(?:%\w{1,16})?\]|[^/?#:@\s]{1,253})(?::(\d{1,5}))?([/?][^\s#]{0,2000})?$/i;

/** Undefined when it is not `rtsp://`, `rtsps://`, or `http://` or `https://` for the tunnel. */
export function parseAddress(text: string): CameraAddress | undefined {
  const match = pattern.exec(text);
  const scheme = schemes[(match?.[1] ?? '').toLowerCase()];
  if (!match?.[2] || !scheme) return undefined;
  const port = Number(match[3] ?? scheme.port);
  if (port < 1 || port > 65_535) return undefined;
  const { isTls, isTunnel } = scheme;
  const path = match[4] ?? '/';
  const named = match[3] === undefined ? match[2] : `${match[2]}:${match[3]}`;
  const url = `${isTls && !isTunnel ? 'rtsps' : 'rtsp'}://${named}${path}`;
  return { host: match[2].replace(/^\[|\]$/g, ''), port, url, isTls, isTunnel, path: path.startsWith('/') ? path : `/${path}` };
}
