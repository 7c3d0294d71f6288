// What the local socket can be asked about logins of cameras: sets of them, the login of one camera, the audit of factory logins; and what a camera is.
import { z } from 'zod';
import { id, login } from './fields.ts';
import { textView } from './views.ts';

const count = z.int().min(0);
const entries = z.array(z.string().min(1).max(100)).max(50).readonly();

const setView = z.object({
  name: z.string(),
  /** Empty when the store's key does not open it. */
  user: z.string(),
  position: z.int(),
  scope: z.object({ ranges: z.array(z.string()).readonly(), makers: z.array(z.string()).readonly(), macs: z.array(z.string()).readonly() }),
});

/** States of a camera in the audit of factory logins. */
const auditStates = ['waiting', 'clean', 'factory-login', 'open', 'locked', 'unreachable'] as const;

const auditView = z.object({ camera: z.string(), state: z.enum(auditStates), tried: count, of: count });

/** All about logins; no answer holds a password. */
export const loginOperations = {
  'credential.list': { input: z.strictObject({}), answer: z.object({ sets: z.array(setView).readonly() }) },
  'credential.add': {
    input: z.strictObject({
      name: id,
      login,
      ranges: entries.default([]),
      makers: entries.default([]),
      macs: entries.default([]),
      position: z.int().min(0).max(1_000_000).optional(),
    }),
    answer: z.object({}),
  },
  'credential.remove': { input: z.strictObject({ name: id }), answer: z.object({}) },
  /** Queues cameras for the audit: all of them, or one. */
  'credential.audit': { input: z.strictObject({ camera: id.optional() }), answer: z.object({ queued: count }) },
  /** The cameras of the audit since the start, and those that are quarantined. */
  'credential.audited': {
    input: z.strictObject({}),
    answer: z.object({ rows: z.array(auditView).readonly(), quarantined: z.array(z.string()).readonly() }),
  },
  /** Replaces the login of a camera; without one it has none of its own, and the sets are tried. */
  'camera.login': { input: z.strictObject({ id, login: login.optional() }), answer: z.object({}) },
  /** Asks the camera anew; `problem` when it does not answer. */
  'camera.refresh': {
    input: z.strictObject({ id }),
    answer: z.object({
      identity: z
        .object({
          maker: z.string(),
          model: z.string(),
          firmware: z.string(),
          serial: z.string(),
          mac: z.string().optional(),
          hardware: z.string().optional(),
        })
        .optional(),
      channels: count,
      problem: z.object({ message: textView, hint: textView }).optional(),
    }),
  },
} as const;
