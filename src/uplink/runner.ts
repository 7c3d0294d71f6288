// The run of accepted commands: each at most once, sixteen at a time, its outcome sealed and kept before it is told.
import { BongsuError, type Env, messageOf, type Sealer } from '#base';
import type { Command, Outcome } from '#model';
import type { Calls } from '#store';
import { openAcceptances } from './acceptances.ts';
import type { Acceptance, UplinkProcedures } from './tables.ts';
import { encodeOutcome, type ParsedCommand, refusalOf } from './wire/index.ts';
import { within } from './within.ts';

/** Where an outcome goes. */
export interface Address {
  readonly topic: string;
  readonly correlationData?: Buffer;
}

/** What the runner needs of the house. */
export interface RunnerDeps {
  readonly procedures: Calls<UplinkProcedures>;
  readonly sealer: Sealer;
  onCommand(command: Command, signal: AbortSignal): Promise<Outcome>;
  /** Sends an outcome that was kept; `payload` is its text. */
  tell(addresses: readonly Address[], payload: string, lifeMs: number): void;
  /** Sends a refusal. */
  refuse(addresses: readonly Address[], outcome: Outcome): void;
}

/** A command with its hash and its end by the hub's clock. */
export type JudgedCommand = Pick<Extract<ParsedCommand, { kind: 'command' }>, 'command' | 'hash' | 'expires'>;

/** Runs commands over all connections of this process. */
export interface Runner {
  /** Resolves when the command is accepted durably or refused, at the latest after a quarter of a second: behind it other packets wait. Never rejects. */
  accept(judged: JudgedCommand, address: Address): Promise<void>;
  /** Waits for what is running. */
  settled(): Promise<void>;
  readonly accepted: number;
}

/** A command between its arrival and its outcome. */
interface Running {
  readonly hash: string;
  /** Who waits for the outcome; a repeat from elsewhere joins, up to eight. */
  readonly addresses: Address[];
  readonly decided: Promise<void>;
}

const maxRunning = 16;
const maxAddresses = 8;
const packetWaitMs = 250;
/** Outcomes beyond this are sent, not kept: 10,000 of them would fill the disk. */
const maxKeptBytes = 16_384;

/** Opens the runner; `signal` aborts what is running. */
export function openRunner(deps: RunnerDeps, env: Env, signal: AbortSignal): Runner {
  const running = new Map<string, Running>();
  const tasks = new Set<Promise<void>>();
  const acceptances = openAcceptances(deps.procedures, env);
  let accepted = 0;

  const join = async (under: Running, command: Command, hash: string, address: Address): Promise<void> => {
    if (under.hash !== hash) return deps.refuse([address], refusalOf(command.id, 'id-reused'));
    if (!under.addresses.some((known) => isSame(known, address))) {
      if (under.addresses.length >= maxAddresses) return deps.refuse([address], refusalOf(command.id, 'busy'));
      under.addresses.push(address);
    }
    await within(under.decided, packetWaitMs, env.clock);
  };
  const start = async (command: Command, addresses: readonly Address[]): Promise<void> => {
    accepted += 1;
    const endMs = env.clock.monotonicMs() + (command.expiresAt - env.clock.now());
    const payload = await execute(command, deps, env, signal);
    running.delete(command.id);
    // Late outcomes are not told, because they may open a stream; that there was one is.
    const leftMs = endMs - env.clock.monotonicMs();
    if (leftMs <= 0) deps.refuse(addresses, refusalOf(command.id, 'outcome-expired', 'failed'));
    else deps.tell(addresses, payload, leftMs);
  };
  const follow = (acceptance: Acceptance | 'not-stored', command: Command, addresses: readonly Address[]): void => {
    if (acceptance !== 'not-stored' && acceptance.result === 'new') {
      const task = start(command, addresses);
      tasks.add(task);
      void task.finally(() => tasks.delete(task));
      return;
    }
    running.delete(command.id);
    const kept = acceptance === 'not-stored' ? undefined : openKept(acceptance, command, deps, env);
    if (kept !== undefined) deps.tell(addresses, kept, command.expiresAt - env.clock.now());
    else
      deps.refuse(addresses, acceptance === 'not-stored' ? refusalOf(command.id, acceptance, 'failed') : refusedBy(acceptance, command.id));
  };

  const decide = async ({ command, hash, expires }: JudgedCommand, addresses: readonly Address[]): Promise<void> => {
    const { id, expiresAt, issuedAt } = command;
    follow(await acceptances.ask({ id, hash, expiresAt, issuedAt, expires, now: env.clock.now() }), command, addresses);
  };

  return {
    async accept(judged, address) {
      const { command, hash } = judged;
      const under = running.get(command.id);
      if (under) return await join(under, command, hash, address);
      if (running.size >= maxRunning) return deps.refuse([address], refusalOf(command.id, 'busy'));
      const addresses = [address];
      const deciding = decide(judged, addresses);
      running.set(command.id, { hash, addresses, decided: deciding });
      tasks.add(deciding);
      void deciding.finally(() => tasks.delete(deciding));
      await within(deciding, packetWaitMs, env.clock);
    },
    async settled() {
      while (tasks.size > 0) await Promise.all(tasks);
    },
    get accepted() {
      return accepted;
    },
  };
}

