// The response story: when a grave alarm is committed, the cameras that see its place are opened ahead; their frames stay in memory, and the audit has it.
import type { Access } from '#access';
import { type Env, messageOf } from '#base';
import type { Cameras } from '#cameras';
import { alarmKinds, type Report, type ReportOutcome, severities } from '#model';
import { type PlannedPicture, planPrewarm, type Registry, type ResponseOptions } from '#registry';
import type { Streams } from '#streams';
import type { Intake } from './intake.ts';

/** The rooms that meet in this story. */
export interface PrewarmDeps {
  readonly access: Pick<Access, 'note'>;
  readonly cameras: Pick<Cameras, 'source'>;
  readonly registry: Pick<Registry, 'find' | 'list'>;
  readonly streams: Pick<Streams, 'warm'>;
}

/** Hears of alarms that are committed; returns at once. */
export type Prewarm = (report: Report, outcome: ReportOutcome) => void;

/** The intake's report, with `hear` told behind it. */
export function behind(report: Intake['report'], hear: Prewarm): Intake['report'] {
  return async (said, how) => {
    const outcome = await report(said, how);
    hear(said, outcome);
    return outcome;
  };
}

const minuteMs = 60_000;

/** Opens the story; `deps` are asked for when there is an alarm. Nothing of it can fail an alarm. */
export function openPrewarm(options: ResponseOptions, deps: () => PrewarmDeps, env: Env): Prewarm {
  const { prewarm } = options;
  const gravest = severities.indexOf(prewarm.severity);
  let minute = 0;
  let opened = 0;
  const mayOpen = (): boolean => {
    const now = Math.floor(env.clock.monotonicMs() / minuteMs);
    if (now !== minute) opened = 0;
    minute = now;
    return opened < prewarm.perMinute;
  };
  const warm = async ({ camera: device, channel }: PlannedPicture): Promise<void> => {
    const { access, cameras, streams } = deps();
    const { quality, keep } = prewarm;
    try {
      const source = await cameras.source(device, channel, quality);
      await access.note({ look: 'pre-warm', device, channel, by: 'gateway' });
      if (await streams.warm({ device, channel, quality, source }, keep)) return;
      env.log.warn({ camera: device, channel }, 'a camera was not opened ahead: the relay is down or keeps enough');
      await access.note({ look: 'pre-warm-refused', device, channel, by: 'gateway' });
    } catch (error) {
      env.log.warn({ camera: device, channel, error: messageOf(error) }, 'a camera was not opened ahead');
    }
  };
  const respond = (report: Report): void => {
    const { find, list } = deps().registry;
    for (const picture of mayOpen() ? planPrewarm(report, { find, cameras: () => list('camera') }, options) : []) {
      if (!mayOpen()) return;
      opened += 1;
      void warm(picture);
    }
  };
  return (report, { result, maintenance }) => {
    if (result !== 'raised' || maintenance || report.test) return;
    if (severities.indexOf(report.severity ?? alarmKinds[report.kind]) > gravest) return;
    // Behind whatever the alarm itself still has to do.
    env.clock.after(0, () => respond(report));
  };
}
