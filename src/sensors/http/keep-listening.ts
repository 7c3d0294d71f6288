// A listener that is kept open: a port that is taken is a condition, and is tried again; the other drivers go on.
import { type Env, troubleOf } from '#base';
import type { LineHealth } from '../line-health.ts';
import { type Handler, type ListenerAnswers, type ListenOptions, openListener } from './listener.ts';

/** A listener that comes back. */
export interface KeptListener {
  /** Where it listens; undefined while it does not. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
  /** Listens until `signal` aborts, trying again every 1 to 5 s. */
  run(signal: AbortSignal): Promise<void>;
}

export interface KeptListenerDeps {
  readonly handle: Handler;
  readonly answers: ListenerAnswers;
  readonly health: LineHealth;
  /** Runs while it listens; rejects when `signal` aborts. */
  watch(signal: AbortSignal): Promise<never>;
}

/** Opens it; it does not listen until it runs. */
export function keepListening(options: ListenOptions, { handle, answers, health, watch }: KeptListenerDeps, env: Env): KeptListener {
  let address: KeptListener['address'];
  return {
    get address() {
      return address;
    },
    async run(signal) {
      while (!signal.aborted) {
        try {
          await using listener = await openListener(options, { handle, answers }, env);
          address = listener.address;
          health.works();
          await Promise.race([listener.broken, watch(signal)]);
        } catch (error) {
          const { message, detail } = troubleOf(error);
          if (!signal.aborted) health.broken(message, detail);
        }
        address = undefined;
        await env.clock.sleep(1000 + env.random.uniform() * 4000, signal).catch(() => {});
      }
    },
  };
}
