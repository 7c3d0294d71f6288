// The gateway's book of leases and sessions: what a new media process must be told, and what an old one took with it.
import type { Clock } from '#base';
import type { GrantForm } from '#model';
import type { Lease, MediaEvent } from '../protocol.ts';

/** A lease as it stands now: to hand over, or over. */
export type Handover =
  | { readonly state: 'live'; readonly lease: Lease; readonly openWithinMs: number | undefined }
  | { readonly state: 'over'; readonly event: MediaEvent };

export interface Book {
  readonly size: number;
  /** `openWithinMs` undefined: it was used before. */
  add(lease: Lease, openWithinMs: number | undefined): void;
  has(grant: string): boolean;
  /** Whether a token of this hash opens one of them. */
  opensWith(tokenHash: string): boolean;
  extend(grant: string, remainingMs: number): void;
  remove(grant: string): void;
  /** The address was used: it may be opened again until its end. */
  claimed(grant: string): void;
  /** Follows the sessions. */
  note(event: MediaEvent): void;
  /** All leases with what is left of their time, for a media process that knows none. Those that are over are taken out. */
  handOver(): readonly Handover[];
  /** The ends of all open sessions, which died with the media process. */
  buryCrashed(): readonly MediaEvent[];
}

interface Entry {
  readonly lease: Lease;
  endsAt: number;
  /** Undefined once it was opened. */
  openBy: number | undefined;
}

/** Opens an empty book; times are of the monotonic clock. */
export function openBook(clock: Clock): Book {
  const entries = new Map<string, Entry>();
  const sessions = new Map<string, { readonly grant: string; readonly form: GrantForm; readonly startedAt: number }>();
  return {
    get size() {
      return entries.size;
    },
    add(lease, openWithinMs) {
      const now = clock.monotonicMs();
      entries.set(lease.grant, {
        lease,
        endsAt: now + lease.remainingMs,
        openBy: openWithinMs === undefined ? undefined : now + openWithinMs,
      });
    },
    has: (grant) => entries.has(grant),
    opensWith: (tokenHash) => [...entries.values()].some(({ lease }) => lease.tokenHash === tokenHash),
    extend(grant, remainingMs) {
      const entry = entries.get(grant);
      if (entry) entry.endsAt = clock.monotonicMs() + remainingMs;
    },
    remove: (grant) => {
      entries.delete(grant);
    },
    claimed(grant) {
      const entry = entries.get(grant);
      if (entry) entry.openBy = undefined;
    },
    note(event) {
      if (event.event === 'session-opened') {
        sessions.set(event.session, { grant: event.grant, form: event.form, startedAt: clock.monotonicMs() });
      }
      if (event.event === 'session-closed') sessions.delete(event.session);
      if (event.event === 'grant-ended') entries.delete(event.grant);
    },
    handOver() {
      const now = clock.monotonicMs();
      return [...entries.values()].map(({ lease, endsAt, openBy }) => {
        const { grant } = lease;
        if (endsAt > now && (openBy === undefined || openBy > now)) {
          return {
            state: 'live',
            lease: { ...lease, remainingMs: endsAt - now },
            openWithinMs: openBy === undefined ? undefined : openBy - now,
          };
        }
        entries.delete(grant);
        const note = openBy === undefined ? '' : 'never opened';
        return { state: 'over', event: { event: 'grant-ended', grant, reason: 'expired', note } };
      });
    },
    buryCrashed() {
      const ended = [...sessions].map(([session, { grant, startedAt }]): MediaEvent => {
        const seconds = Math.round((clock.monotonicMs() - startedAt) / 10) / 100;
        return { event: 'session-closed', grant, session, reason: 'crash', seconds };
      });
      sessions.clear();
      return ended;
    },
  };
}
