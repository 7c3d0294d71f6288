// The contract between a way to hear sensors and the room: what a driver is handed, what it is, what it says of its devices.
import type { Service, Text } from '#base';
import type { Alarm, Condition, Device, Reading, Report, ReportOutcome } from '#model';
import type { Calibrations } from './calibrations.ts';
import type { Endings } from './endings.ts';
import type { SensorNotes } from './memory.ts';

/** What the room is handed by whoever assembles the gateway. */
export interface SensorsDeps {
  /** Resolves after the commit; rejects when the store fails. `answers`: the device forgets its alarm when it is answered. Default false, of one that is asked. */
  report(report: Report, how?: { readonly answers?: boolean }): Promise<ReportOutcome>;
  /** Resolves after the commit; rejects when the store fails, or goes on trying. A step that changes nothing is harmless. */
  condition(step: Condition): Promise<unknown>;
  /**
   * Resolves after the commit of its batch, within a second or so, with `answers` within a tenth; rejects when too many wait or the store fails: then it is
   * not kept, and no alarm waits for it.
   */
  reading(reading: Reading, how?: { readonly answers?: boolean }): Promise<void>;
  /** The open alarms of one device, so that after a restart nothing is raised twice and what ended meanwhile is cleared. */
  openAlarms(device: string): Promise<readonly Alarm[]>;
  /** What must outlive the gateway of sensors that tell. */
  readonly notes: SensorNotes;
  readonly marks: SensorMarks;
  /** Left out: nothing is calibrated. */
  readonly calibrations?: Calibrations;
  /** Left out: nobody ends alarms. */
  readonly endings?: Pick<Endings, 'join'>;
}

/** How far a source was taken whose messages are fetched. */
export interface SensorMarks {
  recall(source: string): Promise<string | undefined>;
  /** Resolves after the commit; rejects when the store fails. */
  keep(mark: { readonly source: string; readonly mark: string }): Promise<void>;
}

/** One bus that is asked, or one listener that is told. */
export interface Driver {
  /** The id of the bus, the line, the connection or the platform; `webhook`, `onem2m`, `mqtt-broker`. */
  readonly name: string;
  readonly service: Service;
  /** Its devices as the configuration states them. */
  readonly devices: readonly Device[];
  status(): readonly SensorStatus[];
}

/** One sensor as it stands now. */
export interface SensorStatus {
  readonly device: string;
  readonly driver: 'line' | 'modbus-rtu' | 'modbus-rtu-tcp' | 'modbus-tcp' | 'mqtt' | 'onem2m' | 'poll' | 'webhook';
  /** The bus, or the source of a driver that is told. */
  readonly source: string;
  /** `waiting`: not heard since the start. */
  readonly state: 'waiting' | 'ok' | 'fault' | 'silent';
  /** Wall milliseconds of the last answer or message. */
  readonly lastHeardAt: number | undefined;
  /** What is wrong; undefined when nothing is. */
  readonly problem: Text | undefined;
  /** Last values by point; empty where no template gives any. */
  readonly values: Readonly<Record<string, number>>;
}
