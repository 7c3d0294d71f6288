// Asking everybody on the local networks at once, on every interface, and listening to what cameras say of themselves when they come.
import { type Env, messageOf, type Service, untilAborted, uuidv7 } from '#base';
import { type Interface, listInterfaces, nearOf } from './interfaces.ts';
import { type Announcement, type ProbeType, readMessage, writeProbe } from './messages.ts';
import { openMeter } from './meter.ts';
import { isCamera, type Sighting, sightingOf } from './sighting.ts';
import { openUdp, repeatTimes, type UdpSocket } from './udp.ts';

const group = '239.255.255.250';
const types: readonly ProbeType[] = ['transmitter', 'device', 'any'];
/** SOAP-over-UDP 1.1, Appendix A: MULTICAST_UDP_REPEAT. */
const repeats = 2;
/** WS-Discovery §3.1.3: answers come within half a second; slow cameras take longer. */
const answerMs = 4000;
const maxPlaces = 20_000;
/** Of one sender: recorders speak for their cameras, and each place that does not answer takes ten seconds of the look. */
const maxPlacesEach = 64;

/** How multicast is done. */
export interface MulticastOptions {
  /** Names of interfaces; empty: all but loopback. */
  readonly interfaces: readonly string[];
  /** UDP port of WS-Discovery. */
  readonly port: number;
}

/**
 * Probes for each type on each interface and tells each answer once for an endpoint and sender. Resolves after the answers' time with the
 * interfaces that were asked, or at once when `signal` aborts. Never rejects: an interface that cannot be used is logged and passed over.
 */
export async function probeEverybody(
  options: MulticastOptions,
  found: (sighting: Sighting) => void,
  env: Env,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const seen = new Set<string>();
  const interfaces = listInterfaces(options.interfaces);
  const near = nearOf(interfaces);
  const toldBy = new Map<string, number>();
  const heard = (datagram: Buffer, host: string): void => {
    const told = toldBy.get(host) ?? 0;
    if (seen.size > maxPlaces || told >= maxPlacesEach) return;
    const message = readMessage(datagram);
    if (message?.kind !== 'ProbeMatches') return;
    let fresh = 0;
    for (const said of message.announcements) {
      const key = `${host} ${said.endpoint} ${said.addresses.join(' ')}`;
      if (seen.has(key) || !isCamera(said)) continue;
      if (told + fresh >= maxPlacesEach) return;
      fresh += 1;
      toldBy.set(host, told + fresh);
      seen.add(key);
      found(sightingOf(said, host, 'multicast', near));
    }
  };
  await using stack = new AsyncDisposableStack();
  const asked: string[] = [];
  for (const one of interfaces) {
    const udp = await openOn(one, heard, env);
    if (!udp) continue;
    stack.use(udp);
    asked.push(one.name);
    sendProbes(udp, options.port, env);
  }
  if (asked.length > 0) await env.clock.sleep(answerMs, signal).catch(() => {});
  return asked;
}

async function openOn(one: Interface, heard: (datagram: Buffer, host: string) => void, env: Env): Promise<UdpSocket | undefined> {
  try {
    const udp = await openUdp({ address: one.address, port: 0 }, (datagram, from) => heard(datagram, from.address), env);
    udp.socket.setMulticastInterface(one.address);
    udp.socket.setMulticastTTL(1);
    return udp;
  } catch (error) {
    env.log.warn({ interface: one.name, address: one.address, error: messageOf(error) }, 'an interface cannot be asked for cameras');
    return undefined;
  }
}

/** Each type is a message of its own with its own id; repetitions carry the same. */
function sendProbes(udp: UdpSocket, port: number, env: Env): void {
  for (const type of types) {
    const datagram = writeProbe(type, uuidv7(env.clock.now(), env.random));
    for (const atMs of [0, ...repeatTimes(repeats, env)]) env.clock.after(atMs, () => udp.send(datagram, port, group));
  }
}

/** What cameras say without being asked. */
export interface Greeting {
  readonly kind: 'Hello' | 'Bye';
  readonly host: string;
  readonly said: Announcement;
}

const lookEveryMs = 60_000;
/** Of datagrams that nobody asked for. A site that starts anew says more than that; the next look finds who was not heard. */
const readInSecond = { each: 8, all: 250 };

/** Listens to Hello and Bye until it is told to end. Where the port is taken it tries again every minute; a new interface is joined within one. */
export function listenToGreetings(options: MulticastOptions, greeted: (greeting: Greeting) => void, env: Env): Service {
  const meter = openMeter(readInSecond, env.clock);
  const heard = (datagram: Buffer, host: string): void => {
    if (!meter.passes(host)) return;
    const message = readMessage(datagram);
    if (message?.kind !== 'Hello' && message?.kind !== 'Bye') return;
    for (const said of message.announcements) if (message.kind === 'Bye' || isCamera(said)) greeted({ kind: message.kind, host, said });
  };
  return {
    name: 'camera greetings',
    async run(signal) {
      let udp: UdpSocket | undefined;
      const joined = new Set<string>();
      while (!signal.aborted) {
        udp ??= await openUdp({ port: options.port }, (datagram, from) => heard(datagram, from.address), env).catch((error: unknown) => {
          env.log.warn({ port: options.port, error: messageOf(error) }, 'Hello and Bye of cameras cannot be heard; trying again');
          return undefined;
        });
        if (udp) join(udp, options.interfaces, joined, env);
        await env.clock.sleep(lookEveryMs, signal).catch(() => {});
      }
      await untilAborted(signal);
      await udp?.[Symbol.asyncDispose]();
    },
  };
}

function join(udp: UdpSocket, wanted: readonly string[], joined: Set<string>, env: Env): void {
  const now = listInterfaces(wanted).map(({ address }) => address);
  for (const address of joined) if (!now.includes(address)) joined.delete(address);
  for (const address of now) {
    if (joined.has(address)) continue;
    try {
      udp.socket.addMembership(group, address);
      joined.add(address);
    } catch (error) {
      env.log.debug({ address, error: messageOf(error) }, 'the multicast group was not joined');
    }
  }
}
