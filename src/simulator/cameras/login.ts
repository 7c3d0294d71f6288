// The door of a camera: HTTP Digest, Basic where a vendor offers it, and WS-UsernameToken, judged and counted (ONVIF Core §5.9.4).
import type { IncomingMessage } from 'node:http';
import type { Env, Login } from '#base';
import { type DigestGate, type DigestHash, openDigestGate, type Verdict } from '../credentials.ts';
import type { CameraCore } from './core.ts';
import type { CameraCounts } from './counts.ts';
import type { LoginLock } from './login-lock.ts';
import type { CameraLogin } from './personality/index.ts';
import type { SoapRequest } from './soap.ts';

const hashes: Readonly<Record<CameraLogin, readonly DigestHash[]>> = {
  digest: ['MD5'],
  'digest-sha256': ['MD5', 'SHA-256'],
  'username-token': ['MD5'],
  either: ['MD5'],
  none: [],
};

/** What a gate guards. */
export interface Guarded {
  readonly realm: string;
  /** As it is now; it may be changed. */
  readonly owner: { readonly login: Login };
  readonly loginBy: CameraLogin;
  readonly basic: boolean;
  readonly lock: LoginLock;
  readonly counts: CameraCounts;
}

/** Opens the gate for SOAP by Digest, RTSP and snapshots; undefined where anyone may enter. */
export function openCameraGate(guarded: Guarded, env: Env): DigestGate | undefined {
  const { realm, owner, loginBy, basic, lock, counts } = guarded;
  if (loginBy === 'none') return undefined;
  const options = {
    realm,
    hashes: hashes[loginBy],
    get login() {
      return owner.login;
    },
  };
  const digest = openDigestGate(options, env);
  const judge = (method: string, header: string | undefined): Verdict => {
    if (header === undefined || !basic || !/^basic\s/i.test(header)) return digest.check(method, header);
    counts.basicLogins += 1;
    const sent = Buffer.from(header.slice(6).trim(), 'base64').toString('utf8');
    return sent === `${owner.login.user}:${owner.login.password}` ? 'granted' : 'refused';
  };
  return {
    challenge: (stale) => [...(basic ? [`Basic realm="${realm}"`] : []), ...digest.challenge(stale)],
    check(method, header) {
      if (header !== undefined && lock.locked) {
        lock.knocked();
        return 'refused';
      }
      const verdict = judge(method, header);
      if (verdict === 'refused') lock.failed();
      if (verdict === 'granted') lock.passed();
      return verdict;
    },
  };
}

/** What the door says to a request: `locked` when nobody is let in for now. */
export type Admission = 'granted' | 'refused' | 'stale' | 'locked';

/** Judges a request by what it brought. */
export function admit(camera: CameraCore, message: IncomingMessage, request: SoapRequest): Admission {
  if (camera.loginBy === 'none') return 'granted';
  const header = message.headers.authorization;
  const byToken = camera.loginBy === 'username-token' || camera.loginBy === 'either';
  const wasLocked = camera.lock.locked;
  const token = byToken ? camera.tokens.check(request.header, camera.now()) : 'absent';
  if (token !== 'absent' && wasLocked) {
    camera.lock.knocked();
    return 'locked';
  }
  if (token === 'granted') {
    camera.lock.passed();
    return 'granted';
  }
  const verdict = camera.gate?.check(message.method ?? '', header) ?? 'absent';
  if (verdict === 'granted') return 'granted';
  if (token === 'refused' && verdict !== 'refused') camera.lock.failed();
  if (wasLocked && header !== undefined) return 'locked';
  return verdict === 'stale' ? 'stale' : 'refused';
}
