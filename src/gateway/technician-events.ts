// The technician's story of events: what cameras say, and what they saw that stays here.
import type { Cameras } from '#cameras';
import type { ControlHandlers } from '#control';

/** The operations about events of cameras. */
export type EventHandlers = Pick<ControlHandlers, 'camera.topics' | 'camera.detections'>;

export interface TechnicianEventsDeps {
  readonly cameras: Pick<Cameras, 'topics' | 'detections' | 'status'>;
  /** @throws gateway.not-a-camera */
  requireCamera(id: string): unknown;
}

const maxTopics = 500;

/** One handler for each operation. */
export function openTechnicianEvents({ cameras, requireCamera }: TechnicianEventsDeps): EventHandlers {
  return {
    'camera.topics': ({ id }) => {
      if (id !== undefined) requireCamera(id);
      const topics = cameras.topics(id).slice(0, maxTopics);
      const breaks = id === undefined ? undefined : cameras.status().find((one) => one.id === id)?.breaks;
      return Promise.resolve({ topics, breaks });
    },
    'camera.detections': async ({ id, ...filter }) => {
      if (id !== undefined) requireCamera(id);
      return { detections: await cameras.detections({ device: id, ...filter }) };
    },
  };
}
