// The login of one supervised camera: chosen before each attempt, moved on when it was refused, remembered when it was taken.
import type { Env, Login } from '#base';
import type { Device, OpenedCredentialSet } from '#model';
import type { Calls } from '#store';
import type { Failure } from '../faults.ts';
import type { KnowledgeProcedures } from '../knowledge-tables.ts';
import type { LoginGate, SoapSession } from '../soap/index.ts';
import { openLoginWalk } from './walk.ts';

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
  readonly device: Device;
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
  const { device, own, session, memory, knowledge } = camera;
  const { gate, credentials } = deps;
  const { host, hostname } = session.base;
  let { set: known } = await knowledge.know(device.id);
  const { maker, mac = '' } = device.identity;
  const walk = openLoginWalk({ host: hostname, maker, mac, own, known });
  let notBeforeMs = 0;
  return {
    get current() {
      return walk.current?.login;
    },
    async prepare() {
      if (credentials) walk.renew(await credentials());
      const login = walk.current?.login;
      session.use(login);
      if (!login || gate.waitMs(host, login) > 0) return 0;
      // What a person has just entered may be tried beside another that was refused; a walk over sets may not.
      return walk.isFresh ? 0 : Math.max(gate.quietMs(host), notBeforeMs - env.clock.monotonicMs());
    },
    async refused(failed) {
      const login = walk.current?.login;
      if (!login) return;
      await memory.refused(login);
      // A locked account says nothing of the login; and a gate that is closed has not asked the camera.
      if (failed.isLocked === true || failed.isHeld === true) return;
      walk.refused();
      notBeforeMs = env.clock.monotonicMs() + loginRetry * walk.patience;
    },
    async accepted() {
      walk.accepted();
      await memory.accepted();
      const set = walk.current?.set ?? '';
      if (set === known) return;
      await knowledge.keepSet({ device: device.id, set });
      known = set;
    },
    waitMs(failed, backoffMs) {
      if (failed.kind === 'login-missing') return Math.max(loginRetry, backoffMs);
      if (failed.kind !== 'login-refused') return backoffMs;
      const login = walk.current?.login;
      return Math.max(backoffMs, login ? gate.waitMs(host, login) : loginRetry);
    },
  };
}
