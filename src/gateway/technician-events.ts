// The technician's story of events: what cameras say, and what they saw that stays here.
import { type Cameras, explain } from '#cameras';
import type { ControlHandlers } from '#control';

/** The operations about events of cameras. */
export type EventHandlers = Pick<ControlHandlers, 'camera.topics' | 'camera.detections'>;

export interface TechnicianEventsDeps {
  readonly cameras: Pick<Cameras, 'topics' | 'offered' | 'detections' | 'status'>;
  /** @throws gateway.not-a-camera */
  requireCamera(id: string): unknown;
}

const maxTopics = 500;

/** One handler for each operation. */
export function openTechnicianEvents({ cameras, requireCamera }: TechnicianEventsDeps): EventHandlers {
  return {
    'camera.topics': async ({ id, offered }, { signal }) => {
      if (id === undefined) return { topics: cameras.topics(id).slice(0, maxTopics) };
      requireCamera(id);
      const said = cameras.topics(id);
      const breaks = cameras.status().find((one) => one.id === id)?.breaks;
      if (!offered) return { topics: said.slice(0, maxTopics), breaks };
      const asked = await cameras.offered(id, signal);
      if (asked.result === 'failed') return { topics: said.slice(0, maxTopics), breaks, problem: explain(asked.failure) };
      const known = new Set(said.map(({ topic }) => topic));
      return { topics: [...said, ...asked.topics.filter(({ topic }) => !known.has(topic))].slice(0, maxTopics), breaks };
    },
    'camera.detections': async ({ id, ...filter }) => {
      if (id !== undefined) requireCamera(id);
      return { detections: await cameras.detections({ device: id, ...filter }) };
    },
  };
}
