// Services: things that run until they are told to end; the only shape of long-lived work in the house.

/** Runs until `signal` aborts, cleans up and resolves. A rejection is a crash. */
export interface Service {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs all services until `signal` aborts or one of them ends by itself. The others are then aborted and awaited.
 * Rejects with the first crash; a service that resolves without having been told to counts as one.
 */
export async function runServices(services: readonly Service[], signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const all = AbortSignal.any([signal, stop.signal]);
  let crash: { error: unknown } | undefined;
  await Promise.all(
    services.map(async (service) => {
      try {
        await service.run(all);
        if (!all.aborted) throw new Error(`service ${service.name} ended by itself`);
      } catch (error) {
        if (!all.aborted) crash ??= { error };
        stop.abort(error);
      }
    }),
  );
  if (crash) throw crash.error;
}

/** Resolves when `signal` aborts, at once when it has. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Whether `error` is only the echo of an abort of `signal`. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'));
}
