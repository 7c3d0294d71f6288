// The technician's story of events: what cameras say, and what they saw that stays here.
import type { Cameras } from '#cameras';
import type { ControlHandlers } from '#control';

/** The operations about events of cameras. */
export type EventHandlers = Pick<ControlHandlers, 'camera.topics' | 'camera.detections'>;

const maxTopics = 500;

/** One handler for each operation. */
export function openTechnicianEvents(cameras: Pick<Cameras, 'topics' | 'detections' | 'status'>): EventHandlers {
  return {
    'camera.topics': ({ id }) => {
      const topics = cameras.topics(id).slice(0, maxTopics);
      const breaks = id === undefined ? undefined : cameras.status().find((one) => one.id === id)?.breaks;
      return Promise.resolve({ topics, breaks });
    },
    'camera.detections': async ({ id, ...filter }) => ({ detections: await cameras.detections({ device: id, ...filter }) }),
  };
}
