// HTTP Digest and Basic authentication, the client's side, for HTTP and RTSP alike (RFC 7616, RFC 7617, RFC 2326 §D).
import { createHash } from 'node:crypto';

/** What a server asks for, the strongest of its offers. */
export type Challenge =
  | { readonly scheme: 'basic'; readonly realm: string }
  | {
      readonly scheme: 'digest';
      readonly realm: string;
      readonly nonce: string;
      readonly algorithm: DigestAlgorithm;
      readonly qop: 'auth' | undefined;
      readonly opaque: string | undefined;
      readonly stale: boolean;
    };

/** Digest algorithms that are spoken; the later is the stronger. */
export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';

/** A name and a password in clear; lives in memory only. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** The request that an Authorization header is made for. */
export interface AuthorizedRequest {
  readonly method: string;
  readonly uri: string;
  /** How often this nonce was used, from 1 (RFC 7616 §3.4). */
  readonly count: number;
  /** Hexadecimal client nonce, fresh for each request. */
  readonly cnonce: string;
}

const strength: Readonly<Record<string, number>> = { MD5: 1, 'MD5-SESS': 2, 'SHA-256': 3, 'SHA-256-SESS': 4 };
const spelled: Readonly<Record<string, DigestAlgorithm>> = {
  MD5: 'MD5',
  'MD5-SESS': 'MD5-sess',
  'SHA-256': 'SHA-256',
  'SHA-256-SESS': 'SHA-256-sess',
};
const maxHeaderLength = 1024;
const maxHeaders = 16;
const maxParameters = 64;

/**
 * The strongest challenge among the WWW-Authenticate headers of a 401 (several headers, or several challenges in one).
 * Undefined when none is spoken here. Headers beyond 1,024 characters are passed over, and those beyond the 16th.
 */
export function chooseChallenge(headers: readonly string[]): Challenge | undefined {
  const offers = headers.slice(0, maxHeaders).filter((header) => header.length <= maxHeaderLength);
  let best: { challenge: Challenge; rank: number } | undefined;
  for (const offer of offers.flatMap(readOffers)) {
    const challenge = challengeOf(offer);
    if (!challenge) continue;
    const rank = challenge.scheme === 'basic' ? 0 : (strength[challenge.algorithm.toUpperCase()] ?? 0);
    if (!best || rank > best.rank) best = { challenge, rank };
  }
  return best?.challenge;
}

/** One challenge of a header, with its parameters by name in lower case. */
interface Offer {
  readonly scheme: 'basic' | 'digest';
  readonly parameters: Map<string, string>;
}

// Sticky, and each of them unambiguous: a header is read once from its front to its end, however it is made.
const gap = /[\s,]*/y;
const word = /[^\s,="]+/y;
const equals = /\s*=\s*/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
/** A quote that nothing ends is passed over. */
const plain = /"?([^\s,"]*)/y;

/** The challenges of one header (RFC 7235 §4.1): a word without a value begins one, words with values are its parameters. What is neither is passed over. */
function readOffers(header: string): readonly Offer[] {
  const offers: Offer[] = [];
  let offer: Offer | undefined;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(header) ?? undefined;
    at = found ? pattern.lastIndex : at;
    return found;
  };
  for (let count = 0; at < header.length && count < maxParameters; count += 1) {
    take(gap);
    const name = take(word)?.[0].toLowerCase();
    if (name === undefined) at += 1;
    else if (take(equals)) {
      const value = take(quoted)?.[1]?.replace(/\\(.)/g, '$1') ?? take(plain)?.[1] ?? '';
      offer?.parameters.set(name, value);
    } else {
      offer = name === 'basic' || name === 'digest' ? { scheme: name, parameters: new Map() } : undefined;
      if (offer) offers.push(offer);
    }
  }
  return offers;
}

function challengeOf({ scheme, parameters }: Offer): Challenge | undefined {
  const realm = parameters.get('realm') ?? '';
  if (scheme === 'basic') return { scheme, realm };
  const nonce = parameters.get('nonce');
  const algorithm = spelled[(parameters.get('algorithm') ?? 'MD5').toUpperCase()];
  if (nonce === undefined || algorithm === undefined) return undefined;
  const offered = parameters
    .get('qop')
    ?.split(',')
    .map((word) => word.trim().toLowerCase());
  if (offered && !offered.includes('auth')) return undefined;
  return {
    scheme: 'digest',
    realm,
    nonce,
    algorithm,
    qop: offered ? 'auth' : undefined,
    opaque: parameters.get('opaque'),
    stale: parameters.get('stale')?.toLowerCase() === 'true',
  };
}

/** The value of the Authorization header that answers `challenge`. */
export function authorize(challenge: Challenge, login: Login, request: AuthorizedRequest): string {
  if (challenge.scheme === 'basic') {
    return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  }
  const hash = (text: string): string =>
    createHash(challenge.algorithm.startsWith('MD5') ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const count = request.count.toString(16).padStart(8, '0');
  let secret = hash(`${login.user}:${challenge.realm}:${login.password}`);
  if (challenge.algorithm.endsWith('-sess')) secret = hash(`${secret}:${challenge.nonce}:${request.cnonce}`);
  const target = hash(`${request.method}:${request.uri}`);
  const response = challenge.qop
    ? hash(`${secret}:${challenge.nonce}:${count}:${request.cnonce}:auth:${target}`)
    : hash(`${secret}:${challenge.nonce}:${target}`);
  const fields = [
    `username="${quote(login.user)}"`,
    `realm="${quote(challenge.realm)}"`,
    `nonce="${quote(challenge.nonce)}"`,
    `uri="${quote(request.uri)}"`,
    `response="${response}"`,
    `algorithm=${challenge.algorithm}`,
  ];
  if (challenge.qop) fields.push('qop=auth', `nc=${count}`, `cnonce="${request.cnonce}"`);
  else if (challenge.algorithm.endsWith('-sess')) fields.push(`cnonce="${request.cnonce}"`);
  if (challenge.opaque !== undefined) fields.push(`opaque="${quote(challenge.opaque)}"`);
  return `Digest ${fields.join(', ')}`;
}

function quote(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}
