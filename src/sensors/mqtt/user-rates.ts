// How fast a user of the broker may publish, over all connections that he has and makes: what raises a critical alarm does not wait.
import type { Clock } from '#base';
import type { Urgency } from '../rules/index.ts';
import { type Bucket, type Floods, openBucket } from './flood.ts';
import { type Packet, publishIn } from './framing.ts';
import type { Intake } from './intake.ts';

/** The rates of all users. */
export interface UserRates {
  /** Milliseconds until this PUBLISH of the user may pass; 0: now, and it is counted. */
  waitMs(user: string, packet: Packet): number;
}

/**
 * Opens the rates; nobody is forgotten, for there are as many as the configuration has. Beyond his rate, what raises a critical alarm passes all the same: it
 * comes once for each alarm. What eases one, and critical events, have a second allowance, as over brokers of others (gate.ts). The rest waits.
 */
export function openUserRates(
  perSecond: number,
  { intake, floods, clock }: { readonly intake: Pick<Intake, 'look'>; readonly floods: Pick<Floods, 'over'>; readonly clock: Clock },
): UserRates {
  const users = new Map<string, { readonly bucket: Bucket; readonly grave: Bucket }>();
  /** A packet is looked into once, however often it is asked for. */
  const looked = new WeakMap<Packet, Urgency>();
  const urgencyOf = (user: string, packet: Packet): Urgency => {
    if (packet.isCut) return 'none';
    const known = looked.get(packet);
    if (known !== undefined) return known;
    const urgency = intake.look(user, { ...publishIn(packet.bytes), isRetained: false }).urgency();
    looked.set(packet, urgency);
    return urgency;
  };
  return {
    waitMs(user, packet) {
      const rate = users.get(user) ?? { bucket: openBucket(perSecond, clock), grave: openBucket(perSecond, clock) };
      users.set(user, rate);
      if (rate.bucket.take()) return 0;
      floods.over(user);
      const urgency = urgencyOf(user, packet);
      if (urgency === 'raises' || (urgency === 'eases' && rate.grave.take())) return 0;
      return rate.bucket.waitMs();
    },
  };
}
