// The occurrence key of a message: its own id, else its body and when it first came, by the machine's running; on a retry the same, or one that covers it.
import { createHash } from 'node:crypto';
import type { Clock } from '#base';
import type { Report } from '#model';

/** What tells one happening from another. */
export interface Happening {
  /** `Idempotency-Key` or the id in the body. */
  readonly id: string | undefined;
  /** Names time and body as they were signed. */
  readonly signature?: string | undefined;
  readonly body: Uint8Array;
  /** What the message means: one id may be used by its sender for the raise and for the clear. */
  readonly meaning: { readonly channel: string; readonly kind: string; readonly state: string };
}

/** A name, and whose it is: the sender's own, or made of the body. */
export type OccurrenceName = { readonly occurrence: string } & Required<Pick<Report, 'occurrenceKind'>> & Pick<Report, 'occurrenceAfter'>;

/** Names happenings. */
export interface OccurrenceNames {
  nameOf(source: string, happening: Happening): OccurrenceName;
  /** A message's own id as a key of at most 40 characters, whatever it may become. */
  keyOf(source: string, id: string): string;
}

const capacity = 10_000;

/** Digits of milliseconds since the boot, so that names sort as their times do: 300 years. */
const digits = 13;

/**
 * Opens the names of sources. A body without an id keeps, for `windowMs` after it first came, the name it got then. After a restart of the gateway a retry gets
 * another name, and covers those that the body may have got in the window before it; after one of the machine it is another happening. At most 10,000 bodies are remembered; the oldest is forgotten
 * first. The wall clock has no part in it: one that starts anew or is set back would give a name twice, and an emergency call would be taken for the
 * retry of an earlier one.
 */
export function openOccurrenceNames(clock: Clock, windowMs: number): OccurrenceNames {
  const seen = new Map<string, { name: string; until: number }>();
  const nameBody = (digest: string): Pick<OccurrenceName, 'occurrence' | 'occurrenceAfter'> => {
    const now = clock.monotonicMs();
    const { boot, ms } = clock.sinceBoot();
    const nameAt = (at: number): string => nameSinceBoot(`body:${digest.slice(0, 40)}`, { boot, ms: at });
    const occurrenceAfter = nameAt(ms - windowMs);
    const known = seen.get(digest);
    if (known && now < known.until) return { occurrence: known.name, occurrenceAfter };
    seen.delete(digest);
    const name = nameAt(ms);
    seen.set(digest, { name, until: now + windowMs });
    const oldest = seen.size > capacity ? seen.keys().next().value : undefined;
    if (oldest !== undefined) seen.delete(oldest);
    return { occurrence: name, occurrenceAfter };
  };
  return {
    keyOf: (source, id) => sha256(Buffer.from(`${source}\n${id}`)).slice(0, 40),
    nameOf(source, { id: told, signature, body, meaning }) {
      // An all-clear that somebody has caught ends no other alarm; what raises one is known by its words when it is signed anew, too.
      const id = told ?? (signature !== undefined && meaning.state === 'inactive' ? `signature:${signature}` : undefined);
      if (id === undefined) {
        return { ...nameBody(sha256(Buffer.concat([Buffer.from(`${source}\n`), body]))), occurrenceKind: 'derived' };
      }
      const words = [source, id, meaning.channel, meaning.kind, meaning.state].join('\n');
      return { occurrence: `id:${sha256(Buffer.from(words)).slice(0, 40)}`, occurrenceKind: 'given' };
    },
  };
}

/** A name with a moment of the machine's running in it; names of one prefix and boot sort as their moments do. */
export function nameSinceBoot(prefix: string, { boot, ms }: ReturnType<Clock['sinceBoot']>): string {
  return `${prefix}:${boot}:${String(Math.max(0, Math.floor(ms))).padStart(digits, '0')}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
