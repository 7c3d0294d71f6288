// Addresses that pictures may be pushed to: read, and held against what the configuration allows. Pure.

export interface PushAddress {
  readonly scheme: 'rtsp' | 'rtsps' | 'rtmp' | 'rtmps';
  readonly host: string;
  readonly port: number;
  /** Begins with a slash. */
  readonly path: string;
  /** Normal form, without a port that goes without saying. */
  readonly url: string;
}

const ports = { rtsp: 554, rtsps: 322, rtmp: 1935, rtmps: 443 } as const;
const pattern = /^(rtsps?|rtmps?):\/\/(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(?::(\d{1,5}))?((?:\/[\w.~%=+-]{1,200}){1,8}\/?)$/i;

/** Reads an address; undefined when it is none, names a user, or has a query. */
export function parsePushAddress(text: string): PushAddress | undefined {
  const match = text.length <= 500 ? pattern.exec(text) : null;
  const scheme = match?.[1]?.toLowerCase() as PushAddress['scheme'] | undefined;
  if (!scheme || !match?.[2] || !match[4]) return undefined;
  const port = Number(match[3] ?? ports[scheme]);
  const segments = match[4].split('/');
  if (port < 1 || port > 65_535 || segments.includes('..') || segments.includes('.') || /%2[ef]/i.test(match[4])) return undefined;
  const name = match[2].toLowerCase();
  const url = `${scheme}://${name}${port === ports[scheme] ? '' : `:${port}`}${match[4]}`;
  return { scheme, host: name.replace(/^\[|\]$/g, ''), port, path: match[4], url };
}

/** Whether `address` is `allowed`, or lies below it: the same scheme, host and port, and a path that goes on from it at a slash. */
export function isBelow(address: PushAddress, allowed: PushAddress): boolean {
  const { scheme, host, port, path } = allowed;
  if (address.scheme !== scheme || address.host !== host || address.port !== port) return false;
  return address.path === path || address.path.startsWith(path.endsWith('/') ? path : `${path}/`);
}
