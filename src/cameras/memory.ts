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
  /** This login is about to be tried: known before it is, unless it was taken before. A crash then leaves it as refused. */
  attempt(login: Login): Promise<void>;
  /** A login was refused just now: the camera's own, where it is left out. */
  refused(login?: Login): Promise<void>;
  /** It was taken. */
  taken(login: Login): Promise<void>;
  accepted(): Promise<void>;
  /** The camera answered well: the certificate that it showed is the one it must have. */
  certified(): Promise<void>;
}

/** Opens the memory of `device` and tells the gate of a refusal that still holds. */
export async function openMemory(camera: MemoryCamera, deps: MemoryDeps, env: Env): Promise<Memory> {
  const { calls, gate, loginRetry, trust } = deps;
  const { subscription, refusal, certificate, proven } = await calls.recall(camera.device);
  if (certificate !== undefined) trust?.pin(certificate);
  if (refusal) holdBack(refusal, { ...camera, proven, agoMs: Math.max(0, env.clock.now() - refusal.at) }, { gate, loginRetry });
  const point = pointOf(subscription, camera.host);
  return new Remembered(camera, deps, env, { point, noted: refusal !== undefined, certificate, proven });
}

interface MemoryCamera {
  readonly device: string;
  readonly host: string;
  readonly login: Login | undefined;
}

interface MemoryDeps {
  readonly calls: Calls<CamerasProcedures>;
  readonly gate: LoginGate;
  readonly loginRetry: number;
  readonly trust?: Trust;
}

type Recalled = Awaited<ReturnType<Calls<CamerasProcedures>['recall']>>;

/** A pull point of another address than the camera now has would send the login elsewhere. */
function pointOf(subscription: Recalled['subscription'], host: string): PullPoint | undefined {
  const address = subscription && URL.parse(subscription.address);
  if (!address || address.hostname !== host.replace(/:\d+$/, '')) return undefined;
  return { address, reference: subscription.reference, pushed: subscription.pushed === 1 };
}

/** Tells the gate of a refusal that still holds; a clock that was set back meanwhile makes it a refusal of now. */
function holdBack(
  refusal: NonNullable<Recalled['refusal']>,
  { host, login, proven, agoMs }: MemoryCamera & { readonly agoMs: number; readonly proven: string | undefined },
  { gate, loginRetry }: Pick<MemoryDeps, 'gate' | 'loginRetry'>,
): void {
  if (agoMs >= loginRetry || gate.quietMs(host) > 0) return;
  // Whichever login it was, no other may fail before its time; of another than the camera's own only its mark is left to know it by.
  // What was tried and then taken is not what is waited for.
  const isOwn = login !== undefined && refusal.mark === markOf(login) && refusal.mark !== proven;
  gate.refused(host, isOwn ? login : { user: '', password: refusal.mark }, agoMs);
}

/** A class, for there are thousands, and closures cost memory each. */
class Remembered implements Memory {
  point: PullPoint | undefined;
  readonly #camera: MemoryCamera;
  readonly #deps: MemoryDeps;
  readonly #env: Env;
  #noted: boolean;
  #kept: string | undefined;
  #proven: string | undefined;

  constructor(
    camera: MemoryCamera,
    deps: MemoryDeps,
    env: Env,
    {
      point,
      noted,
      certificate,
      proven,
    }: { point: PullPoint | undefined; noted: boolean; certificate: string | undefined; proven: string | undefined },
  ) {
    this.point = point;
    this.#camera = camera;
    this.#deps = deps;
    this.#env = env;
    this.#noted = noted;
    this.#kept = certificate;
    this.#proven = proven;
  }

  async keep(next: PullPoint | undefined): Promise<void> {
    const { calls } = this.#deps;
    const { device } = this.#camera;
    if (next === undefined) await calls.dropSubscription(device);
    else
      await calls.keepSubscription({
        device,
        address: next.address.href,
        reference: next.reference,
        pushed: Number(next.pushed === true),
      });
    this.point = next;
  }

  async attempt(login: Login): Promise<void> {
    const mark = markOf(login);
    if (mark === this.#proven) return;
    this.#noted = true;
    await this.#deps.calls.keepRefusal({ device: this.#camera.device, mark, at: this.#env.clock.now() });
  }

  async refused(tried: Login | undefined = this.#camera.login): Promise<void> {
    const { calls, gate, loginRetry } = this.#deps;
    const { device, host } = this.#camera;
    if (!tried) return;
    this.#noted = true;
    if (markOf(tried) === this.#proven) this.#proven = undefined;
    // A wait that only goes on says nothing new.
    const leftMs = gate.waitMs(host, tried);
    await calls.keepRefusal({ device, mark: markOf(tried), at: this.#env.clock.now() - (loginRetry - leftMs) });
  }

  async taken(login: Login): Promise<void> {
    const mark = markOf(login);
    if (mark === this.#proven) return;
    await this.#deps.calls.keepProven({ device: this.#camera.device, mark });
    this.#proven = mark;
  }

  async accepted(): Promise<void> {
    const { calls, gate } = this.#deps;
    // Another login may have been refused just before: a restart must know of it.
    if (!this.#noted || gate.quietMs(this.#camera.host) > 0) return;
    await calls.dropRefusal(this.#camera.device);
    this.#noted = false;
  }

  async certified(): Promise<void> {
    const { calls, trust } = this.#deps;
    const fingerprint = trust?.pinned;
    if (fingerprint === undefined || fingerprint === this.#kept) return;
    await calls.keepCertificate({ device: this.#camera.device, fingerprint });
    this.#kept = fingerprint;
  }
}
