// What the local socket can be asked about the registration of cameras: to add one, to correct what was said of it, to remove it.
import { z } from 'zod';
import { address, id, line, login } from './fields.ts';
import { cameraView, troubleView } from './views.ts';

const name = line(100);
const purpose = line(100);
const latitude = z.number().min(-90).max(90);
const longitude = z.number().min(-180).max(180);
/** Where it stands, in words. */
const place = line(300);
/** Of a source without ONVIF: the streams of its channels in order, the first one's main stream like `address`. */
const streams = z
  .array(z.strictObject({ main: address, sub: address.optional() }))
  .min(1)
  .max(128);

const said = {
  name: name.optional(),
  purpose: purpose.optional(),
  place: place.optional(),
  latitude: latitude.optional(),
  longitude: longitude.optional(),
};

export const registrationOperations = {
  'camera.add': {
    /** `group`: the switch behind which it stands. */
    input: z.strictObject({ id, address, login: login.optional(), ...said, group: id.optional(), streams: streams.optional() }),
    /** `problem`: the camera is registered, but did not say what it is; the supervisor keeps trying. */
    answer: z.object({ camera: cameraView, problem: troubleView.optional() }),
  },
  /** What is left out stays as it is. `group: null`: it belongs to none; `place: ''`: no words; both coordinates null: none. */
  'camera.set': {
    input: z.strictObject({
      id,
      ...said,
      address: address.optional(),
      group: id.nullable().optional(),
      latitude: latitude.nullable().optional(),
      longitude: longitude.nullable().optional(),
    }),
    /** `changed`: the fields that are others now. */
    answer: z.object({ camera: cameraView, changed: z.array(z.enum(['name', 'purpose', 'place', 'group', 'address'])).readonly() }),
  },
  'camera.remove': { input: z.strictObject({ id }), answer: z.object({}) },
} as const;
