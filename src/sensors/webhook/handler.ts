// From a request to its answer: who sends, what it means, commit, and only then success.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Env } from '#base';
import type { Report, ReportOutcome } from '#model';
import type { WebhookMap, WebhookOptions } from '../options.ts';
import { parseJson } from './json.ts';
import type { Handler, Incoming } from './listener.ts';
import { interpret, type Meaning, nameAt } from './mapping.ts';
import { type OccurrenceName, type OccurrenceNames, openOccurrenceNames } from './occurrence.ts';
import { type Reply, refuse } from './reply.ts';

type SourceOptions = WebhookOptions['sources'][number];

interface Source {
  readonly options: SourceOptions;
  readonly map: WebhookMap;
  readonly tokenDigest: Buffer;
  readonly devices: ReadonlyMap<string, string>;
  readonly names: OccurrenceNames;
}

/** What the handler works with. */
export interface HandlerWorld {
  readonly env: Env;
  /** Resolves after the commit. */
  report(report: Report): Promise<ReportOutcome>;
  mapOf(source: SourceOptions): WebhookMap;
  /** Called for a message that was understood and is committed: `source` spoke, and `device`. */
  heard(source: string, device: string): void;
}

/** The store gets so long; then the sender is told to send again, and its retry meets the same occurrence key. */
const maxCommitMs = 10_000;
const prefix = '/webhook/';

/** Opens the handler of all sources. */
export function openHandler(sources: readonly SourceOptions[], world: HandlerWorld): Handler {
  const table = new Map(
    sources.map((options): [string, Source] => {
      const devices = new Map(options.devices.map(({ key, device }) => [String(key), device]));
      const names = openOccurrenceNames(world.env.clock, options.repeatWindow);
      return [options.id, { options, map: world.mapOf(options), tokenDigest: digest(options.token), devices, names }];
    }),
  );
  return async (incoming) => {
    const source = incoming.path.startsWith(prefix) ? table.get(incoming.path.slice(prefix.length)) : undefined;
    if (!source) return refuse('no-such-source');
    if (incoming.method !== 'POST') return refuse('method-not-allowed');
    if (!isAuthorised(source, incoming.authorization)) return refuse('unauthorised');
    const key = incoming.idempotencyKey;
    if (key !== undefined && (key.length < 1 || key.length > 200)) return refuse('bad-key');
    const body = await incoming.body();
    if (!body) return refuse('too-large');
    const message = parseJson(body);
    return message.ok ? take(source, { key, body, message: message.value }, world) : refuse('bad-json', message.problem);
  };
}

interface Delivery {
  readonly key: Incoming['idempotencyKey'];
  readonly body: Buffer;
  readonly message: unknown;
}

async function take(source: Source, { key, body, message }: Delivery, world: HandlerWorld): Promise<Reply> {
  const { options, map } = source;
  const deviceKey = nameAt(message, map.device);
  const device = deviceKey === undefined ? options.device : source.devices.get(deviceKey);
  if (device === undefined) return refuse('no-such-device');
  const meaning = interpret(map, message, world.env.clock.now());
  if (!meaning) {
    world.heard(options.id, device);
    return { status: 200, body: { result: 'ignored' } };
  }
  const id = nameAt(message, map.id) ?? key;
  const name = source.names.nameOf(options.id, { id, body, meaning });
  const outcome = await within(world.report(reportOf(device, meaning, name)), world.env);
  if (!outcome) return refuse('not-stored');
  world.heard(options.id, device);
  return { status: 200, body: { result: outcome.result, alarmId: outcome.alarmId ?? null } };
}

function reportOf(device: string, meaning: Meaning, name: OccurrenceName): Report {
  const { severity, ...rest } = meaning;
  return { device, ...name, ...rest, ...(severity ? { severity } : {}) };
}

async function within<T>(work: Promise<T>, env: Env): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  using _timer = env.clock.after(maxCommitMs, () => late.resolve(undefined));
  work.catch(() => {});
  return await Promise.race([work, late.promise]);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares digests, so that neither length nor content of the token shows in the time it takes. */
function isAuthorised(source: Source, header: string | undefined): boolean {
  const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(token), source.tokenDigest);
}
