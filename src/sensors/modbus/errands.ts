// A technician's own questions on a bus that is being polled: one at a time, between two polls, and never so many that alarms come late.
import type { Clock } from '#base';
import { sensorsFaults } from '../faults.ts';
import type { Answer, Line } from './line.ts';
import type { Request } from './pdu.ts';

/** How a question is asked. */
export interface ErrandManner {
  /** Aborts when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** Waits so long for the answer; left out: as the bus does. */
  readonly limitMs?: number;
}

/** The questions of one bus. */
export interface Errands {
  /** Its answer. Rejects with `sensors.bus-closed` while the line is not open, `bus-crowded`, `line-lost`, or the signal's reason. */
  ask(unit: number, request: Request, how: ErrandManner): Promise<Answer>;
  /**
   * Asks the oldest one over the line, if it may be asked now: whenever nothing else is due (`isIdle`), else so seldom that polling keeps three quarters of
   * the line. False when nothing was asked. Rejects when the line is lost.
   */
  serve(line: Line, isIdle: boolean, signal: AbortSignal): Promise<boolean>;
  /** Waits `ms`, or until something is to be asked. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** The line is open from now on; disposed of, it is closed: what waits is refused. */
  opened(): Disposable;
}

interface Errand {
  readonly unit: number;
  readonly request: Request;
  readonly how: ErrandManner;
  settle(answer: Answer): void;
  fail(error: unknown): void;
}

const maxWaiting = 16;
/** After an errand polling has the line for so many times as long as it took. */
const pollingShare = 3;

/** Opens the questions of the bus `id`. */
export function openErrands(id: string, clock: Pick<Clock, 'after' | 'monotonicMs'>): Errands {
  const waiting: Errand[] = [];
  let isOpen = false;
  let freeAt = 0;
  let wake = (): void => {};
  return {
    ask(unit, request, how) {
      if (!isOpen) return Promise.reject(sensorsFaults.fault('bus-closed', { detail: id }));
      if (waiting.length >= maxWaiting) return Promise.reject(sensorsFaults.fault('bus-crowded', { detail: id }));
      return new Promise((resolve, reject) => {
        waiting.push({ unit, request, how, settle: resolve, fail: reject });
        wake();
      });
    },
    async serve(line, isIdle, signal) {
      const startedAt = clock.monotonicMs();
      if (!isIdle && startedAt < freeAt) return false;
      const errand = waiting.shift();
      if (!errand) return false;
      const { signal: asked, limitMs } = errand.how;
      if (asked.aborted) {
        errand.fail(asked.reason);
        return true;
      }
      try {
        errand.settle(await line.exchange(errand.unit, errand.request, AbortSignal.any([signal, asked]), limitMs));
      } catch (error) {
        errand.fail(error);
        if (!asked.aborted) throw error;
      } finally {
        const now = clock.monotonicMs();
        freeAt = now + (now - startedAt) * pollingShare;
      }
      return true;
    },
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        const end = (act: () => void): void => {
          timer[Symbol.dispose]();
          signal.removeEventListener('abort', onAbort);
          wake = () => {};
          act();
        };
        const onAbort = (): void => end(() => reject(signal.reason));
        const timer = clock.after(ms, () => end(resolve));
        signal.addEventListener('abort', onAbort, { once: true });
        wake = () => end(resolve);
        if (waiting.length > 0) wake();
      }),
    opened() {
      isOpen = true;
      return {
        [Symbol.dispose]() {
          isOpen = false;
          for (const errand of waiting.splice(0)) errand.fail(sensorsFaults.fault('bus-closed', { detail: id }));
        },
      };
    },
  };
}
