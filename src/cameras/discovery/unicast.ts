// Asking single addresses by WS-Discovery over UDP, thousands at a time over one socket: the way across routers, which multicast does not go.
import { type Env, uuidv7 } from '#base';
import { type ProbeType, readMessage, writeProbe } from './messages.ts';
import { isCamera, type Sighting, sightingOf } from './sighting.ts';
import { openUdp } from './udp.ts';

/** A socket that asks. */
export interface UnicastProber extends AsyncDisposable {
  /** Asks `host`; true as soon as a camera there has answered, false when `waitMs` are over or the prober is disposed of. */
  ask(host: string, waitMs: number): Promise<boolean>;
  /** Whether a camera has ever answered from there. */
  hasAnswered(host: string): boolean;
}

/**
 * What goes to one address and when, milliseconds: the type that all ONVIF cameras must know, then the others, then the first once more
 * (SOAP-over-UDP 1.1, Appendix A: one repetition in unicast).
 */
const plan: readonly (readonly [ProbeType, number])[] = [
  ['transmitter', 0],
  ['device', 150],
  ['any', 170],
  ['transmitter', 500],
];

/** Opens the socket. `found` hears each camera once, late answers too; `mayAnswer` says whose datagrams are read at all. */
export async function openUnicast(
  { port }: { readonly port: number },
  { found, mayAnswer }: { found(sighting: Sighting): void; mayAnswer(host: string): boolean },
  env: Env,
): Promise<UnicastProber> {
  const answered = new Set<string>();
  const waiting = new Map<string, (answered: boolean) => void>();
  // One datagram of each type for all addresses: its id says which answer belongs to it, and the sender's address says that already.
  const datagrams = new Map(plan.map(([type]) => [type, writeProbe(type, uuidv7(env.clock.now(), env.random))]));
  const udp = await openUdp(
    { port: 0 },
    (datagram, { address: host }) => {
      if (answered.has(host) || !mayAnswer(host)) return;
      const message = readMessage(datagram);
      const cameras = message?.kind === 'ProbeMatches' ? message.announcements.filter(isCamera) : [];
      if (cameras.length === 0) return;
      answered.add(host);
      for (const said of cameras) found(sightingOf(said, host, 'unicast'));
      waiting.get(host)?.(true);
    },
    env,
  );
  const sendNext = (host: string, step: number): void => {
    const [type] = plan[step] ?? [];
    const datagram = type && datagrams.get(type);
    if (!datagram || (step > 0 && !waiting.has(host))) return;
    udp.send(datagram, port, host);
    const afterMs = (plan[step + 1]?.[1] ?? 0) - (plan[step]?.[1] ?? 0);
    if (step + 1 < plan.length) env.clock.after(afterMs, () => sendNext(host, step + 1));
  };
  return {
    hasAnswered: (host) => answered.has(host),
    async ask(host, waitMs) {
      if (answered.has(host)) return true;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      waiting.set(host, resolve);
      const timer = env.clock.after(waitMs, () => resolve(answered.has(host)));
      sendNext(host, 0);
      const result = await promise;
      timer[Symbol.dispose]();
      waiting.delete(host);
      return result;
    },
    async [Symbol.asyncDispose]() {
      for (const resolve of waiting.values()) resolve(false);
      await udp[Symbol.asyncDispose]();
    },
  };
}
