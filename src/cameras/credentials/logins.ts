// The login of one supervised camera: chosen before each attempt, moved on when it was refused, remembered when it was taken.
import type { Env, Login } from '#base';
import type { Device, OpenedCredentialSet } from '#model';
import type { Calls } from '#store';
import type { Failure } from '../faults.ts';
import type { KnowledgeProcedures } from '../knowledge-tables.ts';
import type { LoginGate, SoapSession } from '../soap/index.ts';
import { type LoginWalk, openLoginWalk } from './walk.ts';

/** What the cameras share. */
export interface LoginsDeps {
  readonly gate: LoginGate;
  /** The sets of logins of the site, as they are now; without it there are none. */
  readonly credentials?: (() => Promise<readonly OpenedCredentialSet[]>) | undefined;
}

/** The logins of one camera. Rejects with the store's faults. */
export interface Logins {
  /** What is tried now. */
  readonly current: Login | undefined;
  /** Hands the session the login that is tried next; milliseconds for which the camera must be left alone before, 0 when it need not. */
  prepare(): Promise<number>;
  /** The camera refused the login, or is locked for now. */
  refused(failed: Failure): Promise<void>;
  accepted(): Promise<void>;
  /** How long the camera is left alone after that failure, at least `backoffMs`. */
  waitMs(failed: Failure, backoffMs: number): number;
}

/** What they need of the camera. */
export interface LoginsCamera {
  readonly device: Pick<Device, 'id' | 'identity'>;
  readonly own: Login | undefined;
  readonly session: SoapSession;
  readonly memory: { refused(login: Login): Promise<void>; accepted(): Promise<void> };
  readonly knowledge: Calls<KnowledgeProcedures>;
}

/** Opens the logins of a camera. */
export async function openLogins(
  camera: LoginsCamera,
  deps: LoginsDeps,
  { loginRetry }: { readonly loginRetry: number },
  env: Env,
): Promise<Logins> {
  const { set } = await camera.knowledge.know(camera.device.id);
  return new Chosen(camera, deps, { loginRetry, known: set }, env);
}

/** A class, for there are thousands, and closures cost memory each. */
class Chosen implements Logins {
  readonly #camera: LoginsCamera;
  readonly #deps: LoginsDeps;
  readonly #loginRetry: number;
  readonly #env: Env;
  readonly #walk: LoginWalk;
  /** The set that was taken last, as the store has it. */
  #known: string;
  #notBeforeMs = 0;

  constructor(camera: LoginsCamera, deps: LoginsDeps, { loginRetry, known }: { loginRetry: number; known: string }, env: Env) {
    const { device, own, session } = camera;
    const { maker, mac = '' } = device.identity;
    this.#camera = camera;
    this.#deps = deps;
    this.#loginRetry = loginRetry;
    this.#env = env;
    this.#walk = openLoginWalk({ host: session.base.hostname, maker, mac, own, known });
    this.#known = known;
  }

  get current(): Login | undefined {
    return this.#walk.current?.login;
  }

  async prepare(): Promise<number> {
    const { gate, credentials } = this.#deps;
    const { session } = this.#camera;
    const { host } = session.base;
    if (credentials) this.#walk.renew(await credentials());
    const login = this.current;
    session.use(login);
    if (!login || gate.waitMs(host, login) > 0) return 0;
    // What a person has just entered may be tried beside another that was refused; a walk over sets may not.
    return this.#walk.isFresh ? 0 : Math.max(gate.quietMs(host), this.#notBeforeMs - this.#env.clock.monotonicMs());
  }

  async refused(failed: Failure): Promise<void> {
    const login = this.current;
    if (!login) return;
    await this.#camera.memory.refused(login);
    // A locked account says nothing of the login; and a gate that is closed has not asked the camera.
    if (failed.isLocked === true || failed.isHeld === true) return;
    this.#walk.refused();
    this.#notBeforeMs = this.#env.clock.monotonicMs() + this.#loginRetry * this.#walk.patience;
  }

  async accepted(): Promise<void> {
    const { memory, knowledge, device } = this.#camera;
    this.#walk.accepted();
    await memory.accepted();
    const set = this.#walk.current?.set ?? '';
    if (set === this.#known) return;
    await knowledge.keepSet({ device: device.id, set });
    this.#known = set;
  }

  waitMs(failed: Failure, backoffMs: number): number {
    if (failed.kind === 'login-missing') return Math.max(this.#loginRetry, backoffMs);
    if (failed.kind !== 'login-refused') return backoffMs;
    const login = this.current;
    return Math.max(backoffMs, login ? this.#deps.gate.waitMs(this.#camera.session.base.host, login) : this.#loginRetry);
  }
}
