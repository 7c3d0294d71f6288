// What the local socket can be asked about one camera's health: a test step by step, of one or of all, and everything that is known of it.
import { z } from 'zod';
import { id } from './fields.ts';
import { cameraView, conditionView, textView } from './views.ts';

const count = z.int().min(0);
const time = z.number();

/** The steps of a test in their order. */
const testSteps = ['address', 'neighbour', 'port', 'web', 'clock', 'login', 'services', 'profiles', 'stream', 'picture', 'events'] as const;
export type TestStep = (typeof testSteps)[number];

const testResults = ['ok', 'warning', 'failed', 'skipped'] as const;
export type TestResult = (typeof testResults)[number];

const findingView = z.object({
  step: z.enum(testSteps),
  result: z.enum(testResults),
  message: textView,
  /** Of a warning and a failure: a name for programs, and what to do. */
  cause: z.string().optional(),
  hint: textView.optional(),
  /** Addresses, and what the camera said. */
  detail: textView.optional(),
});

/** What a test came to: the gravest of its findings; only `message` when nothing is wrong. */
const verdictView = z.object({ camera: z.string(), ...findingView.partial({ step: true }).shape });

const testItem = z.union([
  z.object({ total: count }),
  /** Of a test of one camera. */
  z.object({ finding: findingView }),
  z.object({ verdict: verdictView }),
  /** The last item of a test of all: by cause, the most frequent first; `cameras`: the first 50. */
  z.object({
    summary: z.object({
      total: count,
      well: count,
      causes: z
        .array(
          z.object({
            cause: z.string(),
            result: z.enum(testResults),
            message: textView,
            hint: textView,
            count,
            cameras: z.array(z.string()).max(50).readonly(),
          }),
        )
        .readonly(),
    }),
  }),
]);

const troubleView = z.object({ from: time, to: time, count, message: textView, hint: textView });

const knownView = cameraView.extend({
  group: z.string().optional(),
  /** What it can do besides showing pictures; absent until it was asked. */
  features: z
    .object({
      relays: count,
      inputs: count,
      microphone: z.boolean(),
      soundDetection: z.boolean(),
      https: z.boolean(),
      rtsps: z.boolean(),
    })
    .optional(),
  authentication: z.enum(['none', 'digest', 'username-token']),
  /** User name of its login; the password is never told. */
  user: z.string().optional(),
  /** The camera's clock minus ours, milliseconds. */
  clockOffsetMs: z.number().optional(),
  /** End of the certificate of its HTTPS, as it writes it. */
  certificateUntil: z.string().optional(),
  services: z.array(z.string()).readonly(),
  /** Addresses of its pictures, without any login. */
  streams: z
    .array(
      z.object({
        number: z.int(),
        name: z.string(),
        streams: z.object({ main: z.string().optional(), sub: z.string().optional() }),
        still: z.string().optional(),
      }),
    )
    .readonly(),
  /** Address of the subscription that stands or will be resumed. */
  pullPoint: z.string().optional(),
  counters: z.object({ pulls: count, messages: count, subscriptionsCreated: count, subscriptionsResumed: count }),
  /** Messages by topic since the start. */
  topics: z.record(z.string(), count).readonly(),
  conditions: z.array(conditionView).readonly(),
  /** The last ten since the start, the newest first. */
  troubles: z.array(troubleView).readonly(),
});

export const diagnosisOperations = {
  /** Of one camera, or of all where `id` is left out. At most one failed login a camera, and none where one was refused lately. */
  'camera.test': { input: z.strictObject({ id: id.optional() }), item: testItem },
  'camera.show': { input: z.strictObject({ id }), answer: z.object({ camera: knownView }) },
} as const;
