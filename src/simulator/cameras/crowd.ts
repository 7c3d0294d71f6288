// All virtual cameras at once: reports at a rate across them, reboots of all, and the sums of what they counted.
import type { Clock } from '#base';
import { type CameraCounts, noCounts } from './counts.ts';
import type { SimulatedCamera } from './handle.ts';
import type { CameraTopic } from './topics.ts';

/** The sums over all cameras. */
export interface CrowdTotals extends CameraCounts {
  readonly cameras: number;
  /** Subscriptions that live now, and cameras that have one. */
  readonly pullPoints: number;
  readonly subscribed: number;
  /** The most failed logins that one camera saw since `watchLogins` was called. */
  readonly failedLoginsPerCameraMax: number;
  /** Cameras that are locked now. */
  readonly locked: number;
}

/** Reports at a rate, until it is disposed. */
export interface Stream extends Disposable {
  /** Reports made so far. */
  readonly sent: number;
}

/** All cameras together. */
export interface Crowd {
  /**
   * Lets the cameras report in turn, `perSecond` reports in all (at most 100,000); states begin and end by turns on each camera. Cameras without a
   * subscription are left out where `subscribedOnly`.
   */
  report(topic: CameraTopic, perSecond: number, how?: { readonly subscribedOnly?: boolean }): Stream;
  /** All at once, or spread over a time. */
  reboot(downMs?: number, spreadMs?: number): void;
  totals(): CrowdTotals;
  /** From now on `failedLoginsPerCameraMax` counts anew. */
  watchLogins(): void;
}

const tickMs = 10;
const maxPerSecond = 100_000;

/** Opens the crowd. */
export function openCrowd(cameras: readonly SimulatedCamera[], clock: Clock): Crowd {
  const before = new Map<SimulatedCamera, number>();
  const active = new Set<SimulatedCamera>();
  return {
    report(topic, perSecond, how = {}) {
      const rate = Math.min(perSecond, maxPerSecond);
      const startMs = clock.monotonicMs();
      let [sent, at] = [0, 0];
      let timer: Disposable | undefined;
      const tick = (): void => {
        const due = Math.floor(((clock.monotonicMs() - startMs) * rate) / 1000);
        for (let tries = 0; sent < due && tries < due + cameras.length; tries += 1) {
          const camera = cameras[at % cameras.length];
          at += 1;
          if (!camera || (how.subscribedOnly && camera.pullPoints === 0)) continue;
          const begins = !active.delete(camera);
          if (begins) active.add(camera);
          camera.trigger({ topic, active: begins });
          sent += 1;
        }
        timer = clock.after(tickMs, tick);
      };
      tick();
      return {
        get sent() {
          return sent;
        },
        [Symbol.dispose]: () => timer?.[Symbol.dispose](),
      };
    },
    reboot(downMs, spreadMs = 0) {
      for (const [at, camera] of cameras.entries()) {
        if (spreadMs === 0) camera.reboot(downMs);
        else clock.after((at * spreadMs) / cameras.length, () => camera.reboot(downMs));
      }
    },
    watchLogins() {
      for (const camera of cameras) before.set(camera, camera.counts.failedLogins);
    },
    totals: () => sum(cameras, before),
  };
}

function sum(cameras: readonly SimulatedCamera[], before: ReadonlyMap<SimulatedCamera, number>): CrowdTotals {
  const totals = noCounts();
  let [pullPoints, subscribed, failedLoginsPerCameraMax, locked] = [0, 0, 0, 0];
  for (const camera of cameras) {
    for (const name of Object.keys(totals) as (keyof CameraCounts)[]) totals[name] += camera.counts[name];
    pullPoints += camera.pullPoints;
    if (camera.pullPoints > 0) subscribed += 1;
    if (camera.locked) locked += 1;
    failedLoginsPerCameraMax = Math.max(failedLoginsPerCameraMax, camera.counts.failedLogins - (before.get(camera) ?? 0));
  }
  return { ...totals, cameras: cameras.length, pullPoints, subscribed, failedLoginsPerCameraMax, locked };
}
