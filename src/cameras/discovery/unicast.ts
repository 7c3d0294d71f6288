// Asking single addresses by WS-Discovery over UDP, thousands at a time over a few sockets: the way across routers, which multicast does not go.
import { type Env, uuidv7 } from '#base';
import { type ProbeType, readMessage, writeProbe } from './messages.ts';
import { isCamera, type Sighting, sightingOf } from './sighting.ts';
import { openUdp, type UdpSocket } from './udp.ts';

/** What asks. */
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

/**
 * Datagrams to a neighbour that has not told its MAC lie in the kernel and are charged to their socket, whose 208 KiB hold some 160 of them: beyond it
 * nothing goes out to anybody. So there are several sockets, and nothing is repeated to who is not there.
 */
const socketCount = 8;

/** Who hears of answers, and what is known of hosts. */
export interface UnicastWatch {
  /** Each camera once, late answers too. */
  found(sighting: Sighting): void;
  /** Whose datagrams are read at all. */
  mayAnswer(host: string): boolean;
  /** Whether more may be sent to a host: false while the neighbour table says that it is not there. */
  mayRepeat(host: string): boolean;
}

/** Opens the sockets. */
export async function openUnicast(
  { port }: { readonly port: number },
  { found, mayAnswer, mayRepeat }: UnicastWatch,
  env: Env,
): Promise<UnicastProber> {
  const answered = new Set<string>();
  const waiting = new Map<string, (answered: boolean) => void>();
  // One datagram of each type for all addresses: its id says which answer belongs to it, and the sender's address says that already.
  const datagrams = new Map(plan.map(([type]) => [type, writeProbe(type, uuidv7(env.clock.now(), env.random))]));
  const heard = (datagram: Buffer, host: string): void => {
    if (answered.has(host) || !mayAnswer(host)) return;
    const message = readMessage(datagram);
    const cameras = message?.kind === 'ProbeMatches' ? message.announcements.filter(isCamera) : [];
    if (cameras.length === 0) return;
    answered.add(host);
    for (const said of cameras) found(sightingOf(said, host, 'unicast'));
    waiting.get(host)?.(true);
  };
  await using stack = new AsyncDisposableStack();
  const sockets: UdpSocket[] = [];
  for (let at = 0; at < socketCount; at += 1)
    sockets.push(stack.use(await openUdp({ port: 0 }, (datagram, { address }) => heard(datagram, address), env)));
  const socketOf = (host: string): UdpSocket | undefined => sockets[Number(host.slice(host.lastIndexOf('.') + 1)) % socketCount];
  const sendNext = (host: string, step: number): void => {
    const [type] = plan[step] ?? [];
    const datagram = type && datagrams.get(type);
    if (!datagram || (step > 0 && !waiting.has(host))) return;
    if (step === 0 || mayRepeat(host)) socketOf(host)?.send(datagram, port, host);
    const afterMs = (plan[step + 1]?.[1] ?? 0) - (plan[step]?.[1] ?? 0);
    if (step + 1 < plan.length) env.clock.after(afterMs, () => sendNext(host, step + 1));
  };
  const owned = stack.move();
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
      await owned.disposeAsync();
    },
  };
}
