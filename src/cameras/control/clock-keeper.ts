// Keeping the clocks of cameras right, where the configuration says so: those that are wrong and follow no NTP server are set, once a day at most.
import { type Env, isAbort, messageOf, type Service, untilAborted } from '#base';
import type { DeviceActs } from './device-acts.ts';

/** What the keeper needs. */
export interface ClockKeeperDeps {
  /** Cameras that are heard, with what is known of their clocks: theirs minus ours, milliseconds. */
  offsets(): ReadonlyMap<string, number>;
  readonly device: Pick<DeviceActs, 'setClock'>;
  /** What was set; for the audit. */
  told(camera: string, detail: string): void;
}

const everyMs = 600_000;
const onceInMs = 86_400_000;

/** Opens the keeper. `toleranceMs`: what may be off. One camera after another, every ten minutes. */
export function openClockKeeper(
  { isOn, toleranceMs }: { readonly isOn: boolean; readonly toleranceMs: number },
  deps: ClockKeeperDeps,
  env: Env,
): Service {
  const tried = new Map<string, number>();
  const isDue = (camera: string): boolean => env.clock.monotonicMs() - (tried.get(camera) ?? Number.NEGATIVE_INFINITY) >= onceInMs;
  const set = async (camera: string): Promise<void> => {
    tried.set(camera, env.clock.monotonicMs());
    try {
      const { before, after } = await deps.device.setClock(camera);
      deps.told(camera, `${seconds(before.offsetMs)} s off, now ${seconds(after.offsetMs)} s`);
    } catch (error) {
      env.log.info({ camera, error: messageOf(error) }, 'the clock of a camera was not set');
    }
  };
  const setAll = async (signal: AbortSignal): Promise<void> => {
    const offsets = deps.offsets();
    // One that was away may have lost its time with its current.
    for (const camera of tried.keys()) if (!offsets.has(camera)) tried.delete(camera);
    for (const [camera, offsetMs] of offsets) if (Math.abs(offsetMs) > toleranceMs && isDue(camera) && !signal.aborted) await set(camera);
  };
  return {
    name: 'clocks of cameras',
    async run(signal) {
      if (!isOn) return await untilAborted(signal);
      try {
        for (;;) {
          await env.clock.sleep(everyMs, signal);
          await setAll(signal);
        }
      } catch (error) {
        if (!isAbort(error, signal)) throw error;
      }
    },
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
