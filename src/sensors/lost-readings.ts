// Readings that the store did not take, of one sensor: counted, and said in the log now and then; what is measured is measured again.
import { type Env, messageOf } from '#base';

/** One line of the log for so long, whatever is lost. */
const tellLostMs = 60_000;

/** Opens the count of `device`; says nothing once `signal` aborted. */
export function openLostReadings(
  device: string,
  { env, signal }: { readonly env: Env; readonly signal: AbortSignal },
): (count: number, error: unknown) => void {
  let lost = 0;
  let tellAt = 0;
  return (count, error) => {
    lost += count;
    const now = env.clock.monotonicMs();
    if (now < tellAt || signal.aborted) return;
    tellAt = now + tellLostMs;
    env.log.warn({ device, lost, error: messageOf(error) }, 'readings are not kept');
  };
}
