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

/** A camera, its own login, and the set that was taken last, which goes first. */
type WalkedCamera = ScopedCamera & { readonly own: Login | undefined; readonly known: string };

/** Opens the walk of a camera. */
export function openLoginWalk(camera: WalkedCamera): LoginWalk {
  return new Walk(camera);
}

/** A class, for there are thousands, and closures cost memory each. */
class Walk implements LoginWalk {
  readonly #camera: WalkedCamera;
  readonly #own: readonly Candidate[];
  #candidates: readonly Candidate[];
  /** Refused since the last round. */
  #failed: readonly Candidate[] = none;
  #taken: Candidate | undefined;
  #rounds = 0;
  #untried: boolean;

  constructor(camera: WalkedCamera) {
    this.#camera = camera;
    this.#own = camera.own ? [{ set: '', login: camera.own }] : none;
    this.#candidates = this.#own;
    this.#untried = this.#own.length > 0;
  }

  get current(): Candidate | undefined {
    return this.#taken ?? this.#left() ?? this.#candidates[0];
  }

  get isFresh(): boolean {
    return this.#untried && this.current?.set === '';
  }

  get patience(): number {
    return Math.min(maxPatience, 2 ** Math.max(0, this.#rounds - 1));
  }

  renew(sets: readonly OpenedCredentialSet[]): void {
    const fitting = sets.filter(({ scope }) => isFor(scope, this.#camera)).map(({ name, login }) => ({ set: name, login }));
    const first = fitting.filter(({ set }) => set === this.#camera.known);
    const next = [...this.#own, ...first, ...fitting.filter((one) => !first.includes(one))];
    if (next.some((one) => !isAmong(this.#candidates, one))) this.#rounds = 0;
    this.#candidates = fitting.length === 0 ? this.#own : next;
    if (this.#taken && !isAmong(this.#candidates, this.#taken)) this.#taken = undefined;
  }

  refused(): void {
    const refused = this.current;
    this.#untried = false;
    this.#taken = undefined;
    if (!refused) return;
    this.#failed = this.#left() ? [...this.#failed, refused] : [refused];
    if (!this.#left()) this.#rounds += 1;
  }

  accepted(): void {
    this.#taken = this.current;
    this.#failed = none;
    this.#untried = false;
    this.#rounds = 0;
  }

  #left(): Candidate | undefined {
    return this.#candidates.find((one) => !isAmong(this.#failed, one));
  }
}

/** Shared by all that have none. */
const none: readonly Candidate[] = [];

function isAmong(some: readonly Candidate[], one: Candidate): boolean {
  return some.some((other) => isSame(one, other));
}

function isSame(one: Candidate, other: Candidate): boolean {
  return one.set === other.set && one.login.user === other.login.user && one.login.password === other.login.password;
}
