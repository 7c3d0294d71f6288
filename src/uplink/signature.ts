// Signatures of commands: Ed25519, by keys that the configuration names.
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Env, messageOf } from '#base';

/** Looks at signatures. */
export interface Signatures {
  /** Whether a command needs one. */
  readonly areNeeded: boolean;
  /** Whether one of the keys made it (RFC 8032; 64 bytes in base64). The key files are read each time: a new key needs no restart. */
  fit(signed: Uint8Array, signature: unknown): Promise<boolean>;
}

const rawKey = /^[A-Za-z0-9+/]{43}=$/;
const signatureForm = /^[A-Za-z0-9+/]{86}==$/;
/** What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410 §4). */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

/** `signedBy`: public keys, as 32 bytes in base64 or as paths of PEM files. None: no signature is needed. */
export function openSignatures(signedBy: readonly string[], env: Env): Signatures {
  const keyOf = async (place: string): Promise<KeyObject | undefined> => {
    try {
      const key = rawKey.test(place)
        ? createPublicKey({ key: Buffer.concat([spkiHead, Buffer.from(place, 'base64')]), format: 'der', type: 'spki' })
        : createPublicKey(await readFile(place));
      if (key.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key');
      return key;
    } catch (error) {
      env.log.warn({ key: place, error: messageOf(error) }, 'a key for commands cannot be used');
      return undefined;
    }
  };
  return {
    areNeeded: signedBy.length > 0,
    async fit(signed, signature) {
      if (typeof signature !== 'string' || !signatureForm.test(signature)) return false;
      const bytes = Buffer.from(signature, 'base64');
      const keys = await Promise.all(signedBy.map(keyOf));
      return keys.some((key) => key !== undefined && verify(null, signed, key, bytes));
    },
  };
}
