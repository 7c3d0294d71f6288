// The contract of the local socket: one table of operations, each with the schema of what is asked and of what is answered.
import { z } from 'zod';
import { actOperations } from './act-operations.ts';
import { diagnosisOperations } from './diagnosis-operations.ts';
import { discoveryOperations } from './discovery-operations.ts';
import { eventOperations } from './event-operations.ts';
import { id, line, matching, reason } from './fields.ts';
import { loginOperations } from './login-operations.ts';
import { registrationOperations } from './registration-operations.ts';
import { sensorOperations } from './sensor-operations.ts';
import { streamOperations } from './stream-operations.ts';
import {
  alarmKind,
  alarmView,
  cameraView,
  careView,
  deadView,
  grantView,
  knownSensorView,
  outboxView,
  quietKind,
  quietView,
  sensorView,
  severity,
  statusView,
  transitionView,
} from './views.ts';

const nothing = z.strictObject({});
/** A time: wall milliseconds, or so long before now. */
const moment = z.union([z.number().min(0).max(8.64e15), z.strictObject({ agoMs: z.number().min(0).max(3.2e11) })]);
/** How long a shelf or a maintenance holds: 1 minute to 7 days. */
const forMs = z.number().min(60_000).max(604_800_000);

/** Dead letters by id, or all. */
const letters = z.union([z.literal('all'), z.array(z.int().min(1)).min(1).max(100).readonly()]);

/** Of the gateway's machine. */
const filePath = matching(/^\/\P{Cc}+$/u, { en: 'expected an absolute path', ko: '절대 경로여야 합니다' }).max(500);

/** Only alarms raised before the one of this id, the last of the page before. */
const alarmBefore = line(64, 1);

/**
 * Everything that can be asked. An operation with `answer` is answered once; one with `item` sends items until the asker leaves.
 * Inputs are strict (an unknown key is refused), answers carry only what stands here: a handler may return more, it does not leave.
 */
export const operations = {
  status: { input: nothing, answer: statusView },
  'camera.list': { input: nothing, answer: z.object({ cameras: z.array(cameraView).readonly() }) },
  ...registrationOperations,
  'camera.snapshot': {
    input: z.strictObject({ id, channel: z.int().min(1).max(1024).default(1), reason }),
    /** `image`: the JPEG in Base64, at most 8 MiB before encoding. */
    answer: z.object({ grant: z.string(), takenAt: z.number(), image: z.string().max(11_184_812) }),
  },
  ...diagnosisOperations,
  ...actOperations,
  ...discoveryOperations,
  ...loginOperations,
  ...eventOperations,
  'sensor.show': { input: z.strictObject({ id }), answer: z.object({ sensor: knownSensorView.extend(careView.shape) }) },
  'sensor.list': { input: nothing, answer: z.object({ sensors: z.array(sensorView.extend(careView.shape)).readonly() }) },
  'alarm.list': {
    input: z.strictObject({
      limit: z.int().min(1).max(1000).default(20),
      before: alarmBefore.optional(),
      device: id.optional(),
      kind: alarmKind.optional(),
      openOnly: z.boolean().default(false),
    }),
    answer: z.object({ alarms: z.array(alarmView).readonly() }),
  },
  'alarm.tail': {
    input: z.strictObject({ device: id.optional() }),
    item: z.object({ row: z.int(), transition: transitionView }),
  },
  'alarm.show': {
    input: z.strictObject({ id: line(64, 1) }),
    /** The newest 1,000 transitions, oldest first, acts of people among them. */
    answer: z.object({ alarm: alarmView, transitions: z.array(z.object({ row: z.int(), transition: transitionView })).readonly() }),
  },
  'alarm.search': {
    input: z.strictObject({
      limit: z.int().min(1).max(1000).default(20),
      before: alarmBefore.optional(),
      from: moment.optional(),
      to: moment.optional(),
      device: id.optional(),
      kind: alarmKind.optional(),
      severity: severity.optional(),
      text: line(100, 1).optional(),
      openOnly: z.boolean().default(false),
    }),
    answer: z.object({ alarms: z.array(alarmView).readonly() }),
  },
  /** `unchanged`: somebody had acknowledged it before. */
  'alarm.acknowledge': {
    input: z.strictObject({ id: line(64, 1), note: line(300).default('') }),
    answer: z.object({ result: z.enum(['acknowledged', 'unchanged']) }),
  },
  /** `over`: it had been cleared before. */
  'alarm.clear': { input: z.strictObject({ id: line(64, 1), reason }), answer: z.object({ result: z.enum(['cleared', 'over']) }) },
  'alarm.shelve': {
    input: z.strictObject({ device: id, kind: alarmKind.optional(), forMs, reason }),
    answer: z.object({ until: z.number() }),
  },
  /** Without `kind` all shelves of the device. `ended`: those that were, by kind (empty: the shelf on all kinds); `left`: those that still hold. */
  'alarm.unshelve': {
    input: z.strictObject({ device: id, kind: alarmKind.optional(), reason: line(300).default('') }),
    answer: z.object({ ended: z.array(quietKind).readonly(), left: z.array(quietKind).readonly() }),
  },
  'alarm.shelved': { input: nothing, answer: z.object({ quiets: z.array(quietView).readonly() }) },
  'device.maintenance': { input: z.strictObject({ device: id, forMs, reason }), answer: z.object({ until: z.number() }) },
  'device.maintenance-end': {
    input: z.strictObject({ device: id, reason: line(300).default('') }),
    answer: z.object({ ended: z.boolean() }),
  },
  'outbox.status': { input: nothing, answer: outboxView },
  'outbox.dead': {
    input: z.strictObject({
      limit: z.int().min(1).max(1000).default(20),
      destination: line(100, 1).optional(),
      /** Only beyond this id: the way to the next page. */
      after: z.int().min(0).default(0),
    }),
    /** The oldest refusal first. */
    answer: z.object({ letters: z.array(deadView).readonly() }),
  },
  /** `value`: what the entry carries. */
  'outbox.dead-show': { input: z.strictObject({ id: z.int().min(1) }), answer: z.object({ letter: deadView, value: z.unknown() }) },
  /** Makes them pending again. `all`: 10,000 at most. */
  'outbox.dead-retry': { input: z.strictObject({ ids: letters }), answer: z.object({ count: z.int().min(0) }) },
  /** Gives them up for good; the destination is told of a gap. */
  'outbox.dead-drop': { input: z.strictObject({ ids: letters, reason }), answer: z.object({ count: z.int().min(0) }) },
  /** Copies the store to a new file that the gateway writes; the last item tells its size. */
  'outbox.backup': {
    input: z.strictObject({ path: filePath }),
    item: z.union([
      z.object({ path: z.string(), bytes: z.int().min(0) }),
      z.object({ copiedPages: z.int().min(0), totalPages: z.int().min(0) }),
    ]),
  },
  /** Transitions of alarms by the order of their commits, up to the newest of now; by when they happened, `from` included. */
  'outbox.export': {
    input: z.strictObject({ from: moment.optional(), to: moment.optional() }),
    item: z.object({ row: z.int(), transition: transitionView }),
  },
  'grant.list': {
    input: z.strictObject({
      limit: z.int().min(1).max(1000).default(20),
      openOnly: z.boolean().default(true),
      /** Only those opened before this, wall milliseconds: the way to the next page. */
      before: z.int().min(0).default(Number.MAX_SAFE_INTEGER),
    }),
    answer: z.object({ grants: z.array(grantView).readonly() }),
  },
  /** `revoked` is false when no such grant is open: it had ended already, or never was. */
  'grant.revoke': { input: z.strictObject({ id: line(64, 1), reason }), answer: z.object({ revoked: z.boolean() }) },
  ...sensorOperations,
  ...streamOperations,
  'audit.verify': { input: nothing, answer: z.object({ rows: z.int().min(0), valid: z.boolean(), firstBad: z.int().optional() }) },
  /** The same text as the HTTP listener serves (Prometheus exposition format 0.0.4). */
  metrics: { input: nothing, answer: z.object({ text: z.string() }) },
} as const satisfies Record<
  string,
  { readonly input: z.ZodType; readonly answer: z.ZodType } | { readonly input: z.ZodType; readonly item: z.ZodType }
