// Looking at one address: WS-Discovery first, then the ports where cameras listen.
import type { Env } from '#base';
import { formatIpv4, isWithin, type Span } from '../ranges.ts';
import type { Knocker, KnockResult } from './knock.ts';
import type { Neighbours, OnLinkGate } from './neighbours.ts';
import type { Pace, Room } from './pace.ts';
import { type Sighting, sightingAt } from './sighting.ts';
import type { UnicastProber } from './unicast.ts';

/** What a look needs. */
export interface LookWorld {
  readonly ports: readonly number[];
  /** Milliseconds that one probe waits. */
  readonly wait: number;
  readonly unicast: UnicastProber;
  readonly knocker: Knocker;
  readonly sockets: Room;
  readonly pace: Pace;
  readonly neighbours: Neighbours;
  readonly onLink: OnLinkGate;
  /** The nets on-link. */
  readonly nets: readonly Span[];
  readonly env: Env;
  readonly signal: AbortSignal;
  /** Open ports of one host. */
  see(sightings: readonly Sighting[]): void;
}

const exhaustedMs = 500;
const maxTries = 20;

/** Looks at an address. What answers to WS-Discovery is told by the prober. Never rejects; ends early when the signal has aborted. */
export async function look(address: number, world: LookWorld): Promise<void> {
  const { unicast, neighbours, onLink, pace, signal, nets } = world;
  const host = formatIpv4(address);
  const isOnLink = isWithin(nets, address);
  if (isOnLink) await onLink.admit(host);
  await pace.turn();
  if (signal.aborted || (await unicast.ask(host, world.wait)) || signal.aborted) return;
  // Who has not told its MAC by now is not there; knocking would only ask the neighbour table again.
  const { state } = isOnLink ? neighbours.find(host) : { state: 'there' };
  if (state === 'absent') return;
  if (state === 'unknown') await onLink.admit(host);
  const results = await Promise.all(world.ports.map((port) => knockInTurn(host, port, world)));
  if (signal.aborted || unicast.hasAnswered(host)) return;
  const open = world.ports.filter((_, at) => results[at] === 'open').map((port) => sightingAt(host, port));
  if (open.length > 0) world.see(open);
}

async function knockInTurn(host: string, port: number, { sockets, pace, knocker, wait, env, signal }: LookWorld): Promise<KnockResult> {
  for (let tries = 1; ; tries += 1) {
    await sockets.enter();
    try {
      await pace.turn();
      const result = signal.aborted ? 'silent' : await knocker.knock(host, port, wait);
      if (result !== 'exhausted' || tries >= maxTries) return result;
    } finally {
      sockets.leave();
    }
    await env.clock.sleep(exhaustedMs);
  }
}
