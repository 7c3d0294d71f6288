// Sealing: secrets that must be readable again (camera passwords, stored outcomes) are encrypted before they reach a data file.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { faultTable } from './errors.ts';
import type { Random } from './random.ts';

const faults = faultTable('base', {
  'seal-broken': {
    message: { en: 'A stored secret cannot be opened', ko: '저장된 비밀 값을 열 수 없습니다' },
    hint: {
      en: 'The store key is not the one that sealed it. Restore the key file, or enter the secret again.',
      ko: '저장할 때 쓴 키가 아닙니다. 키 파일을 되돌리거나 비밀 값을 다시 입력하십시오.',
    },
  },
});

/** Encrypts and decrypts with one 256-bit key (AES-256-GCM, NIST SP 800-38D). */
export interface Sealer {
  /** `context` binds the sealed text to its owner: it must be the same when opened. */
  seal(clear: string, context: string): Buffer;
  /** Throws `base.seal-broken` when the key, the context or the bytes are not those of `seal`. */
  open(sealed: Uint8Array, context: string): string;
}

/** Opens a sealer. `key` has 32 bytes. */
export function openSealer(key: Uint8Array, random: Random): Sealer {
  return {
    seal(clear, context) {
      const nonce = random.bytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(clear, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
          .setAAD(Buffer.from(context))
          .setAuthTag(sealed.subarray(12, 28));
        return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw faults.fault('seal-broken', { cause, detail: context });
      }
    },
  };
}
