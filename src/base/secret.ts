// Secrets in a configuration: the file names where a secret lies, never the secret itself; `config` reads it before the value is checked.
import { z } from 'zod';

declare const secretBrand: unique symbol;

/** A password or key in clear, for the memory of this process only. Usable wherever a string is. */
export type Secret = string & { readonly [secretBrand]: true };

/** Where a secret lies. */
export type SecretReference =
  /** A file that only its owner and group may read (mode 0640 at most); relative to the configuration's folder. */
  | { readonly file: string }
  /** A credential of systemd (`LoadCredential=NAME:PATH`). */
  | { readonly credential: string };

const text = Symbol('secret');

/** A secret that was read: what an option accepts. Its text shows in no log line and no JSON. */
export interface ResolvedSecret {
  readonly [text]: string;
}

/** Wraps the text that was read; tests of a room use it to hand a secret to their schema. */
export function resolvedSecret(clear: string): ResolvedSecret {
  const secret = {};
  Object.defineProperty(secret, text, { value: clear, enumerable: false });
  return secret as ResolvedSecret;
}

const reference = z.union([
  z.strictObject({ file: z.string().min(1).max(4096) }),
  z.strictObject({ credential: z.string().regex(/^[\w.-]{1,100}$/) }),
]);

/**
 * A secret of a configuration: written `{ file: PATH }` or `{ credential: NAME }`, its value is the text as a `Secret`.
 * A reference that nobody resolved yet fails with an issue whose `params.reference` names it: `config` reads it and checks again.
 * Text written directly into the file is refused.
 */
export function secretOption() {
  return z
    .unknown()
    .transform((value, context) => {
      if (typeof value === 'object' && value !== null && text in value) return (value as ResolvedSecret)[text] as Secret;
      const parsed = reference.safeParse(value);
      context.addIssue(
        parsed.success
          ? { code: 'custom', message: 'the secret has not been read yet', params: { reference: parsed.data } }
          : {
              code: 'custom',
              message: 'expected { file: PATH } or { credential: NAME }',
              params: { literal: value !== undefined && value !== null },
            },
      );
      return z.NEVER;
    })
    .meta({ secret: true });
}
