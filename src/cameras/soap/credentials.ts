// How a login is proved to one camera: nothing until it asks, then HTTP Digest with a kept nonce, else a UsernameToken, never both (ONVIF Core §5.9.1).
import { authorize, type Challenge, chooseChallenge, type Env, type Login } from '#base';
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
   * A request was denied, with these WWW-Authenticate headers: `again` when another proof is worth trying, `clock` when only a wrong clock could
   * explain it, `refused` when another try would only be another failed login.
   */
  adapt(lane: Lane, challenges: readonly string[]): 'again' | 'clock' | 'refused';
  /** Begin from nothing: the login was refused. */
  reset(): void;
}

export const noProof: Proof = { authorization: undefined, header: '' };

/** Opens the credentials of one camera. */
export function openCredentials(login: Login | undefined, env: Env): Credentials {
  let mode: Authentication = 'none';
  /** A nonce for each connection: on two at once the counts of one could overtake each other (RFC 7616 §3.4). */
  const kept = new Map<Lane, { readonly challenge: Challenge; count: number }>();
  return {
    get authentication() {
      return mode;
    },
    prove(lane, url, cameraMs) {
      if (!login) return noProof;
      if (mode === 'username-token') return { authorization: undefined, header: usernameToken(login, cameraMs, env.random) };
      const known = kept.get(lane);
      if (mode === 'none' || !known) return noProof;
      known.count += 1;
      const cnonce = env.random.bytes(8).toString('hex');
      return {
        authorization: authorize(known.challenge, login, { method: 'POST', uri: url.pathname + url.search, count: known.count, cnonce }),
        header: '',
      };
    },
    adapt(lane, challenges) {
      if (!login) return 'refused';
      // Basic would send the password in clear: a camera that offers nothing else is tried with a token.
      const offered = chooseChallenge(challenges.filter((header) => !/^\s*basic/i.test(header)));
      if (offered?.scheme === 'digest') {
        // A nonce that was used before may only have grown old; a fresh one that is refused says that the login is wrong.
        if (mode === 'digest' && kept.get(lane)?.count === 1 && !offered.stale) return 'refused';
        mode = 'digest';
        kept.set(lane, { challenge: offered, count: 0 });
        return 'again';
      }
      if (mode === 'digest') return 'refused';
      if (mode === 'username-token') return 'clock';
      mode = 'username-token';
      return 'again';
    },
    reset() {
      mode = 'none';
      kept.clear();
    },
  };
}
