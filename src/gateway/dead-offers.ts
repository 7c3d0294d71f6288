// The second chance of grave dead letters: what a destination refused for good while its rights were wrong is offered again, a few at a time, until it takes one.
import { type Env, messageOf, openBackoff } from '#base';
import type { Outbox } from '#outbox';
import type { UplinkSession } from '#uplink';

/** Which dead letters are offered to whom. */
export interface DeadOffersDeps {
  readonly outbox: Pick<Outbox, 'graveDead' | 'retryGraveDead'>;
  /** The destination's name. */
  readonly destination: string;
}

/** The offers to one destination, over all its sessions. */
export interface DeadOffers {
  /**
   * Offers dead critical and major alarms until the session is lost: at its beginning, and then after 1 to 60 minutes, four at a time, one group after the other.
   * They stay dead letters, in a person's hands, meanwhile. When the destination takes one, all of them are pending again. Never rejects.
   */
  run(session: UplinkSession): Promise<void>;
}

const pauses = { minMs: 60_000, maxMs: 3_600_000 };
/** Fewer than make a refusal look like one of everything. */
const atOnce = 4;
/** Of a thousand letters, at one offer. */
const maxPages = 10;

/** Opens the offers. */
export function openDeadOffers({ outbox, destination }: DeadOffersDeps, env: Env): DeadOffers {
  const backoff = openBackoff(pauses, env.random);
  let after = 0;
  let offeredMs = Number.NEGATIVE_INFINITY;

  /** How long to wait then. */
  async function offer(session: UplinkSession): Promise<number> {
    const letters = await outbox.graveDead(destination, { after, limit: atOnce });
    after = letters.length === atOnce ? (letters.at(-1)?.letter ?? 0) : 0;
    if (letters.length === 0) {
      backoff.reset();
      return pauses.minMs;
    }
    offeredMs = env.clock.monotonicMs();
    const results = await Promise.all(letters.map(({ entry }) => session.send(entry, { replay: true })));
    if (!results.some(({ result }) => result === 'confirmed' || result === 'sent')) return backoff.next();
    let count = 0;
    for (let page = 0; page < maxPages; page += 1) {
      const some = await outbox.retryGraveDead(destination);
      count += some;
      if (some === 0) break;
    }
    env.log.info({ destination, count }, 'the destination takes what it had refused: grave dead letters are sent again');
    after = 0;
    backoff.reset();
    return pauses.minMs;
  }
  return {
    async run(session) {
      let pauseMs = Math.max(0, offeredMs + pauses.minMs - env.clock.monotonicMs());
      while (!session.signal.aborted) {
        await env.clock.sleep(pauseMs, session.signal).catch(() => {});
        if (session.signal.aborted) return;
        pauseMs = await offer(session).catch((error: unknown) => {
          env.log.warn({ destination, error: messageOf(error) }, 'dead letters cannot be offered again now');
          return pauses.minMs;
        });
      }
    },
  };
}
