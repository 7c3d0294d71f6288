// From frames to what is committed: read, judged and told in order, bounded, tried until the store takes it; nothing on a line can be asked for again.
import { type Env, messageOf } from '#base';
import type { SensorsDeps } from '../driver.ts';
import type { Grammar } from '../grammar-option.ts';
import { isHopeless } from '../hopeless.ts';
import { openTeller, type Teller } from '../teller.ts';
import { isGrave, type PanelName, type PanelState, seedPanel, stepPanel } from './panel.ts';
import { openFrameQueue, type Taken } from './queue.ts';
import type { Meaning, Reader } from './reader.ts';

/** What the desk tells of. */
export interface DeskEvents {
  /** A line of `device`, said by `sender`, was understood, and what alarms it led to are committed. */
  understood(device: string, sender: string): void;
  /** A line that no pattern fits. */
  unknown(text: string): void;
  /** A frame of `sender` was dropped, for there was no room. */
  full(sender: string): void;
  /** Values for the template of the panel with this key; rejects when the store fails. */
  values(meaning: Meaning, key: string | undefined): Promise<void>;
}

/** Takes frames. */
export interface Desk {
  /** Keeps a frame with the time of now; of too many one is dropped and told: of the sender that has most waiting. Default: all are of one sender. */
  offer(frame: Buffer, sender?: string): void;
  /** Resolves when there is room for one more frame of `sender`, or nothing is taken any more. */
  room(sender: string): Promise<void>;
  /** Works until the signal aborts and what waits is told, or given up by the store. */
  run(signal: AbortSignal): Promise<void>;
}

const capacity = 1024;
const retryMs = 1000;
/** Reading takes a quarter of the thread at most: after so many milliseconds of it the desk rests three times as long. */
const workMs = 5;
/** What is to be dropped is read, to know whether it is grave, for a tenth of the time at most and 100 ms in a row; what is not read is not grave. */
const lookShare = 0.1;
const lookBurstMs = 100;

/** Whose lines come: the line's own device, and the panels that share it, by what the grammar's address group catches. */
export interface Panels {
  readonly device: string;
  readonly grammar: Grammar;
  readonly devices: readonly { readonly key: string; readonly device: string }[];
}

/** Opens the desk of one line. */
export function openDesk(panels: Panels, reader: Reader, world: { deps: SensorsDeps; env: Env; events: DeskEvents }): Desk {
  const { deps, env, events } = world;
  const { clock } = env;
  let wake = (): void => {};
  let roomy: PromiseWithResolvers<void> | undefined;
  let isOver = false;
  const makeRoom = (): void => {
    roomy?.resolve();
    roomy = undefined;
  };
  const { grammar } = panels;
  const names = new Map(panels.devices.map(({ key, device }): [string, PanelName] => [key, { device, grammar }]));
  const own: PanelName = { device: panels.device, grammar };
  const all = [own, ...names.values()];
  const states = new Map<string, PanelState>();
  const begunMs = clock.monotonicMs();
  let lookedMs = -lookBurstMs;
  const waiting = openFrameQueue({
    capacity,
    isGrave(frame) {
      const before = clock.monotonicMs();
      const grantedMs = (before - begunMs) * lookShare;
      lookedMs = Math.max(lookedMs, grantedMs - lookBurstMs);
      if (lookedMs > grantedMs) return false;
      const meaning = reader.read(frame, clock.now())?.meaning;
      lookedMs += clock.monotonicMs() - before;
      return meaning !== undefined && isGrave(meaning);
    },
  });

  /** Tries until it is done; false: the signal aborted and the store did not take it. */
  const insist = async (act: () => Promise<unknown>, signal: AbortSignal): Promise<boolean> => {
    for (let failures = 0; ; failures += 1) {
      try {
        await act();
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        if (isHopeless(error)) {
          env.log.error({ device: panels.device, error: messageOf(error) }, 'what a line says can never be stored, and is dropped');
          return true;
        }
        if (failures === 0)
          env.log.error(
            { device: panels.device, error: messageOf(error), waiting: waiting.size },
            'the store does not take a line; trying again',
          );
        await clock.sleep(retryMs, signal).catch(() => {});
      }
    }
  };
  /** Conditions go to the teller: no fire waits behind one. */
  const work = async ({ frame, sender, wallMs, monotonicMs }: Taken, conditions: Teller, signal: AbortSignal): Promise<number> => {
    const before = clock.monotonicMs();
    const machine = clock.sinceBoot();
    const sinceBoot = { ...machine, ms: machine.ms - (before - monotonicMs) };
    const line = reader.read(frame, wallMs);
    const spentMs = clock.monotonicMs() - before;
    if (!line) return spentMs;
    const { meaning, text } = line;
    if (!meaning) events.unknown(text);
    else {
      const key = grammar.address === undefined ? undefined : meaning.groups[grammar.address];
      const panel = (key === undefined ? undefined : names.get(key)) ?? own;
      // A reset without an address is that of all.
      for (const each of key === undefined && meaning.pattern.says === 'reset' ? all : [panel]) {
        const state = states.get(each.device);
        if (!state) return spentMs;
        const step = stepPanel(each, state, { meaning, wallMs, monotonicMs, sinceBoot });
        states.set(each.device, step.state);
        for (const said of step.says) {
          if ('report' in said) await insist(() => deps.report(said.report), signal);
          else conditions.say([said]);
        }
      }
      if (meaning.pattern.says === 'values') await insist(() => events.values(meaning, panel === own ? undefined : key), signal);
      events.understood(panel.device, sender);
    }
    return spentMs;
  };
  return {
    offer(frame, sender = '') {
      // A frame of a few bytes would keep the whole read that it came with.
      const loser = waiting.add(sender, { frame: Buffer.from(frame), wallMs: clock.now(), monotonicMs: clock.monotonicMs() });
      if (loser !== undefined) events.full(loser);
      wake();
    },
    async room(sender) {
      while (!isOver && !waiting.hasRoom(sender)) {
        roomy ??= Promise.withResolvers();
        await roomy.promise;
      }
    },
    async run(signal) {
      const conditions = openTeller(deps, env, signal);
      const onAbort = (): void => wake();
      signal.addEventListener('abort', onAbort, { once: true });
      for (const { device } of all) await insist(async () => states.set(device, seedPanel(await deps.openAlarms(device))), signal);
      let spentMs = 0;
      for (;;) {
        const next = waiting.next();
        makeRoom();
        if (next) spentMs += await work(next, conditions, signal);
        else if (signal.aborted) break;
        else {
          spentMs = 0;
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (signal.aborted || waiting.size > 0) resolve();
          });
        }
        if (spentMs < workMs) continue;
        await clock.sleep(3 * spentMs, signal).catch(() => {});
        spentMs = 0;
      }
      isOver = true;
      makeRoom();
      await conditions.settled();
      signal.removeEventListener('abort', onAbort);
    },
  };
}
