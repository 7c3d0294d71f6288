// How a login is proved to one camera: nothing until it asks, then HTTP Digest with a kept nonce, else a UsernameToken, never both (ONVIF Core §5.9.1).
import { authorize, type Challenge, chooseChallenge, type Env, type Login } from '#base';
import { usernameToken } from './envelope.ts';

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
  prove(url: URL, cameraMs: number): Proof;
  /**
   * A request was denied, with these WWW-Authenticate headers: `again` when another proof is worth trying, `clock` when only a wrong clock could
   * explain it, `refused` when another try would only be another failed login.
   */
  adapt(challenges: readonly string[]): 'again' | 'clock' | 'refused';
  /** Begin from nothing: the login was refused. */
  reset(): void;
}

export const noProof: Proof = { authorization: undefined, header: '' };

/** Opens the credentials of one camera. */
export function openCredentials(login: Login | undefined, env: Env): Credentials {
  let mode: Authentication = 'none';
  let challenge: Challenge | undefined;
  let count = 0;
  return {
    get authentication() {
      return mode;
    },
    prove(url, cameraMs) {
      if (!login) return noProof;
      if (mode === 'username-token') return { authorization: undefined, header: usernameToken(login, cameraMs, env.random) };
      if (mode === 'none' || !challenge) return noProof;
      count += 1;
      const cnonce = env.random.bytes(8).toString('hex');
      return { authorization: authorize(challenge, login, { method: 'POST', uri: url.pathname + url.search, count, cnonce }), header: '' };
    },
    adapt(challenges) {
      if (!login) return 'refused';
      // Basic would send the password in clear: a camera that offers nothing else is tried with a token.
      const offered = chooseChallenge(challenges.filter((header) => !/^\s*basic/i.test(header)));
      if (offered?.scheme === 'digest') {
        // A nonce that was used before may only have grown old; a fresh one that is refused says that the login is wrong.
        if (mode === 'digest' && count === 1 && !offered.stale) return 'refused';
        mode = 'digest';
        challenge = offered;
        count = 0;
        return 'again';
      }
      if (mode === 'digest') return 'refused';
      if (mode === 'username-token') return 'clock';
      mode = 'username-token';
      return 'again';
    },
    reset() {
      mode = 'none';
      challenge = undefined;
      count = 0;
    },
  };
}
