// What is remembered of one camera across a restart: the pull point to be resumed, and a refused login that must not be tried again yet.
import type { Env, Login } from '#base';
import type { Calls } from '#store';
import type { PullPoint } from './events/index.ts';
import { type LoginGate, markOf } from './soap/index.ts';
import type { CamerasProcedures } from './tables.ts';

/** The memory of one camera; every change is durable when it resolves. Rejects with the store's faults. */
export interface Memory {
  readonly point: PullPoint | undefined;
  keep(point: PullPoint | undefined): Promise<void>;
  /** The login was refused; the gate knows since when. */
  refused(): Promise<void>;
  accepted(): Promise<void>;
}

/** Opens the memory of `device` and tells the gate of a refusal that still holds. */
export async function openMemory(
  camera: { readonly device: string; readonly host: string; readonly login: Login | undefined },
  deps: { readonly calls: Calls<CamerasProcedures>; readonly gate: LoginGate; readonly loginRetry: number },
  env: Env,
): Promise<Memory> {
  const { device, host, login } = camera;
  const { calls, gate, loginRetry } = deps;
  const { subscription, refusal } = await calls.recall(device);
  const url = subscription && URL.parse(subscription.address);
  // A pull point of another address than the camera now has would send the login elsewhere.
  let point = subscription && url?.hostname === host.replace(/:\d+$/, '') ? { address: url, reference: subscription.reference } : undefined;
  let noted = refusal !== undefined;
  const agoMs = refusal ? env.clock.now() - refusal.at : 0;
  if (login && refusal?.mark === markOf(login) && agoMs >= 0 && agoMs < loginRetry && gate.waitMs(host, login) === 0) {
    gate.refused(host, login, agoMs);
  }
  return {
    get point() {
      return point;
    },
    async keep(next) {
      if (next === undefined) await calls.dropSubscription(device);
      else await calls.keepSubscription({ device, address: next.address.href, reference: next.reference });
      point = next;
    },
    async refused() {
      if (!login) return;
      noted = true;
      await calls.keepRefusal({ device, mark: markOf(login), at: env.clock.now() - (loginRetry - gate.waitMs(host, login)) });
    },
    async accepted() {
      if (noted) await calls.dropRefusal(device);
      noted = false;
    },
  };
}
