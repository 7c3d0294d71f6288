// What a technician may do on a bus: read, write, and look for units, over the same queue as the polling.
import type { Env } from '#base';
import { sensorsFaults } from '../faults.ts';
import type { ErrandManner, Errands } from './errands.ts';
import type { Answer } from './line.ts';
import { type NumberForm, numberOf, registersOf, type WordOrder, widthOf } from './numbers.ts';
import { isGatewaySilence, nameException, type ReadRequest, type Request, type WriteRequest } from './pdu.ts';

/** One of the four tables of a unit. */
export type UnitTable = 'coil' | 'discrete' | 'input' | 'holding';

/** Where in a unit, and how it is written there. `address` from 0; of bits `form` says nothing. */
export interface UnitPlace {
  readonly unit: number;
  readonly table: UnitTable;
  readonly address: number;
  readonly form: NumberForm;
  readonly wordOrder: WordOrder;
}

/** What was read: the registers or bits as they came, and the values in them. */
export interface UnitValues {
  readonly registers: readonly number[];
  readonly values: readonly number[];
}

/** A bus as a technician meets it. Everything rejects with `sensors.bus-closed` while the line is not open. */
export interface BusVisit {
  /** `count` values, at most 125 registers or 2,000 bits. Rejects with `sensors.unit-silent`, `unit-refused` or `values-invalid`. */
  read(place: UnitPlace, count: number, signal: AbortSignal): Promise<UnitValues>;
  /** What is to be written, checked. @throws sensors.write-forbidden, values-invalid */
  prepare(place: UnitPlace, values: readonly number[], isMultiple: boolean): WriteRequest;
  /** Writes what was prepared, and reads it back; undefined where it cannot be read. Rejects as `read` does: after `unit-silent` nobody knows whether it was written. */
  write(place: UnitPlace, request: WriteRequest, signal: AbortSignal): Promise<UnitValues | undefined>;
  /** Asks each unit id of the range one question, `limitMs` each at most, and tells of each as it goes. */
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
  const read: BusVisit['read'] = async (place, count, signal) => {
    const code = readFunctions[place.table];
    const width = code <= 2 ? 1 : widthOf(place.form);
    const request: ReadRequest = { function: code, address: place.address, count: count * width };
    if (request.count < 1 || request.count > (code <= 2 ? 2000 : 125) || request.address + request.count > 65_536)
      throw sensorsFaults.fault('values-invalid', { detail: `${request.count} from ${request.address}` });
    const registers = await values(place.unit, request, signal);
    const valueAt = (index: number): number =>
      numberOf(code <= 2 ? 'bit' : place.form, place.wordOrder, [registers[index * width] ?? 0, registers[index * width + 1] ?? 0]);
    return { registers, values: Array.from({ length: count }, (_, index) => valueAt(index)) };
  };
  return {
    read,
    prepare(place, given, isMultiple) {
      if (!bus.writable) throw sensorsFaults.fault('write-forbidden', { detail: bus.id });
      const request = writeRequest(place, given, isMultiple);
      if (!request) throw sensorsFaults.fault('values-invalid', { detail: `${place.table} ${place.form}: ${given.join(' ')}` });
      return request;
    },
    async write(place, request, signal) {
      await values(place.unit, request, signal);
      const width = place.table === 'coil' ? 1 : widthOf(place.form);
      return read(place, request.values.length / width, signal).catch(() => undefined);
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

const readFunctions = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;
/** Most coils and registers of one write, §6.11, §6.12. */
const maxWritten = { coil: 1968, holding: 123 } as const;

function writeRequest(
  { table, address, form, wordOrder }: UnitPlace,
  values: readonly number[],
  isMultiple: boolean,
): WriteRequest | undefined {
  if (table !== 'coil' && table !== 'holding') return undefined;
  const parts = values.map((value) =>
    table === 'holding' ? registersOf(form, wordOrder, value) : value === 0 || value === 1 ? [value] : undefined,
  );
  if (parts.some((part) => part === undefined)) return undefined;
  const words = parts.flatMap((part) => part ?? []);
  if (words.length < 1 || words.length > maxWritten[table] || address + words.length > 65_536) return undefined;
  const isOne = words.length === 1 && !isMultiple;
  return { function: table === 'coil' ? (isOne ? 5 : 15) : isOne ? 6 : 16, address, values: words };
}
