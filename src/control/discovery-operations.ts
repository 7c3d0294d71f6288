// What the local socket can be asked about looking for cameras: a look around, what was found, and what a person has to decide.
import { z } from 'zod';
import { login } from './fields.ts';
import { textView } from './views.ts';

const findingProblems = ['needs-password', 'login-refused', 'locked', 'factory-state', 'clock-wrong', 'not-onvif', 'silent'] as const;
export type FindingProblem = (typeof findingProblems)[number];

const findingMeanings = ['new', 'known', 'moved', 'replaced'] as const;
export type FindingMeaning = (typeof findingMeanings)[number];

const text = z.string();
const count = z.int().min(0);
const identityView = z.object({ maker: text, model: text, firmware: text, serial: text });

/** A host that was found; `problems` says why it cannot be used as it is, empty when it can, or is registered and takes its login. */
const findingView = z.object({
  address: text,
  endpoint: text,
  mac: text,
  identity: identityView,
  name: text,
  problems: z.array(z.enum(findingProblems)).readonly(),
  clockOffsetMs: z.number().optional(),
  way: z.enum(['multicast', 'hello', 'unicast', 'http']),
});

/** The same as it is kept: what it means for what is registered, the device that it is or in whose place it stands, and when it was seen. */
const keptView = findingView.extend({ meaning: z.enum(findingMeanings), device: text, firstSeen: z.number(), lastSeen: z.number() });

const proposalView = z.object({
  id: z.int(),
  kind: z.enum(['replaced', 'moved']),
  device: text,
  before: z.object({ address: text, identity: identityView }),
  after: z.object({ address: text, identity: identityView, mac: text, endpoint: text }),
  time: z.number(),
});

const lookItem = z.union([
  z.object({ progress: z.object({ total: count, done: count, found: count }) }),
  /** A place as soon as it was examined; one camera may be found at several. `device`: the camera that is registered with this address. */
  z.object({ found: findingView.extend({ device: text.optional() }) }),
  /** At the end: each camera once. */
  z.object({ kept: keptView }),
  z.object({ added: z.object({ id: text, address: text }) }),
  z.object({ notAdded: z.object({ address: text, message: textView, hint: textView }) }),
  /** The last item. `complete` is false when it was broken off. */
  z.object({
    summary: z.object({
      addresses: count,
      found: count,
      usable: count,
      followed: z.array(text).readonly(),
      proposals: count,
      seconds: z.number(),
      complete: z.boolean(),
    }),
  }),
]);

export const discoveryOperations = {
  /** Ends early when the asker leaves; what was found by then is kept, and `resume` goes on from there. */
  'discover.look': {
    input: z.strictObject({
      /** None: those of the configuration. */
      ranges: z.array(z.string().max(40)).max(64).default([]),
      multicast: z.boolean().default(true),
      /** Goes on with the look that was broken off last. */
      resume: z.boolean().default(false),
      /** Registers each new camera that takes the login; without one, each that wants a login or none: the sets of logins are then tried. */
      add: z.boolean().default(false),
      login: login.optional(),
    }),
    item: lookItem,
  },
  /** Everything that was found and is kept. */
  'discover.list': { input: z.strictObject({}), item: keptView },
  'discover.proposals': { input: z.strictObject({}), answer: z.object({ proposals: z.array(proposalView).readonly() }) },
  'discover.decide': { input: z.strictObject({ id: z.int().min(1), accept: z.boolean() }), answer: z.object({ proposal: proposalView }) },
} as const;
