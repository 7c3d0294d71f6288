// Groups of cameras behind one switch: what is lost together is told as one, and who stays away when the switch is back is told alone.
import { createHash } from 'node:crypto';
import type { Env } from '#base';
import type { Condition } from '#model';
import { type Group, type GroupDeps, type GroupOptions, openGroup } from './group.ts';
import type { Seat } from './seat.ts';

/** A camera as its group knows it. */
export interface Member {
  readonly id: string;
  /** The name that a person gave; undefined: its /24 network. */
  readonly group: string | undefined;
  /** Where it is knocked at. */
  readonly url: URL;
  /** Called when its group is back and it had been lost: it is worth to try now. */
  back?(): void;
}

/** All groups of the site. */
export interface Groups extends Disposable {
  join(member: Member): Seat;
  /** Clears what stands of groups that are no more: their cameras were removed or have another switch. */
  forgetStrangers(standing: readonly Condition[]): Promise<void>;
}

/** What the groups are handed. */
export interface GroupsDeps extends Pick<GroupDeps, 'knock'> {
  condition(step: Condition): Promise<unknown>;
}

/** Opens the groups; they exist as long as they have members. */
export function openGroups(options: GroupOptions, deps: GroupsDeps, env: Env): Groups {
  const groups = new Map<string, Group>();
  return {
    join({ id, group: given, url, back = () => {} }) {
      const place = placeOf(given, url);
      if (!place) return loner;
      const group = groups.get(place.channel) ?? openGroup(place, options, deps, env);
      groups.set(place.channel, group);
      const left = (): void => {
        if (group.size > 0) return;
        groups.delete(place.channel);
        group[Symbol.dispose]();
      };
      return group.seat(id, { url, back, left });
    },
    async forgetStrangers(standing) {
      for (const step of standing) {
        if (step.device !== 'gateway' || step.kind !== 'camera-group-lost' || groups.has(step.channel)) continue;
        await deps.condition({ ...step, state: 'cleared', time: env.clock.now() });
      }
    },
    [Symbol.dispose]() {
      for (const group of groups.values()) group[Symbol.dispose]();
      groups.clear();
    },
  };
}

/** A camera of which nothing is known to be shared. */
const loner: Seat = {
  isGroupLost: false,
  lost: (alone) => alone(),
  found: () => {},
  [Symbol.dispose]: () => {},
};

/** The name of a camera's group, in the form of an id; the detail is for the site's own people, so the network is not in the name. */
function placeOf(given: string | undefined, url: URL): { readonly channel: string; readonly detail: string } | undefined {
  if (given !== undefined) return { channel: given, detail: given };
  const network = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(url.hostname)?.[1];
  if (network === undefined) return undefined;
  const mark = createHash('sha256').update(network).digest('hex').slice(0, 8);
  return { channel: `net-${mark}`, detail: `${network}.0/24` };
}
