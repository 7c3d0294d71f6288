// WS-UsernameToken, the camera's side: the digest, the age of the token and its nonce are checked (WSS UsernameToken Profile 1.0 §3.1).
import { createHash } from 'node:crypto';
import type { Login } from '#base';
import { find, textAt, type XmlElement } from './xml.ts';

/** Judges the security header of a request. */
export interface TokenGate {
  check(header: XmlElement | undefined, nowMs: number): 'granted' | 'refused' | 'absent';
}

const windowMs = 300_000;
const maxNonces = 1000;

/** Opens a gate that takes tokens made within 5 minutes of the camera's clock, each once; the last 1,000 are known. A nonce may come again with another time: clients do so. Without `remembers` any may. */
export function openTokenGate(owner: { readonly login: Login }, remembers = true): TokenGate {
  const nonces = new Set<string>();
  return {
    check(header, nowMs) {
      const { login } = owner;
      const token = find(header, 'Security', 'UsernameToken');
      if (!token) return 'absent';
      const [nonce, created] = [textAt(token, 'Nonce'), textAt(token, 'Created')];
      const password = find(token, 'Password');
      if (textAt(token, 'Username') !== login.user || !password?.attributes.get('Type')?.endsWith('#PasswordDigest')) return 'refused';
      const madeMs = created.length < 40 ? Date.parse(created) : Number.NaN;
      if (!(Math.abs(nowMs - madeMs) <= windowMs) || nonce.length > 128 || nonces.has(nonce + created)) return 'refused';
      const digest = createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created).update(login.password).digest('base64');
      if (digest !== password.text) return 'refused';
      if (remembers) nonces.add(nonce + created);
      for (const oldest of nonces) {
        if (nonces.size <= maxNonces) break;
        nonces.delete(oldest);
      }
      return 'granted';
    },
  };
}
