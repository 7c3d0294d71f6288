// The gate in front of a camera's login: after a refused login no other is tried for a while, because vendors lock an account after 3 to 7 failures.
import { createHash } from 'node:crypto';
import type { Clock, Login } from '#base';

/** Remembers refused logins by camera. `address` is the host and port of its device service. */
export interface LoginGate {
  /**
   * Milliseconds until this login may be tried at this address; 0 when it may. A refused one waits for `loginRetry`. Another one, which a person
   * has entered in its place, may be tried at once; a third waits, so that there are never more than two failures in that time.
   */
  waitMs(address: string, login: Login): number;
  /** Milliseconds until no login has been refused here for `loginRetry`: whoever tries one login after another waits so long, whatever was tried. */
  quietMs(address: string): number;
  /** Waits until nobody else tries an unproven login at this address; dispose it when the camera has answered. Rejects with the reason of `signal`. */
  turn(address: string, signal: AbortSignal): Promise<Disposable>;
  /** A camera refused this login, `agoMs` milliseconds ago. */
  refused(address: string, login: Login, agoMs?: number): void;
  /** It was taken, by a request that was sent `tookMs` milliseconds ago: one that was on its way when the login was refused says nothing of now. */
  accepted(address: string, login: Login, tookMs?: number): void;
}

interface Known {
  /** The last refusals, the oldest first; at most two. */
  refusals: readonly { readonly print: string; readonly atMs: number }[];
  proven: string | undefined;
}

const maxRemembered = 10_000;
const maxFailures = 2;

/** Opens a gate. It remembers 10,000 cameras; the one of which it learnt something longest ago is forgotten first. */
export function openLoginGate({ loginRetry }: { readonly loginRetry: number }, clock: Clock): LoginGate {
  const cameras = new Map<string, Known>();
  const turns = new Map<string, Promise<void>>();
  const know = (address: string, known: Known): void => {
    cameras.delete(address);
    cameras.set(address, known);
    if (cameras.size > maxRemembered) for (const oldest of cameras.keys()) return void cameras.delete(oldest);
  };
  const leftMs = (refusal: { readonly atMs: number } | undefined): number =>
    refusal ? Math.max(0, refusal.atMs + loginRetry - clock.monotonicMs()) : 0;
  return {
    waitMs(address, login) {
      const known = cameras.get(address);
      const print = fingerprint(login);
      const own = leftMs(known?.refusals.findLast((refusal) => refusal.print === print));
      if (own > 0 || known?.proven === print) return own;
      return leftMs(known?.refusals.at(-maxFailures));
    },
    quietMs: (address) => leftMs(cameras.get(address)?.refusals.at(-1)),
    async turn(address, signal) {
      const before = turns.get(address);
      const { promise, resolve } = Promise.withResolvers<void>();
      const passOn = async (): Promise<void> => {
        await Promise.all([before, promise]);
        if (turns.get(address) === after) turns.delete(address);
      };
      const after: Promise<void> = passOn();
      turns.set(address, after);
      const own = { [Symbol.dispose]: () => resolve() };
      await untilMine(before, signal).catch((error: unknown) => {
        resolve();
        throw error;
      });
      return own;
    },
    refused(address, login, agoMs = 0) {
      const { refusals = [], proven } = cameras.get(address) ?? {};
      const print = fingerprint(login);
      const next = [...refusals, { print, atMs: clock.monotonicMs() - agoMs }].toSorted((a, b) => a.atMs - b.atMs).slice(-maxFailures);
      know(address, { refusals: next, proven: proven === print ? undefined : proven });
    },
    accepted(address, login, tookMs = 0) {
      const print = fingerprint(login);
      const known = cameras.get(address);
      const sentMs = clock.monotonicMs() - tookMs;
      if (known?.refusals.some((refusal) => refusal.print === print && refusal.atMs > sentMs)) return;
      if (known?.proven === print && !known.refusals.some((refusal) => refusal.print === print)) return;
      know(address, { refusals: (known?.refusals ?? []).filter((refusal) => refusal.print !== print), proven: print });
    },
  };
}

async function untilMine(before: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!before) return;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([before, promise]).finally(() => signal.removeEventListener('abort', onAbort));
}

/** Asked for with every call: made once for each login. */
const prints = new WeakMap<Login, string>();

function fingerprint(login: Login): string {
  const known = prints.get(login);
  if (known !== undefined) return known;
  const print = createHash('sha256')
    .update(JSON.stringify([login.user, login.password]))
    .digest('hex');
  prints.set(login, print);
  return print;
}

/** 16 bits of a login's hash: tells that a login was changed, not what it is. */
export function markOf(login: Login): string {
  return fingerprint(login).slice(0, 4);
}
