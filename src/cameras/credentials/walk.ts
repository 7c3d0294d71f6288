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
  /** The sets as they are now; the walk stays where it is if that login is still among them. */
  renew(sets: readonly OpenedCredentialSet[]): void;
  /** The current one was refused: the next one's turn. */
  refused(): void;
  /** The current one was taken. */
  accepted(): void;
}

const maxPatience = 12;

/** Opens the walk of a camera. `known`: the set that was taken last, which goes first. */
export function openLoginWalk(camera: ScopedCamera & { readonly own: Login | undefined; readonly known: string }): LoginWalk {
  let candidates: readonly Candidate[] = camera.own ? [{ set: '', login: camera.own }] : [];
  let at = 0;
  let rounds = 0;
  let untried = camera.own !== undefined;
  return {
    get current() {
      return candidates[at];
    },
    get isFresh() {
      return untried && candidates[at]?.set === '';
    },
    get patience() {
      return Math.min(maxPatience, 2 ** Math.max(0, rounds - 1));
    },
    renew(sets) {
      const before = candidates[at];
      const fitting = sets.filter(({ scope }) => isFor(scope, camera)).map(({ name, login }) => ({ set: name, login }));
      const first = fitting.filter(({ set }) => set === camera.known);
      const next = [...(camera.own ? [{ set: '', login: camera.own }] : []), ...first, ...fitting.filter((one) => !first.includes(one))];
      if (next.length > candidates.length) rounds = 0;
      candidates = next;
      at = Math.max(
        0,
        candidates.findIndex((one) => before && isSame(one, before)),
      );
    },
    refused() {
      untried = false;
      at += 1;
      if (at < candidates.length) return;
      at = 0;
      rounds += 1;
    },
    accepted() {
      untried = false;
      rounds = 0;
    },
  };
}

function isSame(one: Candidate, other: Candidate): boolean {
  return one.set === other.set && one.login.user === other.login.user && one.login.password === other.login.password;
}
