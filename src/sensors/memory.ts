// What outlives the gateway of sensors that tell, and their moments: notes in the store, read once at the start, and one timer for all.
import { type Env, messageOf, type Service, untilAborted } from '#base';
import { openDues } from './dues.ts';

/** Where notes lie. Each resolves after the commit and rejects when the store fails. */
export interface SensorNotes {
  all(): Promise<readonly { readonly device: string; readonly text: string }[]>;
  put(note: { readonly device: string; readonly text: string }): Promise<void>;
  remove(device: string): Promise<void>;
}

/** What a sensor that tells is handed. */
export interface SensorMemory {
  /** What an earlier life noted of `device`. Rejects with the store's fault. */
  recall(device: string): Promise<string | undefined>;
  /** Resolves after the commit; undefined removes the note. Rejects with the store's fault. */
  keep(device: string, text: string | undefined): Promise<void>;
  /** Calls `act` once when `atMs` (monotonic) has come; undefined: not any more. */
  due(device: string, atMs: number | undefined, act: () => void): void;
  /** `resume` is called at the start where an earlier life left a note of `device`. */
  join(device: string, resume: () => void): void;
}

const retryMs = 1000;

/** Opens the memory. Its service wakes the sensors of which there is a note, and forgets notes of sensors that are no more. */
export function openSensorMemory(notes: SensorNotes, env: Env): SensorMemory & { readonly service: Service } {
  const dues = openDues(env.clock);
  const members = new Map<string, () => void>();
  let loading: Promise<Map<string, string>> | undefined;
  const load = (): Promise<Map<string, string>> => {
    loading ??= notes.all().then((all) => new Map(all.map(({ device, text }) => [device, text])));
    loading.catch(() => (loading = undefined));
    return loading;
  };
  const wake = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        for (const device of (await load()).keys()) {
          const resume = members.get(device);
          if (resume) resume();
          else await notes.remove(device);
        }
        return;
      } catch (error) {
        if (!signal.aborted) env.log.error({ error: messageOf(error) }, 'the notes of sensors cannot be read; trying again');
        await env.clock.sleep(retryMs, signal).catch(() => {});
      }
    }
  };
  return {
    async recall(device) {
      const known = await load();
      const text = known.get(device);
      known.delete(device);
      return text;
    },
    keep: (device, text) => (text === undefined ? notes.remove(device) : notes.put({ device, text })),
    due: dues.set,
    join: (device, resume) => void members.set(device, resume),
    service: {
      name: 'sensors moments',
      async run(signal) {
        await wake(signal);
        await untilAborted(signal).catch(() => {});
        dues[Symbol.dispose]();
      },
    },
  };
}
