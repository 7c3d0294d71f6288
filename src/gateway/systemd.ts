// What systemd is told: ready, stopping, alive. Through `systemd-notify`, since Node has no Unix datagram socket.
import { execFile } from 'node:child_process';
import { type Env, messageOf, type Service, untilAborted } from '#base';

/** What the unit hands to the process; both undefined outside systemd. */
export interface SystemdOptions {
  readonly notifySocket: string | undefined;
  /** How long the watchdog waits for a ping. */
  readonly watchdogMs: number | undefined;
}

/** Says states to systemd; does nothing where no unit listens (sd_notify(3)). */
export interface Systemd {
  notify(...states: readonly string[]): Promise<void>;
  /**
   * Asks for more time to start until disposal: a salvage of gigabytes, or a sick disk, takes longer than `TimeoutStartSec`, and who is killed for that
   * begins anew for ever (sd_notify(3), `EXTEND_TIMEOUT_USEC`).
   */
  starting(): Disposable;
  /**
   * Pings the watchdog at a third of its period. It proves that the main loop turns, and no more: a thread that the disk holds cannot be told from one that is
   * stuck otherwise, and must not be killed. Such a store is failing (`store-failing`), and alarms travel from memory.
   */
  readonly watchdog: Service;
}

const notifyTimeoutMs = 5000;
const extendEveryMs = 10_000;
/** Asked for anew long before it is over: a machine that salvages is busy. */
const extensionMs = 120_000;

/** Opens the way to systemd. */
export function openSystemd(options: SystemdOptions, env: Env): Systemd {
  const notify = async (...states: readonly string[]): Promise<void> => {
    if (options.notifySocket === undefined) return;
    await new Promise<void>((resolve) => {
      execFile('systemd-notify', [...states], { timeout: notifyTimeoutMs }, (error) => {
        if (error) env.log.warn({ states, error: messageOf(error) }, 'systemd could not be told');
        resolve();
      });
    });
  };
  return {
    notify,
    starting() {
      const startedAtMs = env.clock.monotonicMs();
      let timer: Disposable;
      const extend = (): void => {
        const seconds = Math.round((env.clock.monotonicMs() - startedAtMs) / 1000);
        env.log.warn({ seconds }, 'the start takes long: a damaged store is salvaged, or its disk is slow');
        void notify(`EXTEND_TIMEOUT_USEC=${extensionMs * 1000}`);
        timer = env.clock.after(extendEveryMs, extend);
      };
      timer = env.clock.after(extendEveryMs, extend);
      return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
    },
    watchdog: {
      name: 'watchdog',
      async run(signal) {
        if (options.watchdogMs === undefined) return await untilAborted(signal);
        while (!signal.aborted) {
          await notify('WATCHDOG=1');
          await env.clock.sleep(options.watchdogMs / 3, signal).catch(() => {});
        }
      },
    },
  };
}
