// Alarms: what a driver reports, what becomes of it, and the steps that travel.
import type { Text } from '#base';
import type { AlarmKind, ConditionKind, Severity } from './kinds.ts';

/** How far the time of a thing can be trusted. */
export type ClockQuality = 'synchronised' | 'corrected' | 'receipt' | 'unset';

/** Small facts that travel with an alarm: zone, premises text, score. At most 32 keys, 2 KiB as JSON. */
export type Detail = Readonly<Record<string, string | number | boolean>>;

/** What a driver saw on one point of a device. Input of the alarms room. */
export interface Report {
  readonly device: string;
  /** The device's point: a video source, a zone, a register's name. Same form as an id. */
  readonly channel: string;
  readonly kind: AlarmKind;
  /** `pulse`: an event without an end. */
  readonly state: 'active' | 'inactive' | 'pulse';
  /**
   * Occurrence key: the same for every retry of the same happening, unique per device for 7 days, unless it gives way to a full disk.
   * Undefined where only the open alarm tells (a polled register): then an active point raises once until it clears.
   */
  readonly occurrence: string | undefined;
  /**
   * With a key that the driver made of a time: every key of the device between this one and its own, as texts, is the same happening. A driver that was started
   * anew does not know when it heard it first.
   */
  readonly occurrenceAfter?: string;
  /**
   * Who made the key. `given` (default): the sender, so the key is one happening for good, and a retry that comes after the clear is still a retry.
   * `derived`: the driver, out of the message's words, which the next happening may use again: such a key names a retry of `active` only while the
   * alarm that it raised is open, and of `inactive` only while none is; of `pulse` always.
   */
  readonly occurrenceKind?: 'given' | 'derived';
  /** When it happened, wall milliseconds: the device's time corrected by its known offset, else the time of receipt. */
  readonly time: number;
  readonly clockQuality: ClockQuality;
  /** Instead of the kind's default. */
  readonly severity?: Severity;
  readonly detail?: Detail;
  /** A test pages nobody. Default false. */
  readonly test?: boolean;
  /**
   * Why it is over, where not the device but the gateway says so (of `inactive`): nothing more was heard for long (`timeout`), or the configuration no longer
   * takes it for an alarm at this hour (`handling`).
   */
  readonly reason?: 'timeout' | 'handling';
  /** The alarm outlives the device's `inactive` until a person resets it. Default: as `alarms.latch` says of its kind. */
  readonly latch?: boolean;
}

/** Names that a caller makes before the commit, so that what it sends from memory and what is committed later are one thing on the wire. UUIDv7. */
export interface ReportIds {
  /** The outbox entry of the first transition. */
  readonly entry: string;
  /** The alarm, if the report raises one. */
  readonly alarm: string;
}

/** What became of a report, known after the commit. */
export interface ReportOutcome {
  readonly result: 'raised' | 'updated' | 'cleared' | 'duplicate' | 'unchanged';
  readonly alarmId: string | undefined;
  /** The device is in maintenance: the alarm is a test, whatever the report said. */
  readonly maintenance?: true;
}

export type AlarmStep = 'raised' | 'updated' | 'cleared';

/** One step of an alarm: one message on the wire. */
export interface Transition {
  readonly alarmId: string;
  readonly step: AlarmStep;
  readonly device: string;
  readonly channel: string;
  readonly kind: AlarmKind;
  readonly severity: Severity;
  readonly time: number;
  readonly clockQuality: ClockQuality;
  readonly detail: Detail;
  readonly test: boolean;
  /**
   * Why, when not because the device says so. Of `raised`: `restated` (told again, because the store had lost its memory). Of `cleared`: `pulse`, `timeout` and `handling` (see Report),
   * `person`, `maintenance` (ended, a real alarm follows if it stands),
   * `retracted` (told from memory, and found to be a retry of an earlier alarm).
   * Of `updated`: `acknowledged`, `shelved`, `unshelved`, `latched` (the device says that it is over; it waits for a person), `flood` (a summary).
   */
  readonly reason?: string;
  /** The person's act that this step is. */
  readonly act?: PersonAct;
  /** A person has shelved it: it is told and pages nobody. */
  readonly shelved?: true;
}

/** What a person did with an alarm. */
export interface PersonAct {
  readonly act: 'acknowledged' | 'shelved' | 'unshelved' | 'cleared';
  /** `cli:USER (claimed)`, `hub:PERSON`, or `gateway` when its time was over. At most 100 characters. */
  readonly by: string;
  /** The note or the reason, at most 300 characters. */
  readonly note: string;
  /** End of a shelf, wall milliseconds. */
  readonly until?: number;
}

/** An alarm as it stands now. Times are wall milliseconds. */
export interface Alarm {
  readonly alarmId: string;
  readonly device: string;
  readonly channel: string;
  readonly kind: AlarmKind;
  readonly severity: Severity;
  readonly raisedAt: number;
  readonly clearedAt: number | undefined;
  readonly updates: number;
  readonly test: boolean;
  readonly detail: Detail;
  /** Who has seen it. */
  readonly acknowledged?: { readonly by: string; readonly at: number; readonly note: string };
  /** It waits for a person: `standing` as long as the device says so too, `over` when only the latch keeps it. */
  readonly latched?: 'standing' | 'over';
  /** A test because its device is in maintenance. */
  readonly maintenance?: true;
}

/** A step in the health of a device or of the gateway itself (`device` is then `gateway`). */
export interface Condition {
  readonly device: string;
  readonly channel: string;
  readonly kind: ConditionKind;
  readonly state: 'raised' | 'cleared';
  readonly severity: Severity;
  readonly time: number;
  /** What is wrong and what to do, in words for a technician, without any address of the site: it is sent. At most 500 characters in each language; the alarms room cuts what is longer. */
  readonly message: Text;
  /**
   * What is for the site's own people: addresses, ports, paths, what the system said. At most 300 characters, default empty. Shown here and logged;
   * never in `message`, never sent.
   */
  readonly detail?: string;
}
