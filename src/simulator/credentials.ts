// The server's side of HTTP Digest, for SOAP, snapshots and RTSP alike: nonces are made here, live five minutes and count their uses.
import { createHash } from 'node:crypto';
import type { Env, Login } from '#base';

/** Hash names offered to a client, one challenge each. */
export type DigestHash = 'MD5' | 'SHA-256';

/** What became of an Authorization header. `stale`: right in form, but the nonce is unknown, old or was used with this count. */
export type Verdict = 'granted' | 'stale' | 'refused' | 'absent';

/** Guards one camera. */
export interface DigestGate {
  /** Judges the header of a request with `method`. */
  check(method: string, header: string | undefined): Verdict;
  /** Values of WWW-Authenticate, each with a fresh nonce. */
  challenge(stale: boolean): string[];
}

const nonceLifeMs = 300_000;
const maxNonces = 256;
const maxUses = 1000;
const maxHeaderLength = 4096;

interface Nonce {
  readonly madeMs: number;
  readonly seen: Set<number>;
}

/** Opens a gate (RFC 7616, qop `auth`). Keeps at most 256 nonces; the oldest goes first and its user is told `stale`. */
export function openDigestGate(options: { realm: string; login: Login; hashes: readonly DigestHash[] }, env: Env): DigestGate {
  const nonces = new Map<string, Nonce>();
  const issue = (): string => {
    const nonce = env.random.bytes(16).toString('hex');
    nonces.set(nonce, { madeMs: env.clock.monotonicMs(), seen: new Set() });
    for (const oldest of nonces.keys()) {
      if (nonces.size <= maxNonces) break;
      nonces.delete(oldest);
    }
    return nonce;
  };
  return {
    challenge(stale) {
      return options.hashes.map((hash) => {
        const flag = stale ? ', stale=true' : '';
        return `Digest realm="${options.realm}", nonce="${issue()}", algorithm=${hash}, qop="auth"${flag}`;
      });
    },
    check(method, header) {
      if (header === undefined) return 'absent';
      if (header.length > maxHeaderLength || !/^digest\s/i.test(header)) return 'refused';
      const fields = parseFields(header);
      if (!matches(fields, method, options)) return 'refused';
      const nonce = nonces.get(fields.get('nonce') ?? '');
      if (!nonce || env.clock.monotonicMs() - nonce.madeMs > nonceLifeMs || nonce.seen.size >= maxUses) return 'stale';
      const count = Number.parseInt(fields.get('nc') ?? '', 16);
      if (fields.has('qop')) {
        if (!(count > 0) || nonce.seen.has(count)) return 'stale';
        nonce.seen.add(count);
      }
      return 'granted';
    },
  };
}

function parseFields(header: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const match of header.matchAll(/([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi)) {
    fields.set((match[1] ?? '').toLowerCase(), (match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1'));
  }
  return fields;
}

function matches(fields: Map<string, string>, method: string, options: { realm: string; login: Login; hashes: readonly DigestHash[] }) {
  const { user, password } = options.login;
  const named = (fields.get('algorithm') ?? 'MD5').toUpperCase();
  const offered = options.hashes.find((hash) => hash === named);
  if (!offered || fields.get('username') !== user || fields.get('realm') !== options.realm) return false;
  const hash = (text: string): string =>
    createHash(offered === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const secret = hash(`${user}:${options.realm}:${password}`);
  const target = hash(`${method}:${fields.get('uri') ?? ''}`);
  const nonce = fields.get('nonce') ?? '';
  const counted = fields.has('qop') ? `${nonce}:${fields.get('nc')}:${fields.get('cnonce')}:${fields.get('qop')}` : nonce;
  return fields.get('response') === hash(`${secret}:${counted}:${target}`);
}
