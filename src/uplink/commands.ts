// Commands of the hub as they come off the line: bounded, judged, handed to the runner, answered always.
import type { IPublishPacket } from 'mqtt';
import type { Env, Sealer } from '#base';
import type { Command, Outcome } from '#model';
import type { Calls } from '#store';
import type { Answers } from './answers.ts';
import { type Address, openRunner } from './runner.ts';
import type { Signatures } from './signature.ts';
import type { UplinkProcedures } from './tables.ts';
import {
  commandNameOf,
  commandTopic,
  encodeOutcome,
  isAnswerTopic,
  outcomeTopic,
  type ParsedCommand,
  parseCommand,
  refusalOf,
  signedBytes,
  type Topics,
} from './wire/index.ts';

/** What the commands need of the house. */
export interface CommandDeps {
  readonly procedures: Calls<UplinkProcedures>;
  readonly sealer: Sealer;
  readonly topics: Topics;
  /** Answers go to a response topic only under this. */
  readonly responsePrefix: string;
  readonly answers: Answers;
  readonly signatures: Signatures;
  onCommand(command: Command, signal: AbortSignal): Promise<Outcome>;
}

/** The way of commands over all connections of this process. */
export interface Commands {
  /** Resolves when the command is accepted durably or refused; the packet may then be acknowledged. Never rejects. */
  receive(packet: IPublishPacket): Promise<void>;
  /** Waits for what is running. */
  settled(): Promise<void>;
  counts(): { readonly accepted: number; readonly refused: number };
}

const maxCorrelationBytes = 1024;
const refusalLifeMs = 60_000;
const quietMs = 60_000;

/** Opens the way of commands; `signal` aborts what is running. */
export function openCommands(deps: CommandDeps, env: Env, signal: AbortSignal): Commands {
  let refused = 0;
  const complain = openComplaint(env);
  const tell = (addresses: readonly Address[], payload: string, lifeMs: number): void => {
    for (const address of addresses) deps.answers.push({ ...address, payload, contentType: 'application/json' }, lifeMs);
  };
  const refuse = (addresses: readonly Address[], outcome: Outcome): void => {
    refused += 1;
    complain(String(outcome['reason']));
    tell(addresses, encodeOutcome(outcome.id, outcome, env.clock.now()), refusalLifeMs);
  };
  const runner = openRunner({ ...deps, tell, refuse }, env, signal);
  return {
    async receive(packet) {
      const name = commandNameOf(deps.topics, packet.topic);
      const address = answerAddress(packet, name, deps);
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      const parsed = parseCommand({ name, payload, retained: packet.retain }, env.clock.now());
      if (parsed.kind === 'command') {
        if (!address) return;
        if (await isTrusted(packet, parsed, deps)) await runner.accept(parsed, address);
        else refuse([address], refusalOf(parsed.command.id, 'unsigned'));
        return;
      }
      // Without an id only the one who said where to answer can make something of it.
      const tellable = address && (parsed.id !== '' || address.asked);
      refuse(tellable ? [address] : [], refusalOf(parsed.id, parsed.reason));
    },
    settled: () => runner.settled(),
    counts: () => ({ accepted: runner.accepted, refused }),
  };
}

/** Whether the command bears the signature that it needs: in the user property `signature` (MQTT 5), else in the body's field of that name. */
async function isTrusted(
  packet: IPublishPacket,
  { command, signature: inBody }: Extract<ParsedCommand, { kind: 'command' }>,
  { signatures, topics }: CommandDeps,
): Promise<boolean> {
  if (!signatures.areNeeded) return true;
  const signature = packet.properties?.userProperties?.['signature'] ?? inBody;
  return await signatures.fit(signedBytes(commandTopic(topics, command.name), command.body), signature);
}

/** The response topic if it is allowed (`asked`), else `outcome/{name}`; undefined when the topic names no command and there is no other place. */
function answerAddress(packet: IPublishPacket, name: string | undefined, deps: CommandDeps): (Address & { asked: boolean }) | undefined {
  const { responseTopic, correlationData } = packet.properties ?? {};
  const fits = correlationData !== undefined && correlationData.byteLength <= maxCorrelationBytes;
  const correlation = fits ? { correlationData } : {};
  if (responseTopic !== undefined && isAnswerTopic(responseTopic, deps.responsePrefix)) {
    return { topic: responseTopic, ...correlation, asked: true };
  }
  return name === undefined ? undefined : { topic: outcomeTopic(deps.topics, name), ...correlation, asked: false };
}

/** Says at most once a minute that commands are refused, and how many were since it last said so. */
function openComplaint(env: Env): (reason: string) => void {
  let count = 0;
  let saidAt = Number.NEGATIVE_INFINITY;
  return (reason) => {
    count += 1;
    if (env.clock.monotonicMs() - saidAt < quietMs) return;
    env.log.warn({ reason, count }, 'commands of the hub are refused');
    saidAt = env.clock.monotonicMs();
    count = 0;
  };
}
