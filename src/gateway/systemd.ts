// What systemd is told: ready, stopping, alive. Through `systemd-notify`, since Node has no Unix datagram socket.
import { execFile } from 'node:child_process';
import { type Env, messageOf, type Service } from '#base';

/** What the unit hands to the process; both undefined outside systemd. */
export interface SystemdOptions {
  readonly notifySocket: string | undefined;
  /** How long the watchdog waits for a ping. */
  readonly watchdogMs: number | undefined;
}

/** Says states to systemd; does nothing where no unit listens (sd_notify(3)). */
export interface Systemd {
  notify(...states: readonly string[]): Promise<void>;
  /** Pings the watchdog at a third of its period, each time only after `alive` has resolved. */
  watchdog(alive: () => Promise<void>): Service;
}

const notifyTimeoutMs = 5000;
/** Without a watchdog the threads are looked at all the same. */
const idleWatchdogMs = 30_000;

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
    watchdog: (alive) => ({
      name: 'watchdog',
      async run(signal) {
        const periodMs = (options.watchdogMs ?? idleWatchdogMs) / 3;
        while (!signal.aborted) {
          await alive();
          await notify('WATCHDOG=1');
          await env.clock.sleep(periodMs, signal).catch(() => {});
        }
      },
    }),
  };
}
