// One bus: opens its line, polls its units, opens the line again when it is lost; the same for serial and TCP.
import { type Env, type Text, troubleOf } from '#base';
import { alarmKinds } from '#model';
import { deviceOf } from '../device.ts';
import type { Driver, SensorStatus, SensorsDeps } from '../driver.ts';
import { sensorsFaults } from '../faults.ts';
import { openLineHealth } from '../line-health.ts';
import { openObserver } from '../observer.ts';
import type { BusOptions, Template } from '../options.ts';
import { openTeller } from '../teller.ts';
import { openErrands } from './errands.ts';
import type { Line } from './line.ts';
import { planReads } from './points.ts';
import { type PolledUnit, pollUntilLost } from './poll.ts';
import { type BusVisit, openVisit } from './visit.ts';

/** What differs between serial and TCP. */
export interface LineOpener {
  /** How the line is set, for people: `/dev/ttyUSB0 9600 8E1`. */
  readonly settings: string;
  /** Rejects with a BongsuError whose hint tells a technician what to do. */
  open(signal: AbortSignal): Promise<Line>;
  /** Looks, while no line is open, for other settings under which one of these units answers: `19200 8N1`. Left out where nothing can be set. */
  seek?(units: readonly number[], signal: AbortSignal): Promise<string | undefined>;
  /** Milliseconds to wait before the next try. */
  reopenMs(): number;
}

/** What a driver works in. */
export interface DriverWorld {
  readonly deps: SensorsDeps;
  readonly env: Env;
  /** Throws `sensors.template-unknown`. */
  template(name: string): Template;
}

/** A line that opens and is lost without a single answer is no fault at once, but the third time in a row it is. */
const maxBarrenLines = 3;

/** The driver of a bus, and what a technician may do on it. */
export interface Bus extends Driver {
  readonly visit: BusVisit;
}

/** While nobody has ever answered, other settings are looked for so often. */
const seekEveryMs = 600_000;

/** Opens the driver of one bus. Throws `sensors.template-unknown` or `template-unfit`. The service ends when its signal aborts, after what was seen is committed or given up by the store. */
export function openBus(options: BusOptions, opener: LineOpener, world: DriverWorld): Bus {
  const { env, deps } = world;
  const life = new AbortController();
  const teller = openTeller(deps, env, life.signal);
  const health = openLineHealth(options.id, teller, env);
  const stations = options.units.map((unit) => {
    const template = world.template(unit.template);
    const observer = openObserver({ device: unit.device, template }, { deps, env, signal: life.signal });
    return {
      device: deviceOf(unit, { address: `${options.id}/${unit.unit}`, template }),
      polled: polledUnit(unit, template, observer),
    };
  });
  const units = stations.map(({ polled }) => polled);
  const errands = openErrands(options.id, env.clock);
  const { pollInterval: pollIntervalMs } = options;
  let barrenLines = 0;
  let seekAt = 0;
  let deafness: Text | undefined;
  let missedAt = 0;
  /** To a sensor a line that is away is a poll that nobody answered. */
  const miss = (problem: Text): void => {
    const now = env.clock.monotonicMs();
    if (now < missedAt) return;
    missedAt = now + pollIntervalMs;
    for (const { observer } of units) observer.observe({ result: 'silent', problem });
  };
  const answered = (): void => {
    seekAt = Number.POSITIVE_INFINITY;
    deafness = undefined;
    barrenLines = 0;
    health.works();
  };
  /** Resolves when nobody has answered ever, and other settings are to be looked for; else rejects. */
  const pollOnce = async (opened: () => void, signal: AbortSignal): Promise<void> => {
    await using line = await opener.open(signal);
    opened();
    const isSeeking = (): boolean => opener.seek !== undefined && env.clock.monotonicMs() >= seekAt;
    const { settings } = opener;
    await pollUntilLost(line, { units, pollIntervalMs, settings, deafness, isSeeking, errands, health, answered, env }, signal);
  };
  const keepOpen = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      let wasOpen = false;
      try {
        await pollOnce(() => (wasOpen = true), signal);
        seekAt = env.clock.monotonicMs() + seekEveryMs;
        const found = await opener.seek?.(
          units.map(({ unit }) => unit),
          signal,
        );
        deafness = found === undefined ? undefined : setOtherwise(found);
        continue;
      } catch (error) {
        if (signal.aborted) return;
        if (wasOpen) barrenLines += 1;
        else for (const unit of units) Object.assign(unit, { dueAt: 0, failures: 0 });
        const { message, detail } = troubleOf(error);
        // One that has just answered may be back at once.
        if (!wasOpen || barrenLines > 1) miss(message);
        // Of a line that opens and is silent the polling has said what is to be said.
        if (!wasOpen || (barrenLines >= maxBarrenLines && !health.isBroken)) health.broken(message, detail);
      }
      await env.clock.sleep(opener.reopenMs(), signal).catch(() => {});
    }
  };
  return {
    name: options.id,
    visit: openVisit({ ...options, units: new Map(options.units.map(({ unit, device }) => [unit, device])) }, errands, env),
    service: {
      name: `sensors ${options.id}`,
      async run(signal) {
        await keepOpen(signal);
        life.abort(signal.reason);
        await Promise.all([teller.settled(), ...units.map(({ observer }) => observer.settled())]);
      },
    },
    devices: stations.map(({ device }) => device),
    status: () =>
      stations.map(({ device, polled }): SensorStatus => {
        return { device: device.id, driver: options.driver, source: options.id, ...polled.observer.status() };
      }),
  };
}

/** Reads that can raise a critical alarm come first, and so do units that have one. */
function polledUnit(
  { unit, template: name }: BusOptions['units'][number],
  template: Template,
  observer: PolledUnit['observer'],
): PolledUnit {
  const grave = new Set(template.rules.filter(isCritical).map(({ point }) => point));
  const isGrave = (read: PolledUnit['reads'][number]): boolean => read.points.some(({ name }) => grave.has(name));
  const reads = planReads(template.points).toSorted((left, right) => Number(isGrave(right)) - Number(isGrave(left)));
  if (reads.length === 0) throw sensorsFaults.fault('template-unfit', { detail: name });
  return { unit, reads, observer, critical: grave.size > 0, dueAt: 0, failures: 0, garbled: false };
}

function isCritical(rule: Template['rules'][number]): boolean {
  return rule.alarm !== undefined && (rule.severity ?? alarmKinds[rule.alarm]) === 'critical';
}

function setOtherwise(settings: string): Text {
  return {
    ko: `이 버스의 장치는 ${settings} 설정에서 응답합니다. 설정 파일의 baud, parity, stopBits를 고치십시오.`,
    en: `A unit of this bus answers at ${settings}: correct baud, parity and stopBits in the configuration.`,
  };
}
