// The commands story: each request of the hub to its room, and an outcome for every one.
import { z } from 'zod';
import { BongsuError, type Env, messageOf } from '#base';
import type { Command, Device, GrantForm, Outcome, StreamProtocol } from '#model';
import { idPattern } from '#model';
import type { AlarmActs } from './alarm-acts.ts';
import { faults } from './faults.ts';
import type { Grants, Opened } from './grants.ts';
import { failed, refuse, refuseBody } from './outcomes.ts';
import { goToPlace, movePtz, type PtzCommandDeps, stopPtz } from './ptz-commands.ts';

/** What commands reach. */
export interface CommandDeps extends PtzCommandDeps {
  readonly acts: Pick<AlarmActs, 'acknowledge' | 'clear'>;
  readonly grants: Grants;
  /** Whether this is a channel of a registered camera. */
  readonly hasChannel: (camera: string, channel: number) => boolean;
  readonly inventory: () => readonly Device[];
  readonly status: () => Promise<Readonly<Record<string, number>>>;
  /** Whether pictures may be carried to this address. */
  mayPush(url: string): boolean;
  /** Services that this hub connection may claim. */
  readonly services: readonly string[];
  /** The address that a reader of the hub can open with a token. */
  address(form: GrantForm, token: string, protocol?: StreamProtocol): string;
}

/** Name of the hub's connection in the ledger. */
const hubOrigin = 'hub';

type Handler = (command: Command, deps: CommandDeps) => Promise<Outcome>;

const look = z
  .object({
    camera: z.string().regex(idPattern),
    channel: z.int().min(1).max(1024).default(1),
    quality: z.enum(['main', 'sub', 'metadata']).default('main'),
    deliver: z.enum(['pull', 'push']).default('pull'),
    to: z.string().max(500).optional(),
    protocol: z.enum(['rtsp', 'http-flv', 'ws-flv']).default('rtsp'),
    network: z.union([z.cidrv4(), z.cidrv6()]).optional(),
    grant: z.unknown(),
  })
  .refine(({ quality, protocol, deliver }) => quality !== 'metadata' || (protocol === 'rtsp' && deliver === 'pull'), {
    path: ['quality'],
    message: 'metadata is fetched over RTSP: protocol must be rtsp, deliver pull',
  })
  .refine(({ deliver, to }) => deliver === 'pull' || to !== undefined, {
    path: ['to'],
    message: 'needed where deliver is push: the address that the pictures go to',
  });
const ofGrant = z.object({ grant: z.uuid() });
const extension = ofGrant.extend({ until: z.iso.datetime({ offset: true }) });
/** One line of text. */
const line = (minLength: number, maxLength: number) =>
  z
    .string()
    .min(minLength)
    .max(maxLength)
    .regex(/^\P{Cc}*$/u);
const acknowledgement = z.object({ alarm: line(1, 64), person: line(1, 80), note: line(0, 300).default('') });
const resetting = z.object({ alarm: line(1, 64), person: line(1, 80), reason: line(2, 300) });
const page = z.object({ offset: z.int().min(0).default(0), limit: z.int().min(1).max(50).default(50) });

const handlers: Readonly<Record<string, Handler>> = {
  'stream.open': (command, deps) => openLook('stream', command, deps),
  'snapshot.take': (command, deps) => openLook('still', command, deps),
  'stream.extend': extendStream,
  'stream.close': closeStream,
  'ptz.move': movePtz,
  'ptz.stop': stopPtz,
  'ptz.preset': goToPlace,
  'alarm.acknowledge': acknowledge,
  'alarm.reset': reset,
  'inventory.list': (command, deps) => Promise.resolve(listInventory(command, deps)),
  'gateway.status': async (command, deps) => ({ id: command.id, result: 'done', status: await deps.status() }),
};

/** Everything that the hub can ask for; docs/contract describes each. */
export const commandNames: readonly string[] = Object.keys(handlers);

/** Opens the handlers; the function never rejects. */
export function openCommands(deps: CommandDeps, env: Env): (command: Command) => Promise<Outcome> {
  return async (command) => {
    const handler = Object.hasOwn(handlers, command.name) ? handlers[command.name] : undefined;
    if (!handler) return refuse(command, 'command.unknown', `there is no command ${command.name}`);
    try {
      return await handler(command, deps);
    } catch (error) {
      env.log.error({ command: command.id, name: command.name, error: messageOf(error) }, 'a command failed');
      return failed(command, error instanceof BongsuError ? error : faults.fault('command-failed'));
    }
  };
}

