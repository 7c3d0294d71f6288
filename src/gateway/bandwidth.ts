// The bandwidth story: how wide the line to the hub is now, what each stream takes of it, and who must go when it becomes narrower.
import type { Access, Line, Preempted } from '#access';
import { type Env, messageOf, type Service, untilAborted } from '#base';
import type { Cameras } from '#cameras';
import type { Config } from '#config';
import { openRates, type Streams } from '#streams';
import { endNotes } from './end-notes.ts';

/** What the story asks. */
export interface BandwidthDeps {
  readonly access: Pick<Access, 'surplus'>;
  readonly cameras: Pick<Cameras, 'profile'>;
  readonly streams: Pick<Streams, 'status'>;
  /** Whether the session stands, and the name of the route on which it stands or is tried. */
  readonly uplink: () => { readonly connected: boolean; readonly route: string };
  readonly preempt: (preempted: readonly Preempted[], why: string) => Promise<void>;
}

/** The line, and its watch. */
export interface Bandwidth {
  readonly line: Line;
  readonly service: Service;
}

const watchMs = 5_000;
/** A line is found too narrow so many times in a row before a stream is cut: one burst is none of its business. */
const patience = 3;

/** Opens the story; `deps` are asked for when they are there. */
export function openBandwidth(config: Pick<Config, 'uplink' | 'streams'>, deps: () => BandwidthDeps, env: Env): Bandwidth {
  const { bandwidth, routes, alarmShare } = config.uplink;
  const widths = new Map([['direct', bandwidth], ...routes.map((route) => [route.name, route.bandwidth] as const)]);
  const rates = openRates();
  /** A broker that is away makes no line narrower. */
  let lastRoute = config.uplink.url === undefined ? (routes[0]?.name ?? '') : 'direct';
  let readers = new Map<string, number>();
  const limit = (): number | undefined => {
    const { connected, route } = deps().uplink();
    if (connected) lastRoute = route;
    const width = widths.get(lastRoute);
    return width === undefined ? undefined : width * (1 - alarmShare / 100);
  };
  const line: Line = {
    limit,
    rateOf: (picture) =>
      rates.of(picture) ?? configuredRate(deps().cameras, picture) ?? config.streams.estimate[picture.quality === 'main' ? 'main' : 'sub'],
    readersOf: (grant) => readers.get(grant) ?? 0,
  };
  const isLimited = [...widths.values()].some((width) => width !== undefined);
  const measure = async (): Promise<void> => {
    const { paths, sessions } = await deps().streams.status();
    rates.note(paths, env.clock.monotonicMs());
    readers = new Map([...Map.groupBy(sessions, ({ grant }) => grant)].map(([grant, own]) => [grant, own.length]));
  };
  let narrow = 0;
  const look = async (): Promise<void> => {
    await measure();
    const surplus = await deps().access.surplus();
    narrow = surplus.length > 0 ? narrow + 1 : 0;
    if (narrow >= patience) await deps().preempt(surplus, endNotes.narrow);
  };
  return {
    line,
    service: {
      name: 'bandwidth',
      async run(signal) {
        while (isLimited && !signal.aborted) {
          await env.clock.sleep(watchMs, signal).catch(() => {});
          if (!signal.aborted)
            await look().catch((error: unknown) => env.log.debug({ error: messageOf(error) }, 'the line is not watched now'));
        }
        await untilAborted(signal);
      },
    },
  };
}

/** What the camera says that it sends at most; undefined where it does not say. */
function configuredRate(
  cameras: Pick<Cameras, 'profile'>,
  { device, channel, quality }: Parameters<Line['rateOf']>[0],
): number | undefined {
  if (quality === 'metadata') return undefined;
  try {
    const kbps = cameras.profile(device)?.channels.find((one) => one.channel.number === channel)?.profiles[quality].kbps;
    return kbps !== undefined && kbps > 0 && Number.isFinite(kbps) ? kbps * 1000 : undefined;
  } catch {
    return undefined;
  }
}
