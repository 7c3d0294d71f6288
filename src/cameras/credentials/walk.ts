// Which login is tried next at a camera: its own, then the sets that are for it, one failed login at a time and never in a hurry.
import type { Login } from '#base';
import type { OpenedCredentialSet } from '#model';
import { isFor, type ScopedCamera } from './scope.ts';

/** One login and where it comes from. */
export interface Candidate {
  /** Name of the set; empty for the camera's own login. */
  readonly set: string;
  readonly login: Login;
}

/** The walk over the logins of one camera. */
export interface LoginWalk {
  /** What is tried now; undefined when there is nothing to try. */
  readonly current: Candidate | undefined;
  /** Whether a person has entered it for this camera and it was not tried yet: it need not wait for others that were refused. */
  readonly isFresh: boolean;
  /** So many times `loginRetry` the camera is left alone before the next: more after each round in which all were refused. */
  readonly patience: number;
  /** The sets as they are now: one that is new is tried before those that were refused are tried again. */
  renew(sets: readonly OpenedCredentialSet[]): void;
  /** The current one was refused: the next one's turn. */
  refused(): void;
  /** The current one was taken. */
  accepted(): void;
}

const maxPatience = 12;

/** Opens the walk of a camera. `known`: the set that was taken last, which goes first. */
export function openLoginWalk(camera: ScopedCamera & { readonly own: Login | undefined; readonly known: string }): LoginWalk {
  const own: readonly Candidate[] = camera.own ? [{ set: '', login: camera.own }] : [];
  let candidates = own;
  /** Refused since the last round. */
  let failed: readonly Candidate[] = [];
  let taken: Candidate | undefined;
  let rounds = 0;
  let untried = own.length > 0;
  const isAmong = (some: readonly Candidate[], one: Candidate): boolean => some.some((other) => isSame(one, other));
  const left = (): Candidate | undefined => candidates.find((one) => !isAmong(failed, one));
  const find = (): Candidate | undefined => taken ?? left() ?? candidates[0];
  return {
    get current() {
      return find();
    },
    get isFresh() {
      return untried && find()?.set === '';
    },
    get patience() {
      return Math.min(maxPatience, 2 ** Math.max(0, rounds - 1));
    },
    renew(sets) {
      const fitting = sets.filter(({ scope }) => isFor(scope, camera)).map(({ name, login }) => ({ set: name, login }));
      const first = fitting.filter(({ set }) => set === camera.known);
      const next = [...own, ...first, ...fitting.filter((one) => !first.includes(one))];
      if (next.some((one) => !isAmong(candidates, one))) rounds = 0;
      candidates = next;
      if (taken && !isAmong(candidates, taken)) taken = undefined;
    },
    refused() {
      const refused = find();
      untried = false;
      taken = undefined;
      if (!refused) return;
      failed = left() ? [...failed, refused] : [refused];
      if (!left()) rounds += 1;
    },
    accepted() {
      taken = find();
      failed = [];
      untried = false;
      rounds = 0;
    },
  };
}

function isSame(one: Candidate, other: Candidate): boolean {
  return one.set === other.set && one.login.user === other.login.user && one.login.password === other.login.password;
}
