// What the gateway is promised of the relay, whether one media process keeps it or several.
import type { Service } from '#base';
import type { GrantForm, Look, LookAsk, StreamProtocol } from '#model';
import type { BlockedNetwork, Lease, MediaEvent, PathReport, SessionReport, Warm } from '../protocol.ts';
import type { Listener } from './listeners.ts';

/** What the gateway hears of the relay. */
export type StreamEvent = MediaEvent | GrantUsed | ProcessEvent;

/** The address of the grant was used for the first time. */
interface GrantUsed {
  readonly event: 'grant-used';
  readonly grant: string;
}

/** One of the media processes, counted from 0. */
type ProcessEvent = { readonly process: number } & (
  | { readonly event: 'media-up'; readonly pid: number }
  /** `reason`: a signal's name or an exit status. It is started again by itself. */
  | { readonly event: 'media-down'; readonly reason: string }
  /** It lets readers in, for the first time or again. */
  | { readonly event: 'listening'; readonly listener: 'rtsp' | 'http' }
  | { readonly event: 'cannot-listen'; readonly listener: 'rtsp' | 'http'; readonly address: string; readonly reason: string }
);

export interface StreamsDeps {
  /** The module that calls `runMedia`. */
  readonly mediaEntry: URL;
  /** The Node binary that runs it. */
  readonly nodePath: string;
  onEvent(event: StreamEvent): void;
}

/** `silent`: it runs, but did not answer when it was asked how it is; killed and started again when that goes on for some ten seconds. */
export type MediaState = 'up' | 'silent' | 'down';

/** A path, with what the gateway knows of it beside. */
export interface PathNews extends PathReport {
  /** When `failure` happened, wall milliseconds. */
  readonly failedAt?: number | undefined;
}

/** A grant of before the gateway was restarted. */
export interface Earlier {
  /** Whether its address was used already: it then opens until its end. */
  readonly used: boolean;
  /** Milliseconds since it was granted: so much of `openWithin` is gone. */
  readonly agoMs: number;
}

/** Of several processes: up when all are, restarts and memory together, the pid of the first; a listener that is not well before one that is. */
export interface StreamsStatus {
  readonly media: { readonly state: MediaState; readonly pid: number | undefined; readonly restarts: number; readonly rssBytes: number };
  readonly rtsp: Listener;
  readonly http: Listener;
  /** Addresses that are open. */
  readonly leases: number;
  readonly paths: readonly PathNews[];
  readonly sessions: readonly SessionReport[];
  /** Whom the doors do not answer now, because of wrong tokens. */
  readonly blocked: readonly BlockedNetwork[];
  /** Sessions that one grant may have at the same time. */
  readonly maxReaders: number;
}

/** The relay as the gateway sees it. */
export interface Streams {
  /** Whether the configuration allows pictures to be pushed to this address. */
  mayPush(url: string): boolean;
  /** Keeps the media process running; it is stopped with the signal. */
  readonly service: Service;
  /**
   * Opens an address: resolves when the media process has it; its end does not move however long that takes. Not in force when it rejects:
   * `streams.full`, `streams.media-down` (after 5 s), `streams.cannot-listen`, `streams.too-late` (nothing is left of it),
   * `streams.push-not-allowed`, `streams.no-decoder` (a still with the source of a stream, where no ffmpeg is).
   */
  admit(lease: Omit<Lease, 'push'>, pushTo?: string, earlier?: Earlier): Promise<void>;
  /** New time left, milliseconds. Rejects with `streams.unknown-grant`. While the media process is down it is told when it is back. */
  extend(grant: string, remainingMs: number): Promise<void>;
  /** Cuts the grant's sessions and forgets its address; also when nothing is known of it. */
  revoke(grant: string, why?: 'revoked' | 'preempted'): Promise<void>;
  /** Cuts one session at once; its grant stands. False when there is none, or the media process is down. Not for pushes: end their grant. */
  cut(session: string): Promise<boolean>;
  /** The address that opens with `token`, as the hub is told it. Its port is known after the first `admit`. */
  address(form: GrantForm, token: string, protocol?: StreamProtocol): string;
  /** The same as this machine itself reaches it. */
  localAddress(form: GrantForm, token: string, protocol?: StreamProtocol): string;
  /**
   * The gateway's own look at a camera, at most `timeoutMs`; its frames stay in the media process. It is for the caller to write it on the audit first.
   * Undefined when nothing can be said: the media process is down or has no room. At most one failed login.
   */
  look(ask: LookAsk, timeoutMs: number): Promise<Look | undefined>;
  /**
   * Keeps a camera open for `forMs` without a reader: whoever comes then has its pictures at once. They stay in the media process; it is for the caller
   * to write it on the audit first. False when it cannot be: the media process is down or keeps enough.
   */
  warm(warm: Warm, forMs: number): Promise<boolean>;
  /** Within 2 s; without paths and sessions of a media process that is down or silent. */
  status(): Promise<StreamsStatus>;
}
