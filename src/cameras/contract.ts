// What the room promises to the gateway, and what it is handed.
import type { Login, Service, Text } from '#base';
import type { Alarm, Condition, Quality, StreamSource } from '#model';
import type { Store } from '#store';
import type { CameraState } from './camera-state.ts';
import type { CameraControl, ControlDeps } from './control/index.ts';
import type { FactoryAudit } from './credentials/index.ts';
import type { CameraDescription } from './describe.ts';
import type { Finding as DiagnosisFinding } from './diagnosis/index.ts';
import type { Discovery } from './discovery/index.ts';
import type { BreakCounts, DetectionFilter, Offered, TopicRow } from './events/index.ts';
import type { CameraProfile } from './onvif/index.ts';
import type { Identification } from './probe.ts';
import type { Refreshed } from './refresh.ts';
import type { Authentication } from './soap/index.ts';
import type { CameraRecord, SuperviseDeps } from './supervise.ts';
import type { KeptDetection } from './tables.ts';
import type { Sight } from './watch/index.ts';

/** What the gateway hands to the room. */
export interface CamerasDeps
  extends ControlDeps,
    Pick<SuperviseDeps, 'credentials' | 'report' | 'condition' | 'openAlarms' | 'identified'> {
  readonly store: Store;
  /** Left out: nobody can look, and pictures are not watched. */
  readonly sight?: Sight;
  /** What stands; left out: what stood of groups that are no more stays. */
  openConditions?(): Promise<readonly Condition[]>;
}

/** How a camera is doing. */
export interface CameraStatus {
  readonly id: string;
  readonly state: CameraState['state'];
  /** Wall milliseconds. */
  readonly since: number;
  /** For so many milliseconds nothing has answered at its address; 0 while something does. */
  readonly silentMs: number;
  /** What is wrong, in words for a technician. */
  readonly message: Text | undefined;
  readonly authentication: Authentication;
  readonly clockOffsetMs: number | undefined;
  readonly channels: number;
  readonly pulls: number;
  readonly messages: number;
  readonly subscriptionsCreated: number;
  readonly subscriptionsResumed: number;
  /** Times in which it was not heard, since the start: what it told then as a mere moment is missing. */
  readonly breaks: Readonly<BreakCounts>;
  /** Messages by topic that means nothing here; at most 256 topics. */
  readonly unknownTopics: Readonly<Record<string, number>>;
  /** States that were neither true nor false and changed nothing, by topic, name and value; at most 256. */
  readonly unknownValues: Readonly<Record<string, number>>;
}

/** The cameras of the site. */
export interface Cameras extends AsyncDisposable {
  readonly service: Service;
  readonly discovery: Discovery;
  readonly control: CameraControl;
  /** Begins to supervise a camera, now or when the service runs; one of the same id is replaced (a changed address or login). */
  add(record: CameraRecord): void;
  /** Resolves when its loop has ended and its subscription was given back. An unknown id is passed over. */
  remove(id: string): Promise<void>;
  /** Asks an address once who is there, for `camera add`; without a login with the first set that is for it. A login that was refused is not tried again within `loginRetry`. */
  identify(address: string, login: Login | undefined, signal: AbortSignal): Promise<Identification>;
  /** @throws cameras.unknown, cameras.not-ready, cameras.no-stream */
  source(id: string, channel: number, quality: Quality): Promise<StreamSource>;
  /** What a camera said of itself; undefined until it did. @throws cameras.unknown */
  profile(id: string): CameraProfile | undefined;
  /** Asks a camera anew what it is and can do; what it says reaches the registry. @throws cameras.unknown, cameras.not-ready */
  refresh(id: string, signal: AbortSignal): Promise<Refreshed>;
  /** The sets of logins are others than before: cameras that refused theirs are tried with them as soon as they may. */
  retryLogins(): void;
  /** The audit of factory logins. */
  readonly audit: Pick<FactoryAudit, 'start' | 'rows' | 'isQuarantined'>;
  /** HTTP address of a still. @throws cameras.unknown, cameras.not-ready, cameras.no-still */
  still(id: string, channel: number): Promise<StreamSource>;
  /** Asks a camera that is online to send a key frame of this picture now; nothing comes of it where it cannot. Never rejects, but for the reason of `signal`. */
  askKeyFrame(id: string, channel: number, quality: Quality, signal: AbortSignal): Promise<void>;
  /** A person has ended this alarm of a camera, and that is committed: the camera's next word counts anew. An unknown device is passed over. */
  ended(point: Pick<Alarm, 'device' | 'channel' | 'kind'>): void;
  status(): readonly CameraStatus[];
  /** All else that is known of a camera. Rejects with the store's faults. @throws cameras.unknown */
  describe(id: string): Promise<CameraDescription>;
  /**
   * Walks a camera step by step, with at most one failed login; ends after the step beyond which nothing can be said. `by` is who wants to know, for
   * the audit. Rejects with the reason of `signal`. @throws cameras.unknown
   */
  diagnose(id: string, by: string, signal: AbortSignal): AsyncIterable<DiagnosisFinding>;
  /** Topics that one camera, or all of them, have said since the start. @throws cameras.unknown */
  topics(id: string | undefined): readonly TopicRow[];
  /** Topics that a camera offers, said or not; none where it has no events. @throws cameras.unknown, cameras.not-ready */
  offered(id: string, signal: AbortSignal): Promise<Offered>;
  /** What was seen and kept here, not sent; the newest first. Rejects with the store's faults. */
  detections(filter: DetectionFilter): Promise<readonly KeptDetection[]>;
}
