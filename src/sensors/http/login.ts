// What a platform knows us by, put into a request.
import type { PlatformLogin } from '../platform-option.ts';

/** The headers of a login. */
export function loginHeaders(login: PlatformLogin | undefined): Readonly<Record<string, string>> {
  switch (login?.as) {
    case 'bearer':
      return { authorization: `Bearer ${login.secret}` };
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${login.user}:${login.secret}`).toString('base64')}` };
    case 'header':
      return { [login.header]: login.secret };
    default:
      return {};
  }
}

/** Puts a login that goes with the query into `url`. */
export function loginQuery(url: URL, login: PlatformLogin | undefined): void {
  if (login?.as === 'query') url.searchParams.set(login.name, login.secret);
}
