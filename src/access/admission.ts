// Admission: which grants are open, which of them have a place on the line and at what rate, and who gives way to whom.
import { formatRate } from '#base';
import type { Grant, StreamName, StreamOffer } from '#model';
import { findRoom, findSurplus, type Place, sumOf } from './budget.ts';
import type { AccessOptions } from './options.ts';

/** What a stream shows. */
export interface Picture {
  readonly device: string;
  readonly channel: number;
  readonly quality: StreamName;
}

/** The line by which the hub fetches pictures. */
export interface Line {
  /** Bits a second that pictures may take now; undefined: as many as there are. */
  limit(): number | undefined;
  /** Bits a second of a picture: as measured, else as estimated. */
  rateOf(picture: Picture): number;
  /** How many fetch it under this grant now. */
  readersOf(grant: string): number;
}

/** A grant that loses its place. */
export interface Preempted {
  readonly grant: string;
  /** What would still fit; undefined: nothing. */
  readonly offer: StreamOffer | undefined;
}

/** Whether one more fits. */
export type Admitted =
  | { readonly fits: true; readonly preempted: readonly Preempted[] }
  | {
      readonly fits: false;
      readonly reason: 'line-full' | 'line-too-narrow' | 'too-many';
      readonly detail?: string;
      readonly offer?: StreamOffer | undefined;
    };

/** Keeps the places: `maxOpenGrants` of them, and no more on the line than fit. */
export interface Admission {
  /** One after another: what was found free is still free when it is taken. */
  inTurn<T>(act: () => Promise<T>): Promise<T>;
  /** Within a turn. Nothing is taken yet. */
  find(ask: Pick<Grant, 'form' | 'origin' | keyof Picture>, service: string): Admitted;
  /** Takes a place, and those of the preempted away. */
  take(grant: Grant, preempted: readonly Preempted[]): void;
  leave(grant: string): void;
  /** How full the line is. */
  use(): LineUse;
  /** Those who must go because the line has become narrower; they keep their places until they leave. */
  surplus(): readonly Preempted[];
}

/** Bits a second: of pictures alone, `limit` being what they may take. */
export interface LineUse {
  readonly limit: number | undefined;
  readonly taken: number;
}

interface Taken extends Picture {
  readonly id: string;
  readonly priority: number;
  /** Whether it is on the line, beside being one of the open grants. */
  readonly onLine: boolean;
}

/** Opens the admission; `open` lists the grants of before the start, and is asked until it answers. */
export function openAdmission(
  options: Pick<AccessOptions, 'services' | 'maxOpenGrants'>,
  { line, open }: { readonly line: Line | undefined; readonly open: () => Promise<readonly Grant[]> },
): Admission {
  const places = new Map<string, Taken>();
  let known = false;
  /** Ended before it was known who had a place. */
  const gone = new Set<string>();
  let turn: Promise<unknown> = Promise.resolve();

  const priorityOf = (service: string): number => options.services.find(({ id }) => id === service)?.priority ?? 0;
  const enter = (grant: Grant): void => {
    const { id, device, channel, quality, request } = grant;
    places.set(id, { id, device, channel, quality, priority: priorityOf(request.service), onLine: takesLine(grant) });
  };
  const learn = async (): Promise<void> => {
    if (known) return;
    for (const grant of (await open()).toReversed()) if (!gone.has(grant.id)) enter(grant);
    known = true;
    gone.clear();
  };
  const rated = (): readonly Place[] =>
    [...places.values()].flatMap((taken) => {
      const { id, priority, onLine } = taken;
      return onLine ? [{ id, priority, rate: (line?.rateOf(taken) ?? 0) * Math.max(1, line?.readersOf(id) ?? 1) }] : [];
    });
  /** The sub stream, as far as it fits into `free` bits a second: for one after another, the most urgent first. */
  const offering = (free: number): ((picture: Picture) => StreamOffer | undefined) => {
    let left = free;
    return ({ device, channel, quality }) => {
      const rate = line?.rateOf({ device, channel, quality: 'sub' }) ?? 0;
      if (quality !== 'main' || rate > left) return undefined;
      left -= rate;
      return { quality: 'sub' };
    };
  };
  const preemptedOf = (leaving: readonly Place[], free: number): readonly Preempted[] => {
    const offer = offering(free);
    return leaving.flatMap(({ id }) => {
      const taken = places.get(id);
      return taken ? { grant: id, offer: offer(taken) } : [];
    });
  };
  const findWay = (ask: Parameters<Admission['find']>[0], priority: number): Admitted => {
    const limit = line?.limit();
    if (!line || limit === undefined || !takesLine(ask)) return { fits: true, preempted: [] };
    const all = rated();
    const rate = line.rateOf(ask);
    const room = findRoom(all, { priority, rate }, limit);
    if (room.fits) return { fits: true, preempted: preemptedOf(room.leaving, limit - rate - without(all, room.leaving)) };
    const offer = offering(room.free)(ask);
    const detail = `it takes ${formatRate(rate)}, ${formatRate(room.free)} are free${offer ? ': the sub stream would fit' : ''}`;
    return { fits: false, reason: rate > limit ? 'line-too-narrow' : 'line-full', detail, offer };
  };
  const without = (all: readonly Place[], leaving: readonly Place[]): number => sumOf(all) - sumOf(leaving);

  return {
    inTurn(act) {
      const next = turn.then(learn).then(act);
      turn = next.catch(() => {});
      return next;
    },
    find(ask, service) {
      const priority = priorityOf(service);
      const way = findWay(ask, priority);
      if (!way.fits) return way;
      const gone = new Set(way.preempted.map(({ grant }) => grant));
      const seats = [...places.values()].flatMap(({ id, priority }) => (gone.has(id) ? [] : [{ id, priority, rate: 1 }]));
      const seat = findRoom(seats, { priority, rate: 1 }, options.maxOpenGrants);
      if (!seat.fits) return { fits: false, reason: 'too-many' };
      return { fits: true, preempted: [...way.preempted, ...seat.leaving.map(({ id }) => ({ grant: id, offer: undefined }))] };
    },
    take(grant, preempted) {
      for (const { grant: id } of preempted) places.delete(id);
      enter(grant);
    },
    leave(grant) {
      places.delete(grant);
      if (!known) gone.add(grant);
    },
    use: () => ({ limit: line?.limit(), taken: sumOf(rated()) }),
    surplus() {
      const limit = line?.limit();
      if (limit === undefined) return [];
      const all = rated();
      const leaving = findSurplus(all, limit);
      return preemptedOf(leaving, limit - without(all, leaving));
    },
  };
}

/** A still is one picture, and a technician at this machine is not behind the line. */
function takesLine({ form, origin }: Pick<Grant, 'form' | 'origin'>): boolean {
  return form === 'stream' && !origin.startsWith('cli:');
}
