// Fall radars of many rooms that push over the web: each raises and clears in turn, and sends every message until it is answered.
import { setTimeout as sleep } from 'node:timers/promises';
import { secretFile } from '../peers/gateway.ts';

/** Senders at work. Message `n` of device `d` has the id `d.n`; even ones raise, odd ones clear. */
export interface Senders {
  /** How many messages of each device were answered: all below this number. */
  readonly answered: ReadonlyMap<string, number>;
  /** Messages answered in all. */
  readonly total: number;
  /** No new messages; resolves when those under way are answered. */
  stop(): Promise<void>;
  /** No more at all, answered or not: where the gateway will not come back. */
  abandon(): void;
}

/** Where the senders send, and how many there are. */
export interface SendersPlan {
  readonly port: number;
  readonly devices: number;
  /** Longest pause of a device between two messages, milliseconds. */
  readonly pauseMs: number;
  /** Characters of a note in every fourth pair of messages, up to 90 (default 0): makes them longer. */
  readonly noteLength?: number;
}

const token = 'torture-token-0123456789';
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `radar-${index + 1}`);
const noteNames = ['noteA', 'noteB', 'noteC', 'noteD', 'noteE', 'noteF', 'noteG', 'noteH'];

/** The `sensors` section for them; the message's id is among the facts that travel. */
export async function torturedSensors(folder: string, { port, devices }: SendersPlan): Promise<Readonly<Record<string, unknown>>> {
  const when = (status: string) => ({ path: 'status', equals: [status] });
  const source = {
    id: 'radars',
    device: 'radars',
    token: await secretFile(folder, 'radars.token', token),
    map: {
      id: 'id',
      device: 'unit',
      detail: { message: 'id', ...Object.fromEntries(noteNames.map((name) => [name, name])) },
      rules: [
        { kind: 'fall', state: 'active', when: when('fall') },
        { kind: 'fall', state: 'inactive', when: when('over') },
      ],
    },
    devices: names(devices).map((device) => ({ device, key: device })),
  };
  return { webhook: { listen: { host: '127.0.0.1', port }, sources: [source] } };
}

/** Starts them. */
export function openSenders(plan: SendersPlan): Senders {
  const answered = new Map<string, number>();
  const stop = new AbortController();
  const abandoned = new AbortController();
  let total = 0;
  const push = async (device: string): Promise<void> => {
    for (let number = 0; !stop.signal.aborted; number += 1) {
      await sendUntilAnswered(plan.port, messageOf(device, number, plan.noteLength ?? 0), abandoned.signal);
      if (abandoned.signal.aborted) return;
      answered.set(device, number + 1);
      total += 1;
      await sleep(Math.random() * plan.pauseMs);
    }
  };
  const pushing = Promise.all(names(plan.devices).map(push));
  return {
    answered,
    get total() {
      return total;
    },
    async stop() {
      stop.abort();
      await pushing;
    },
    abandon() {
      abandoned.abort();
      stop.abort();
    },
  };
}

function messageOf(unit: string, number: number, noteLength: number): string {
  const note = number % 8 < 2 && noteLength > 0 ? 'n'.repeat(noteLength) : undefined;
  const notes = note === undefined ? {} : Object.fromEntries(noteNames.map((name) => [name, note]));
  return JSON.stringify({ id: `${unit}.${number}`, unit, status: number % 2 === 0 ? 'fall' : 'over', ...notes });
}

/** Sends one message until it is answered 2xx, as a maker's cloud does. */
async function sendUntilAnswered(port: number, body: string, abandoned: AbortSignal): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  while (!abandoned.aborted) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/webhook/radars`, {
        method: 'POST',
        body,
        headers,
        signal: AbortSignal.timeout(5000),
      });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // Nobody answered: the gateway is down or was killed before it could.
    }
    await sleep(50);
  }
}