async function openLook(form: GrantForm, command: Command, deps: CommandDeps): Promise<Outcome> {
  const parsed = look.safeParse(command.body);
  if (!parsed.success) return refuseBody(command, parsed.error);
  const { camera, channel, quality, protocol, network, deliver, to, grant } = parsed.data;
  if (form === 'still' && quality === 'metadata') return refuse(command, 'command.body-wrong', 'quality: a still is of main or sub');
  const pushTo = form === 'stream' && deliver === 'push' ? to : undefined;
  const opened = await deps.grants.open({
    form,
    device: camera,
    channel,
    quality,
    ...(form === 'stream' && { protocol }),
    network,
    ...(pushTo !== undefined && { pushTo, pushAllowed: deps.mayPush(pushTo) }),
    deviceKnown: deps.hasChannel(camera, channel),
    grant,
    origin: hubOrigin,
    commandId: command.id,
    services: deps.services,
    issuedAt: command.issuedAt,
  });
  return outcomeOf(command, form, opened, deps);
}

/** What the address of a stream is called in an outcome. */
const addressNames = { rtsp: 'rtsp', 'http-flv': 'flv', 'ws-flv': 'ws' } as const satisfies Record<StreamProtocol, string>;

function outcomeOf(command: Command, form: GrantForm, opened: Opened, { address }: Pick<CommandDeps, 'address'>): Outcome {
  if (opened.result === 'refused') return refuse(command, opened.reason, opened.message, opened.offer);
  if (opened.result === 'failed') return failed(command, opened.fault);
  const until = new Date(opened.grant.until).toISOString();
  const { protocol, pushTo } = opened.grant;
  if (pushTo !== undefined) return { id: command.id, result: 'done', grant: opened.grant.id, stream: { push: pushTo, until } };
  const url = address(form, opened.token, protocol);
  const shown = form === 'stream' ? { stream: { [addressNames[protocol ?? 'rtsp']]: url, until } } : { still: { url, until } };
  return { id: command.id, result: 'done', grant: opened.grant.id, ...shown };
}

async function extendStream(command: Command, { grants }: CommandDeps): Promise<Outcome> {
  const parsed = extension.safeParse(command.body);
  if (!parsed.success) return refuseBody(command, parsed.error);
  const decision = await grants.extend(parsed.data.grant, {
    until: Date.parse(parsed.data.until),
    origin: hubOrigin,
    commandId: command.id,
    issuedAt: command.issuedAt,
  });
  if (!decision.granted) return refuse(command, decision.reason, decision.message);
  return { id: command.id, result: 'done', grant: decision.grant.id, until: new Date(decision.grant.until).toISOString() };
}

async function closeStream(command: Command, { grants }: CommandDeps): Promise<Outcome> {
  const parsed = ofGrant.safeParse(command.body);
  if (!parsed.success) return refuseBody(command, parsed.error);
  const ended = await grants.close(parsed.data.grant, hubOrigin);
  return ended
    ? { id: command.id, result: 'done', grant: parsed.data.grant }
    : refuse(command, 'access.grant-unknown', 'no such grant is open');
}

/** Does a person's act; of an alarm that this gateway does not know nothing is done. */
async function onAlarm(command: Command, act: () => Promise<Readonly<Record<string, unknown>>>): Promise<Outcome> {
  try {
    return { id: command.id, result: 'done', ...(await act()) };
  } catch (error) {
    if (!(error instanceof BongsuError) || error.code !== 'gateway.alarm-unknown') throw error;
    return refuse(command, error.code, error.summary.en);
  }
}

/** A person at the hub has seen it. */
async function acknowledge(command: Command, { acts }: CommandDeps): Promise<Outcome> {
  const parsed = acknowledgement.safeParse(command.body);
  if (!parsed.success) return refuseBody(command, parsed.error);
  const { alarm, person, note } = parsed.data;
  return onAlarm(command, async () => {
    const became = await acts.acknowledge(alarm, `${hubOrigin}:${person}`, note);
    return { alarm, acknowledged: became === 'acknowledged' ? 'now' : 'before' };
  });
}

/** A person at the hub ends an alarm, also one that its latch keeps. */
async function reset(command: Command, { acts }: CommandDeps): Promise<Outcome> {
  const parsed = resetting.safeParse(command.body);
  if (!parsed.success) return refuseBody(command, parsed.error);
  const { alarm, person, reason } = parsed.data;
  return onAlarm(command, async () => {
    const became = await acts.clear(alarm, `${hubOrigin}:${person}`, reason);
    return { alarm, cleared: became === 'cleared' ? 'now' : 'before' };
  });
}

function listInventory(command: Command, { inventory }: CommandDeps): Outcome {
  const parsed = page.safeParse(command.body);
  if (!parsed.success) return refuseBody(command, parsed.error);
  const { offset, limit } = parsed.data;
  const devices = inventory();
  return {
    id: command.id,
    result: 'done',
    total: devices.length,
    offset,
    devices: devices.slice(offset, offset + limit).map(withoutAddress),
  };
}

/** A device as a stranger may know it: its addresses are this site's own business. */
function withoutAddress({ address: _, ...device }: Device): Omit<Device, 'address'> {
  return { ...device, channels: device.channels.map(({ streams: __, ...channel }) => channel) };
}
