// How RTSP requests are logged in, ours to cameras and to the hub's servers: a challenge is answered once, and again when only its nonce is new.
import { authorize, type Challenge, chooseChallenge, type Login, type Random } from '#base';
import type { RtspResponse } from './message.ts';

export interface RtspLogin {
  /** The Authorization header, once the other end has asked for one. */
  header(method: string, url: string): string | undefined;
  /** Takes the challenge of a 401: whether to ask once more. `basic-only`: the password would have to be said in clear. */
  challenged(response: RtspResponse): 'ask-again' | 'refused' | 'basic-only';
}

export interface RtspLoginOptions {
  /** Undefined: there is nothing to prove. */
  readonly login: Login | undefined;
  /** Whether the password may be said as it is (Basic). */
  readonly basicAllowed: boolean;
}

/** Opens the login of one connection; nothing is sent before it was asked for. */
export function openRtspLogin({ login, basicAllowed }: RtspLoginOptions, random: Random): RtspLogin {
  let challenge: Challenge | undefined;
  let count = 0;
  return {
    header(method, url) {
      if (!login || !challenge) return undefined;
      count += 1;
      return authorize(challenge, login, { method, uri: url, count, cnonce: random.bytes(8).toString('hex') });
    },
    challenged(response) {
      const offered = chooseChallenge(response.headers.get('www-authenticate') ?? []);
      const renewed =
        offered?.scheme === 'digest' && (offered.stale || challenge?.scheme !== 'digest' || challenge.nonce !== offered.nonce);
      const isFirst = challenge === undefined;
      challenge = undefined;
      if (!login || !offered || !(isFirst || renewed)) return 'refused';
      if (offered.scheme === 'basic' && !basicAllowed) return 'basic-only';
      challenge = offered;
      count = 0;
      return 'ask-again';
    },
  };
}
