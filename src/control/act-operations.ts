// What a technician may ask of a camera besides its picture: to move, to switch a relay, to restart, to set its clock.
import { z } from 'zod';
import { id, reason } from './fields.ts';
import { troubleView } from './views.ts';

const channel = z.int().min(1).max(1024).default(1);
const axis = z.number().min(-1).max(1).optional();
const policy = z.enum(['never', 'idle-only', 'allowed']);
const relay = z.string().min(1).max(200);
const positionView = z.object({ pan: z.number().optional(), tilt: z.number().optional(), zoom: z.number().optional() });
const presetView = z.object({ token: z.string(), name: z.string() });
/** `offsetMs`: the camera's clock minus the gateway's. */
const clockView = z.object({ offsetMs: z.number(), byNtp: z.boolean(), zone: z.string() });
const head = z.strictObject({ id, channel });

export const actOperations = {
  /** `moving` and `position` are missing where the camera does not tell them, `holder` where nobody holds the head; `problem`: it tells nothing at all. */
  'camera.ptz': {
    input: head,
    answer: z.object({
      policy,
      returnTo: z.string(),
      holder: z.string().optional(),
      moving: z.boolean().optional(),
      position: positionView.optional(),
      presets: z.array(presetView).readonly(),
      problem: troubleView.optional(),
    }),
  },
  /** `ptzReturn`: `home`, the token of a preset, or empty for none; left out: as it was. */
  'camera.ptz-policy': {
    input: z.strictObject({ id, policy, ptzReturn: z.string().max(100).optional() }),
    answer: z.object({ policy, returnTo: z.string() }),
  },
  /** Moves on and on for `forMs`, and stops when the asker leaves. The first item says that it moves, the last that it ended. */
  'camera.ptz-drive': {
    input: head.extend({ pan: axis, tilt: axis, zoom: axis, forMs: z.int().min(100).max(60_000) }),
    item: z.union([z.object({ stopsInMs: z.number() }), z.object({ ended: z.literal(true) })]),
  },
  'camera.ptz-move': {
    input: head.extend({ way: z.enum(['absolute', 'relative']), pan: axis, tilt: axis, zoom: axis }),
    answer: z.object({}),
  },
  /** `preset`: a token or a name; left out: home. */
  'camera.ptz-go': { input: head.extend({ preset: z.string().min(1).max(200).optional() }), answer: z.object({}) },
  /** Stops it whoever of the gateway's own moves it, and ends that hold. */
  'camera.ptz-stop': { input: head, answer: z.object({}) },
  'camera.relays': {
    input: z.strictObject({ id }),
    answer: z.object({ relays: z.array(z.object({ token: z.string(), mode: z.string(), idle: z.string() })).readonly() }),
  },
  /** `pulse`: active for `forMs`, then inactive. */
  'camera.relay-set': {
    input: z.strictObject({
      id,
      relay,
      state: z.enum(['on', 'off', 'pulse']),
      forMs: z.int().min(100).max(600_000).default(1000),
      reason,
    }),
    answer: z.object({}),
  },
  'camera.reboot': { input: z.strictObject({ id, reason }), answer: z.object({}) },
  /** With `set` the camera's clock is set to the gateway's; `before` is there then. */
  'camera.clock': {
    input: z.strictObject({ id, set: z.boolean().default(false) }),
    answer: z.object({ clock: clockView, before: clockView.optional() }),
  },
} as const;
