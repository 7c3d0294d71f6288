// A small hub: hears the gateways, counts what they say, tells it in plain words, gives commands and looks at streams.
import { type Env, type Login, type Text, uuidv7 } from '#base';
import { fault } from '../faults.ts';
import { openBroker } from './broker.ts';
import { type HubMessage, readMessage } from './message.ts';
import { openReader, type ReaderOptions, type StreamReader } from './reader.ts';
import { type HubCounts, openTally } from './tally.ts';
import { describeMessage } from './words.ts';

/** What to open. */
export interface HubOptions {
  readonly host: string;
  /** 0: a free port. */
  readonly port: number;
  /** Undefined: anyone may connect. */
  readonly login: Login | undefined;
}

/** A gateway that has shown itself. */
export interface KnownGateway {
  readonly site: string;
  readonly gateway: string;
  readonly online: boolean;
}

/** The answer to a command as it came: `result` is `done`, `refused` or `failed`. */
export interface CommandOutcome {
  readonly id: string;
  readonly result: string;
  readonly [key: string]: unknown;
}

/** How a command is given. */
export interface CommandOptions {
  /** Default: the gateway heard last. */
  readonly to?: { readonly site: string; readonly gateway: string };
  /** How long the outcome is awaited and the command is good. Default 20,000. */
  readonly timeoutMs?: number;
  /** Default: a fresh UUIDv7. The same id again asks for the stored outcome. */
  readonly id?: string;
}

/** A hub. */
export interface SimulatedHub extends AsyncDisposable {
  /** `mqtt://host:port`. */
  readonly url: string;
  readonly port: number;
  readonly login: Login | undefined;
  readonly gateways: readonly KnownGateway[];
  counts(): HubCounts;
  /** Calls `listener` for every readable message, with `again` true when its id has come before. */
  watch(listener: (message: HubMessage, again: boolean) => void): Disposable;
  /** Calls `listener` with a plain sentence for every alarm and condition. */
  tell(listener: (text: Text, message: HubMessage) => void): Disposable;
  /** The first message that fits, among the last 1,000 and those to come; undefined after `timeoutMs`. */
  hear(fits: (message: HubMessage) => boolean, timeoutMs: number): Promise<HubMessage | undefined>;
  /** Resolves when a gateway is online; undefined after `timeoutMs`. */
  whenOnline(timeoutMs: number): Promise<KnownGateway | undefined>;
  /** Gives a command and awaits its outcome. Throws `simulator.outcome-late`. */
  command(name: string, body: Readonly<Record<string, unknown>>, options?: CommandOptions): Promise<CommandOutcome>;
  /** Opens an address that a `stream.open` was answered with. Throws `simulator.reader-failed`. */
  read(url: string, options?: ReaderOptions): Promise<StreamReader>;
  /** Closes the broker's port and every connection; what it knows stays. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
  /** Refuses every login; false ends it. */
  refuse(refusing: boolean): void;
}

const maxRecent = 1000;
const maxGateways = 1000;

/** Opens a hub. Throws `simulator.port-taken`. */
export async function openHub(options: HubOptions, env: Env): Promise<SimulatedHub> {
  const tally = openTally();
  const recent: HubMessage[] = [];
  const gateways = new Map<string, KnownGateway>();
  const listeners = new Set<(message: HubMessage, again: boolean) => void>();
  const heard = (topic: string, payload: Buffer): void => {
    if (topic.includes('/command/') || topic.startsWith('bongsu/v1/hub/')) return;
    const message = readMessage(topic, payload);
    if (!message) {
      tally.unreadable();
      return;
    }
    const fresh = tally.take(message);
    recent.push(message);
    if (recent.length > maxRecent) recent.shift();
    noteGateway(gateways, message);
    for (const listener of listeners) listener(message, !fresh);
  };
  const broker = await openBroker({ ...options, heard }, env);
  const watch = (listener: (message: HubMessage, again: boolean) => void): Disposable => {
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  };
  const hear = async (fits: (message: HubMessage) => boolean, timeoutMs: number): Promise<HubMessage | undefined> =>
    recent.find(fits) ??
    (await new Promise((resolve) => {
      const settle = (message: HubMessage | undefined): void => {
        timer[Symbol.dispose]();
        watching[Symbol.dispose]();
        resolve(message);
      };
      const timer = env.clock.after(timeoutMs, () => settle(undefined));
      const watching = watch((message) => fits(message) && settle(message));
    }));
  const online = (): KnownGateway | undefined => [...gateways.values()].findLast((one) => one.online);
  return {
    url: `mqtt://${options.host}:${broker.port}`,
    port: broker.port,
    login: options.login,
    get gateways() {
      return [...gateways.values()];
    },
    counts: () => tally.counts(),
    watch,
    tell: (listener) =>
      watch((message, again) => {
        const text = again ? undefined : describeMessage(message);
        if (text) listener(text, message);
      }),
    hear,
    async whenOnline(timeoutMs) {
      if (!online()) await hear((message) => message.path[0] === 'state' && isOnline(message), timeoutMs);
      return online();
    },
    async command(name, body, { to, timeoutMs = 20_000, id = uuidv7(env.clock.now(), env.random) } = {}) {
      const target = to ?? online() ?? [...gateways.values()].at(-1);
      if (!target) throw fault('outcome-late', { detail: `${name}: no gateway has shown itself` });
      const outcome = nextOutcome(watch, id, timeoutMs, env);
      const now = env.clock.now();
      const envelope = { id, time: new Date(now).toISOString(), expires: new Date(now + timeoutMs).toISOString() };
      await broker.publish(`bongsu/v1/${target.site}/${target.gateway}/command/${name}`, JSON.stringify({ ...envelope, ...body }), false);
      const found = await outcome;
      if (!found) throw fault('outcome-late', { detail: name });
      return found;
    },
    read: (url, readerOptions = {}) => openReader(url, readerOptions, env),
    stop: () => broker.stop(),
    start: () => broker.start(),
    refuse: (refusing) => broker.refuse(refusing),
    [Symbol.asyncDispose]: async () => await broker[Symbol.asyncDispose](),
  };
}

function isOnline(message: HubMessage): boolean {
  const data = message.body['data'];
  const state = message.body['state'] ?? (typeof data === 'object' && data !== null && 'state' in data ? data.state : undefined);
  return state === 'online';
}

function noteGateway(gateways: Map<string, KnownGateway>, message: HubMessage): void {
  const { site, gateway } = message;
  const key = `${site}/${gateway}`;
  const known = gateways.get(key);
  if (!known && gateways.size >= maxGateways) return;
  const online = message.path[0] === 'state' ? isOnline(message) : (known?.online ?? false);
  gateways.delete(key);
  gateways.set(key, { site, gateway, online });
}

/** The outcome of a command is the plain object; inside a CloudEvent it is looked for in `data`. */
function nextOutcome(watch: SimulatedHub['watch'], id: string, timeoutMs: number, env: Env): Promise<CommandOutcome | undefined> {
  return new Promise((resolve) => {
    const settle = (outcome: CommandOutcome | undefined): void => {
      timer[Symbol.dispose]();
      watching[Symbol.dispose]();
      resolve(outcome);
    };
    const timer = env.clock.after(timeoutMs, () => settle(undefined));
    const watching = watch((message) => {
      if (message.path[0] !== 'outcome') return;
      for (const body of [message.body, message.body['data']]) if (isOutcome(body) && body.id === id) return settle(body);
    });
  });
}

function isOutcome(value: unknown): value is CommandOutcome {
  return typeof value === 'object' && value !== null && 'id' in value && 'result' in value && typeof value.result === 'string';
}
