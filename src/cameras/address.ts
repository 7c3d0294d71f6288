// Where a camera answers: the address a technician writes, and the addresses the camera says of itself, brought together.

/** A camera's address, understood. */
export type CameraAddress =
  | { readonly protocol: 'onvif'; readonly url: URL }
  | { readonly protocol: 'rtsp'; readonly url: URL; readonly user: string; readonly password: string };

const devicePath = '/onvif/device_service';

/**
 * Understands `10.0.0.5`, `10.0.0.5:8080`, `http://host:port/path`, `https://host:port/path`, and `rtsp://host/path` or `rtsps://host/path` for a camera without ONVIF.
 * The ONVIF path is `/onvif/device_service` when none is given (ONVIF Core §5.1.1). Undefined when it is none of these.
 */
export function parseAddress(text: string): CameraAddress | undefined {
  if (text.length > 500) return undefined;
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  if (!url || url.hostname === '') return undefined;
  if (isRtsp(url)) {
    const { user, password } = takeUserInfo(url);
    return { protocol: 'rtsp', url, user, password };
  }
  if (!isWeb(url)) return undefined;
  takeUserInfo(url);
  if (url.pathname === '/') url.pathname = devicePath;
  return { protocol: 'onvif', url };
}

function isWeb({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

function isRtsp({ protocol }: URL): boolean {
  return protocol === 'rtsp:' || protocol === 'rtsps:';
}

function takeUserInfo(url: URL): { user: string; password: string } {
  const decode = (part: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  const info = { user: decode(url.username), password: decode(url.password) };
  url.username = '';
  url.password = '';
  return info;
}

/**
 * A service address that the camera said, as it is reached from here: always at the camera's own host, so that no answer can send our
 * login elsewhere. When the camera names that host itself its port holds (pull points on a port of their own are common), else it stands
 * behind an address translation and the port by which it was reached holds. HTTPS is never left for HTTP. Undefined when it is no HTTP address.
 */
export function reachService(base: URL, said: string): URL | undefined {
  const url = URL.parse(said.trim(), base.href);
  if (!url || !isWeb(url)) return undefined;
  takeUserInfo(url);
  const wouldLeaveTls = base.protocol === 'https:' && url.protocol === 'http:';
  if (url.hostname === base.hostname && !wouldLeaveTls) return url;
  url.protocol = base.protocol;
  url.hostname = base.hostname;
  url.port = base.port;
  return url;
}

/** A stream address that the camera said, at the host by which the camera was reached. Undefined when it is not RTSP. */
export function reachStream(base: URL, said: string): URL | undefined {
  const url = URL.parse(said.trim());
  if (!url || !isRtsp(url)) return undefined;
  takeUserInfo(url);
  url.hostname = base.hostname;
  return url;
}