/** Runs a command and keeps its outcome; resolves with the payload. Never rejects: one of the four edges where faults are caught. */
async function execute(command: Command, deps: RunnerDeps, env: Env, signal: AbortSignal): Promise<string> {
  const deadline = new AbortController();
  // A timer may fire a millisecond early; after this one the clock agrees.
  using _timer = env.clock.after(command.expiresAt - env.clock.now() + 2, () => deadline.abort(new Error('the command has expired')));
  let payload: string;
  try {
    const outcome = await deps.onCommand(command, AbortSignal.any([signal, deadline.signal]));
    payload = encodeOutcome(command.id, outcome, env.clock.now());
  } catch (error) {
    env.log.error({ command: command.name, id: command.id, error: messageOf(error) }, 'a command failed');
    payload = encodeOutcome(command.id, failureOf(command.id, error), env.clock.now());
  }
  const kept = Buffer.byteLength(payload) <= maxKeptBytes;
  const outcome = kept ? deps.sealer.seal(payload, contextOf(command.id)) : Buffer.alloc(0);
  await deps.procedures.finish({ id: command.id, outcome }).catch((error: unknown) => {
    env.log.warn({ command: command.name, error: messageOf(error) }, 'an outcome could not be kept');
  });
  return payload;
}

/** The outcome of an earlier run; undefined when there is none that can be opened. */
function openKept(acceptance: Acceptance, command: Command, deps: RunnerDeps, env: Env): string | undefined {
  if (acceptance.result !== 'repeat' || !acceptance.outcome) return undefined;
  try {
    return deps.sealer.open(acceptance.outcome, contextOf(command.id));
  } catch (error) {
    env.log.warn({ command: command.name, error: messageOf(error) }, 'a kept outcome cannot be opened');
    return undefined;
  }
}

function contextOf(id: string): string {
  return `uplink.command:${id}`;
}

function isSame(a: Address, b: Address): boolean {
  const none = Buffer.alloc(0);
  return a.topic === b.topic && (a.correlationData ?? none).equals(b.correlationData ?? none);
}

function refusedBy(acceptance: Acceptance, id: string): Outcome {
  switch (acceptance.result) {
    case 'reused':
      return refusalOf(id, 'id-reused');
    case 'expired':
      return refusalOf(id, acceptance.known ? 'outcome-expired' : 'expired');
    case 'full':
      return refusalOf(id, 'too-many');
    case 'unfinished':
      return acceptance.sameBoot ? refusalOf(id, 'outcome-not-kept', 'failed') : refusalOf(id, 'interrupted', 'failed');
    case 'repeat':
    case 'new':
      return refusalOf(id, 'outcome-not-kept', 'failed');
  }
}

function failureOf(id: string, error: unknown): Outcome {
  if (error instanceof BongsuError) return { id, result: 'failed', reason: error.code, message: error.text.en };
  return refusalOf(id, 'failed', 'failed');
}
