// Examines what was seen, each place once however often it is seen, a bounded number at a time, and adds what the neighbour table knows.
import { type Env, isAbort, messageOf } from '#base';
import type { Finding } from '#model';
import type { LoginGate } from '../soap/index.ts';
import { type ExamineOptions, examine } from './examine.ts';
import type { Neighbours } from './neighbours.ts';
import { openRoom } from './pace.ts';
import { placeOf, type Sighting } from './sighting.ts';

/** Takes sightings. */
export interface Examiner {
  /** One thing that was seen, or the open ports of one host: of these all that speak ONVIF are findings (over HTTPS where none does without), else the first. */
  see(sightings: readonly Sighting[]): void;
  /** Resolves when all that was seen is examined, or the signal has aborted. */
  settled(): Promise<void>;
}

export interface ExaminerDeps {
  readonly gate: LoginGate;
  readonly neighbours: Neighbours;
  found(finding: Finding): void;
}

const atOnce = 64;
/** More places than that are not remembered in one look around, nor examined. */
const maxPlaces = 50_000;

/** Opens an examiner; it ends with `signal`. */
export function openExaminer(options: ExamineOptions, deps: ExaminerDeps, env: Env, signal: AbortSignal): Examiner {
  const places = new Set<string>();
  const room = openRoom(atOnce);
  const underWay = new Set<Promise<void>>();
  const one = async (sighting: Sighting): Promise<Finding | undefined> => {
    await room.enter();
    try {
      if (signal.aborted) return undefined;
      const finding = await examine(sighting, options, { gate: deps.gate, env }, signal);
      const mac = deps.neighbours.macOf(sighting.host);
      return mac === '' ? finding : { ...finding, mac };
    } finally {
      room.leave();
    }
  };
  const all = async (sightings: readonly Sighting[]): Promise<void> => {
    try {
      const findings = (await Promise.all(sightings.map(one))).filter((finding) => finding !== undefined);
      const speaking = findings.filter(({ problems }) => !problems.includes('not-onvif') && !problems.includes('silent'));
      for (const finding of speaking.length > 0 ? plainFirst(speaking) : findings.slice(0, 1)) deps.found(finding);
    } catch (error) {
      if (!isAbort(error, signal)) env.log.warn({ host: sightings[0]?.host, error: messageOf(error) }, 'a host could not be examined');
    }
  };
  return {
    see(sightings) {
      const fresh = sightings.filter(({ url }) => !places.has(placeOf(url)));
      if (fresh.length === 0 || places.size >= maxPlaces) return;
      for (const { url } of fresh) places.add(placeOf(url));
      const work = all(fresh).finally(() => underWay.delete(work));
      underWay.add(work);
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** Most cameras serve the same over HTTP and HTTPS, and tell a stranger nothing by which both would be known for one. */
function plainFirst(findings: readonly Finding[]): readonly Finding[] {
  const plain = findings.filter(({ address }) => !address.startsWith('https:'));
  return plain.length > 0 ? plain : findings;
}
