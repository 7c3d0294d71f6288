// How a login is proved to one camera: nothing until it asks, then HTTP Digest with a kept nonce, else a UsernameToken, never both (ONVIF Core §5.9.1).
import { authorize, type Challenge, chooseChallenge, type Env, type Login } from '#base';
import { compact, flat } from '../compact.ts';
import { usernameToken } from './envelope.ts';
import type { Lane } from './transport.ts';

export type Authentication = 'none' | 'digest' | 'username-token';

/** What is added to one request. */
export interface Proof {
  readonly authorization: string | undefined;
  /** A SOAP header, or empty. */
  readonly header: string;
}

/** What is known of how a camera wants the login. */
export interface Credentials {
  readonly authentication: Authentication;
  /** The proof for the next request; `cameraMs` is the camera's time. */
  prove(lane: Lane, url: URL, cameraMs: number): Proof;
  /**
   * A request was denied, with these WWW-Authenticate headers: `again` when another proof is worth trying, `doubt` when it is and was perhaps a
   * failed login already, `clock` when only a wrong clock could explain it, `refused` when another try would only be another failed login.
   */
  adapt(lane: Lane, challenges: readonly string[]): 'again' | 'doubt' | 'clock' | 'refused';
  /** Begin from nothing: the login was refused. */
  reset(): void;
}

export const noProof: Proof = { authorization: undefined, header: '' };

/** Opens the credentials of one camera. */
export function openCredentials(login: Login | undefined, env: Env): Credentials {
  return new Asked(login, env);
}

interface Nonce {
  readonly challenge: Challenge;
  /** How often it was used. */
  count: number;
}

type Digest = Challenge & { readonly scheme: 'digest' };

/** Without the answer that it was a piece of; what all cameras of a maker say is held once. */
function small(offered: Digest): Digest {
  const { nonce, realm, opaque } = offered;
  return { ...offered, nonce: flat(nonce), realm: compact(realm), opaque: opaque === undefined ? undefined : flat(opaque) };
}

class Asked implements Credentials {
  readonly #login: Login | undefined;
  readonly #env: Env;
  authentication: Authentication = 'none';
  /** A nonce for each connection: on two at once the counts of one could overtake each other (RFC 7616 §3.4). */
  readonly #kept: Record<Lane, Nonce | undefined> = { calls: undefined, pulls: undefined };
  /** Whether the camera says of a nonce that it is old. Not all do, though they should (RFC 7616 §3.3). */
  #saysStale = false;

  constructor(login: Login | undefined, env: Env) {
    this.#login = login;
    this.#env = env;
  }

  prove(lane: Lane, url: URL, cameraMs: number): Proof {
    const login = this.#login;
    const { random } = this.#env;
    if (!login) return noProof;
    if (this.authentication === 'username-token') return { authorization: undefined, header: usernameToken(login, cameraMs, random) };
    const known = this.#kept[lane];
    if (this.authentication === 'none' || !known) return noProof;
    known.count += 1;
    const request = { method: 'POST', uri: url.pathname + url.search, count: known.count, cnonce: random.bytes(8).toString('hex') };
    return { authorization: authorize(known.challenge, login, request), header: '' };
  }

  adapt(lane: Lane, challenges: readonly string[]): 'again' | 'doubt' | 'clock' | 'refused' {
    if (!this.#login) return 'refused';
    // Basic would send the password in clear: a camera that offers nothing else is tried with a token.
    const offered = chooseChallenge(challenges.filter((header) => !/^\s*basic/i.test(header)));
    if (offered?.scheme === 'digest') {
      this.#saysStale ||= offered.stale;
      // A nonce that was used before may only have grown old, unless the camera says so when it has; a fresh one that is refused says that
      // the login is wrong.
      const known = this.authentication === 'digest' ? this.#kept[lane] : undefined;
      const used = known?.count ?? 0;
      // Who offers the same nonce again says that it is not old.
      const isSame = used > 0 && known?.challenge.scheme === 'digest' && known.challenge.nonce === offered.nonce;
      if (!offered.stale && (used === 1 || isSame || (used > 1 && this.#saysStale))) return 'refused';
      this.authentication = 'digest';
      this.#kept[lane] = { challenge: small(offered), count: 0 };
      return used > 1 && !offered.stale ? 'doubt' : 'again';
    }
    if (this.authentication === 'digest') return 'refused';
    if (this.authentication === 'username-token') return 'clock';
    this.authentication = 'username-token';
    return 'again';
  }

  reset(): void {
    this.authentication = 'none';
    this.#kept.calls = undefined;
    this.#kept.pulls = undefined;
  }
}
