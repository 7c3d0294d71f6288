// What a technician may do on a bus: read, write, and look for units, over the same queue as the polling.
import type { Env } from '#base';
import { sensorsFaults } from '../faults.ts';
import type { ErrandManner, Errands } from './errands.ts';
import type { Answer } from './line.ts';
import { isGatewaySilence, nameException, type ReadRequest, type Request, type WriteRequest } from './pdu.ts';

/** A bus as a technician meets it. Everything rejects with `sensors.bus-closed` while the line is not open. */
export interface BusVisit {
  readonly id: string;
  /** Sensors of the configuration by unit id. */
  readonly units: ReadonlyMap<number, string>;
  /** Bits or registers. Rejects with `sensors.unit-silent` or `unit-refused`. */
  read(unit: number, request: ReadRequest, signal: AbortSignal): Promise<readonly number[]>;
  /**
   * Writes, and reads it back; undefined where it cannot be read. Rejects with `sensors.write-forbidden` (see `mayWrite`), or as `read` does: after `unit-silent`
   * nobody knows whether it was written.
   */
  write(unit: number, request: WriteRequest, signal: AbortSignal): Promise<readonly number[] | undefined>;
  /** @throws sensors.write-forbidden */
  requireWritable(): void;
  /** Asks each unit id of the range one question, `limitMs` each, and tells of each as it goes. */
  scan(range: { readonly from: number; readonly to: number; readonly limitMs: number }, signal: AbortSignal): AsyncGenerator<ScannedUnit>;
}

/** One unit id that was asked. */
export interface ScannedUnit {
  readonly unit: number;
  /** `garbled`: something came that is no frame. */
  readonly result: 'found' | 'silent' | 'garbled';
  readonly device: string | undefined;
}

/** How often a unit is asked again that must be left alone at first, because it still owes an older answer. */
const maxWaits = 3;

/** Opens the visits of one bus. */
export function openVisit(
  bus: { readonly id: string; readonly writable: boolean; readonly units: ReadonlyMap<number, string> },
  errands: Errands,
  { clock }: Pick<Env, 'clock'>,
): BusVisit {
  const ask = async (unit: number, request: Request, how: ErrandManner): Promise<Exclude<Answer, { result: 'wait' }>> => {
    for (let waits = 0; ; waits += 1) {
      const answer = await errands.ask(unit, request, how);
      if (answer.result !== 'wait') return answer;
      if (waits >= maxWaits) return { result: 'timeout', garbled: false };
      await clock.sleep(answer.ms, how.signal);
    }
  };
  const values = async (unit: number, request: Request, signal: AbortSignal): Promise<readonly number[]> => {
    const answer = await ask(unit, request, { signal });
    if (answer.result === 'data') return answer.values;
    const where = `${bus.id}/${unit}`;
    if (answer.result === 'timeout' || isGatewaySilence(answer.code)) throw sensorsFaults.fault('unit-silent', { detail: where });
    throw sensorsFaults.fault('unit-refused', { detail: `${where}: ${nameException(answer.code).en}` });
  };
  const requireWritable = (): void => {
    if (!bus.writable) throw sensorsFaults.fault('write-forbidden', { detail: bus.id });
  };
  return {
    id: bus.id,
    units: bus.units,
    read: values,
    requireWritable,
    async write(unit, request, signal) {
      requireWritable();
      await values(unit, request, signal);
      const { address } = request;
      const code = request.function === 5 || request.function === 15 ? 1 : 3;
      return values(unit, { function: code, address, count: request.values.length }, signal).catch(() => undefined);
    },
    async *scan({ from, to, limitMs }, signal) {
      for (let unit = from; unit <= to; unit += 1) {
        const answer = await ask(unit, { function: 3, address: 0, count: 1 }, { signal, limitMs });
        const isSilent = answer.result === 'timeout' || (answer.result === 'exception' && isGatewaySilence(answer.code));
        const garbled = answer.result === 'timeout' && answer.garbled;
        yield { unit, result: garbled ? 'garbled' : isSilent ? 'silent' : 'found', device: bus.units.get(unit) };
      }
    },
  };
}