>;

export type OperationName = keyof typeof operations;

type Operation<K extends OperationName> = (typeof operations)[K];
type ResultSchema<K extends OperationName> =
  Operation<K> extends { readonly answer: infer S extends z.ZodType }
    ? S
    : Operation<K> extends { readonly item: infer S extends z.ZodType }
      ? S
      : never;

/** Operations that send items until the asker leaves. */
export type TailName = { [K in OperationName]: Operation<K> extends { readonly item: z.ZodType } ? K : never }[OperationName];
/** Operations that are answered once. */
export type CallName = Exclude<OperationName, TailName>;

/** What an asker hands in: keys with a default may be missing. */
export type Asked<K extends OperationName> = z.input<Operation<K>['input']>;
/** What a handler gets: checked, defaults filled in. */
export type Input<K extends OperationName> = z.output<Operation<K>['input']>;
/** The answer, or one item of a tail. */
export type Result<K extends OperationName> = z.output<ResultSchema<K>>;

/** Who asks, and how long it may take. */
export interface CallContext {
  /**
   * `cli:USER (claimed)`. Node offers no SO_PEERCRED, so the name is what the command line said of its own account: whoever is in the socket's
   * group can claim any name. The ledger and the audit record it as a claim, never as a proof.
   */
  readonly origin: string;
  /** Aborts when the asker is gone, the operation's 60 s are over (not for tails), or the gateway stops. */
  readonly signal: AbortSignal;
}

/** One handler for each operation, supplied by the gateway. A BongsuError that it throws is told to the asker with its hint. */
export type ControlHandlers = {
  readonly [K in Exclude<CallName, 'metrics'>]: (input: Input<K>, context: CallContext) => Promise<z.input<ResultSchema<K>>>;
} & { readonly [K in TailName]: (input: Input<K>, context: CallContext) => AsyncIterable<z.input<ResultSchema<K>>> };

/** The schema of an operation's answer or item. */
export function resultSchema(name: OperationName): z.ZodType {
  const operation = operations[name];
  return 'answer' in operation ? operation.answer : operation.item;
}

/** Whether `name` is an operation of the contract. */
export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(operations, name);
}
