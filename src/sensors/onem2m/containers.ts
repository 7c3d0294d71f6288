// Which container an instance is of: by the names in the subscription's path, or by identifiers that were learnt when we subscribed.
import type { Instance } from './notification.ts';

/** What is known of one source's containers. */
export interface Containers {
  /** `id` is the identifier of the container of this name, or of our subscription in it. */
  learn(id: string, container: string): void;
  /** Names that its container may have, the surest first. */
  namesOf(instance: Pick<Instance, 'parent' | 'subscription'>): readonly string[];
}

const maxLearnt = 2000;

/** Opens it for one source. */
export function openContainers(): Containers {
  const learnt = new Map<string, string>();
  const byId = (id: string | undefined): string | undefined => (id === undefined ? undefined : learnt.get(lastOf(id)));
  return {
    learn(id, container) {
      learnt.delete(lastOf(id));
      learnt.set(lastOf(id), container);
      const oldest = learnt.size > maxLearnt ? learnt.keys().next().value : undefined;
      if (oldest !== undefined) learnt.delete(oldest);
    },
    namesOf({ parent, subscription }) {
      const path = subscription === undefined ? '' : plain(subscription);
      const above = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : undefined;
      const names = [byId(subscription), byId(parent), above, parent === undefined ? undefined : plain(parent)];
      return names.filter((name) => name !== undefined);
    },
  };
}

/** The one of `known` that one of `names` means: the whole, or the end of a path. */
export function pick(known: readonly string[], names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = known.find((each) => plain(name) === plain(each) || name.endsWith(`/${plain(each)}`));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Without the slashes that forms from outside of the CSE begin with (TS-0001 §7.2). */
function plain(path: string): string {
  return path.replace(/^\/+/, '');
}

function lastOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
