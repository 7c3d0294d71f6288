// What every verb is handed: the streams and values of the process, the loaders of the heavy parts, a screen and a language.
import type { Readable, Writable } from 'node:stream';
import { BongsuError, type Language, type Text } from '#base';
import type { AlarmKind, Condition, ConditionKind, Report } from '#model';
import { type ControlClient, connectControl } from '../client.ts';
import type { Screen } from './screen.ts';
import type { Speech } from './words.ts';

/** The process as the command line sees it; all values are handed in by `main`. */
export interface CliIo {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly stdin: Readable;
  /** The locale variables of POSIX, where set. */
  readonly environment: {
    readonly LC_ALL?: string | undefined;
    readonly LC_MESSAGES?: string | undefined;
    readonly LANG?: string | undefined;
  };
  /** Name of the operating system's account (under sudo: of the person behind it). Sent as a claim. */
  readonly user: string;
  readonly version: string;
  /** Default of `--config`; `/etc/bongsu/config.yaml` when absent. */
  readonly configPath?: string | undefined;
  /** Aborts at SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** One problem of a configuration. */
export interface CheckProblem {
  readonly file: string;
  /** From 1; absent where the problem is the file itself. */
  readonly line?: number | undefined;
  /** Dotted path of the key: `uplink.address`; absent for the file as a whole. */
  readonly key?: string | undefined;
  readonly message: Text;
}

/** What a good configuration is about, to be seen at a glance. */
export interface ConfigSummary {
  /** Administrative code. */
  readonly site: string;
  /** Empty where it has none. */
  readonly siteName: string;
  readonly gateway: string;
  readonly sensors: number;
  /** Address of the hub's broker. */
  readonly hub: string;
}

/** What `check` found: problems, or what the configuration holds, with what is unwise in it. */
export type CheckOutcome =
  | { readonly problems: readonly CheckProblem[] }
  | { readonly found: ConfigSummary; readonly warnings: readonly CheckProblem[] };

/** What `bongsu simulate` was asked for. */
export interface SimulateOptions {
  readonly cameras: number;
  readonly sensors: number;
  readonly hub: boolean;
  readonly script: string | undefined;
  readonly json: boolean;
  readonly language: Language;
  /** First of the fixed ports; free ones when absent. */
  readonly basePort: number | undefined;
  /** `http://…`, where virtual sensors push to. */
  readonly webhookUrl: string | undefined;
  /** 16 to 256 printable characters; a new one when absent. */
  readonly webhookToken: string | undefined;
  /** Kinds of virtual sensors, in turn; smoke and falls when absent. */
  readonly sensorKinds: readonly string[] | undefined;
  /** UDP port of WS-Discovery; 3702 when absent. */
  readonly discoveryPort: number | undefined;
  /** Kinds of virtual cameras, in turn; plain ones when absent. */
  readonly personalities: readonly string[] | undefined;
  /** An address of its own for each camera, from this one on; true: loopback addresses. */
  readonly ownAddresses: boolean | string | undefined;
  /** One port for all cameras that have addresses of their own. */
  readonly cameraPort: number | undefined;
  /** Unix socket by which another process steers the cameras. */
  readonly remote: string | undefined;
  /** Folder for the configuration of a gateway that fits. */
  readonly printConfig: string | undefined;
}

/** What `bongsu sensor record` was asked for. */
export interface RecordAsk {
  /** A serial port, or HOST:PORT of a serial server. */
  readonly port: string;
  readonly out: string;
  readonly serial: { readonly baud: number; readonly parity: 'none' | 'even' | 'odd'; readonly stopBits: 1 | 2; readonly dataBits: 7 | 8 };
  readonly forMs: number | undefined;
  readonly maxBytes: number;
  progress(sofar: { readonly bytes: number; readonly losses: number }): void;
}

/** What `bongsu sensor grammar test` and `sensor template test` were asked for: files, or names of shipped ones. */
export interface RehearseAsk {
  readonly what: 'grammar' | 'template';
  readonly name: string;
  readonly against: string;
  readonly grammar: string | undefined;
}

/** A template as `bongsu sensor template list` and `show` tell of it. */
export interface TemplateView {
  readonly name: string;
  readonly origin: 'shipped' | 'site' | 'file';
  readonly title: Text | undefined;
  readonly maker: string;
  readonly model: string;
  /** `from`: where its value is, `input 3 uint16` or `payload.smoke`. */
  readonly points: readonly { readonly name: string; readonly from: string; readonly unit: string }[];
  readonly rules: readonly {
    readonly channel: string;
    readonly raises: { readonly alarm: AlarmKind } | { readonly condition: ConditionKind; readonly message: Text };
    readonly when: Text;
  }[];
  readonly silence: Text | undefined;
}

/** A grammar of text lines, as `sensor grammar` shows it. */
export interface GrammarView {
  readonly name: string;
  readonly origin: 'shipped' | 'site' | 'file';
  readonly title: Text | undefined;
  readonly maker: string;
  readonly model: string;
  readonly charset: string;
  /** `raises`: kind of the alarm or condition. */
  readonly patterns: readonly {
    readonly says: string;
    readonly raises: string | undefined;
    readonly state: string;
    readonly channel: string;
    readonly match: string;
  }[];
  readonly silence: Text | undefined;
}

/** What a recording would have led to. */
export interface Rehearsal {
  readonly played: readonly {
    readonly ms: number;
    readonly text: string;
    readonly meaning: string;
    readonly pattern?: number;
    readonly says: readonly ({ readonly report: Report } | { readonly condition: Condition })[];
  }[];
  readonly droppedBytes: number;
}

/** What every loader hears of the call: the language that was asked for, and when to end. */
export interface RunContext {
  readonly language: Language;
  readonly signal: AbortSignal;
}

/** How a gateway ended; with problems it never began. */
export type RunOutcome = { readonly status: number } | { readonly problems: readonly CheckProblem[] };

/** What became of a restore; with problems it never began. */
export type RestoreOutcome =
  | {
      /** `path`: the store; `setAside`: where the former file lies, empty if there was none. */
      readonly restored: { readonly path: string; readonly setAside: string };
    }
  | { readonly problems: readonly CheckProblem[] };

/** Loads the heavy parts only when their verb is called. */
export interface CliLoaders {
  /** Runs the gateway until `signal` aborts. */
  run(config: string, context: RunContext): Promise<RunOutcome>;
  /** All problems of a configuration, or what is in a good one. */
  check(config: string): Promise<CheckOutcome>;
  /** Puts the backup `from` in the place of the store while no gateway runs; `by` is a claim. @throws store.in-use, store.unreadable, store.not-a-store, store.no-backup */
  restore(config: string, from: string, by: string): Promise<RestoreOutcome>;
  /** Records what comes over a line until it is enough or the signal aborts; needs no gateway. */
  record(
    ask: RecordAsk,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: number; readonly chunks: number; readonly losses: number; readonly end: 'time' | 'size' | 'asked' }>;
  /**
   * All templates, the shipped ones and the site's own, or the one of this name or file; `problems` of the configuration, whose own are then missing. Needs no
   * gateway. @throws sensors.template-unknown, template-unusable
   */
  templates(
    config: string,
    name: string | undefined,
  ): Promise<{ readonly templates: readonly TemplateView[]; readonly problems: readonly CheckProblem[] }>;
  /** The same of grammars. @throws sensors.grammar-unknown, grammar-unusable */
  grammars(
    config: string,
    name: string | undefined,
  ): Promise<{ readonly grammars: readonly GrammarView[]; readonly problems: readonly CheckProblem[] }>;
  /** Plays a recording through a grammar or a template; needs no gateway. */
  rehearse(ask: RehearseAsk): Promise<Rehearsal>;
  /** Runs a virtual site until `signal` aborts; the exit status. */
  simulate(options: SimulateOptions, signal: AbortSignal): Promise<number>;
}

/** What every verb is handed. */
export interface VerbContext extends Speech {
  readonly io: CliIo;
  readonly loaders: CliLoaders;
  readonly screen: Screen;
  readonly json: boolean;
  readonly socket: string;
}

/** A verb: prints, and resolves with the exit status. */
export type Verb<Options> = (context: VerbContext, options: Options, argument: string) => Promise<number>;

/** Exit statuses of the command line. */
export const exits = { done: 0, failed: 1, usage: 2, notRunning: 3 } as const;

/** Called wrongly, found by a verb itself; the message is already in the user's language. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
}

/** Uses a connection to the gateway and closes it. */
export async function withGateway<T>(context: VerbContext, use: (client: ControlClient) => Promise<T>): Promise<T> {
  const client = await connectControl(context.socket, context.io.user);
  try {
    return await use(client);
  } finally {
    await client[Symbol.asyncDispose]();
  }
}

/** The exit status of anything that a verb threw. */
export function exitOf(error: unknown): number {
  if (error instanceof UsageFault) return exits.usage;
  if (!(error instanceof BongsuError)) return exits.failed;
  if (error.code === 'control.input-invalid') return exits.usage;
  return error.code === 'control.not-running' ? exits.notRunning : exits.failed;
}
