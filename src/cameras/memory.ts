// What is remembered of one camera across a restart: the pull point to be resumed, a refused login that must not be tried again yet, and its certificate.
import type { Env, Login } from '#base';
import type { Calls } from '#store';
import type { PullPoint } from './events/index.ts';
import { type LoginGate, markOf, type Trust } from './soap/index.ts';
import type { CamerasProcedures } from './tables.ts';

/** The memory of one camera; every change is durable when it resolves. Rejects with the store's faults. */
export interface Memory {
  readonly point: PullPoint | undefined;
  keep(point: PullPoint | undefined): Promise<void>;
  /** A login was refused just now: the camera's own, where it is left out. */
  refused(login?: Login): Promise<void>;
  accepted(): Promise<void>;
  /** The camera answered well: the certificate that it showed is the one it must have. */
  certified(): Promise<void>;
}

/** Opens the memory of `device` and tells the gate of a refusal that still holds. */
export async function openMemory(
  camera: { readonly device: string; readonly host: string; readonly login: Login | undefined },
  deps: { readonly calls: Calls<CamerasProcedures>; readonly gate: LoginGate; readonly loginRetry: number; readonly trust?: Trust },
  env: Env,
): Promise<Memory> {
  const { device, host, login } = camera;
  const { calls, gate, loginRetry, trust } = deps;
  const { subscription, refusal, certificate } = await calls.recall(device);
  if (certificate !== undefined) trust?.pin(certificate);
  let kept = certificate;
  const url = subscription && URL.parse(subscription.address);
  // A pull point of another address than the camera now has would send the login elsewhere.
  const point =
    subscription && url?.hostname === host.replace(/:\d+$/, '')
      ? { address: url, reference: subscription.reference, pushed: subscription.pushed === 1 }
      : undefined;
  let noted = refusal !== undefined;
  // A clock that was set back meanwhile makes it a refusal of now.
  const agoMs = refusal ? Math.max(0, env.clock.now() - refusal.at) : 0;
  // Whichever login it was, no other may fail before its time; of another than the camera's own only its mark is left to know it by.
  if (refusal && agoMs < loginRetry && gate.quietMs(host) === 0) {
    gate.refused(host, login && refusal.mark === markOf(login) ? login : { user: '', password: refusal.mark }, agoMs);
  }
  const memory: Memory & { point: PullPoint | undefined } = {
    point,
    async keep(next) {
      if (next === undefined) await calls.dropSubscription(device);
      else
        await calls.keepSubscription({
          device,
          address: next.address.href,
          reference: next.reference,
          pushed: Number(next.pushed === true),
        });
      memory.point = next;
    },
    async refused(tried = login) {
      if (!tried) return;
      noted = true;
      // A wait that only goes on says nothing new.
      const leftMs = gate.waitMs(host, tried);
      await calls.keepRefusal({ device, mark: markOf(tried), at: env.clock.now() - (loginRetry - leftMs) });
    },
    async accepted() {
      // Another login may have been refused just before: a restart must know of it.
      if (noted && gate.quietMs(host) === 0) {
        await calls.dropRefusal(device);
        noted = false;
      }
    },
    async certified() {
      const fingerprint = trust?.pinned;
      if (fingerprint === undefined || fingerprint === kept) return;
      await calls.keepCertificate({ device, fingerprint });
      kept = fingerprint;
    },
  };
  return memory;
}
