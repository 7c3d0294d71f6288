// Suspects: entries at which a broker closes the connection. RabbitMQ, HiveMQ and AWS IoT do so for what is denied or too large, and 3.1.1 has no other way to refuse.
import type { Known } from './doubt.ts';

/** What is known over all connections. */
export interface Suspects {
  /** It is to be sent last and alone: the connection was closed at it twice, or its like was found guilty and none of these was answered since. */
  has(entry: Known): boolean;
  /**
   * The connection was closed at it. True when it is guilty: it was alone on the line for the second time on a connection that `works`, which is to say that
   * it took other entries; or for the sixth time.
   */
  closedAt(entry: Known, line: { readonly isAlone: boolean; readonly works: boolean }): boolean;
  /** The broker answered for it, however. */
  answered(entry: Known): void;
}

const closingsOfSuspect = 2;
const closingsAlone = 6;
/** So much one counts where the connection works. */
const weightOfWorking = 3;
const maxKnown = 1000;

interface Record {
  among: number;
  alone: number;
}

export function openSuspects(): Suspects {
  const records = new Map<string, Record>();
  const guiltyKinds = new Set<string>();
  return {
    has: (entry) => (records.get(entry.id)?.among ?? 0) >= closingsOfSuspect || guiltyKinds.has(entry.kind),
    closedAt(entry, { isAlone, works }) {
      const record = records.get(entry.id) ?? { among: 0, alone: 0 };
      if (!isAlone) record.among += 1;
      else record.alone += works ? weightOfWorking : 1;
      records.delete(entry.id);
      if (record.alone >= closingsAlone) {
        guiltyKinds.add(entry.kind);
        return true;
      }
      records.set(entry.id, record);
      const [oldest] = records.keys();
      if (records.size > maxKnown && oldest !== undefined) records.delete(oldest);
      return false;
    },
    answered(entry) {
      if (records.size === 0 && guiltyKinds.size === 0) return;
      records.delete(entry.id);
      guiltyKinds.delete(entry.kind);
    },
  };
}
