// The control of cameras: heads, relays, restarts and clocks, for those whom the gateway lets through.
import { BongsuError, type Service } from '#base';
import type { ControlOptions } from '../control-options.ts';
import { faultOf } from '../faults.ts';
import type { Preset } from '../onvif/index.ts';
import { type Axes, type HeadCalls, type HeadLook, openHeadCalls } from './calls.ts';
import { openClockKeeper } from './clock-keeper.ts';
import { type DeviceActs, openDeviceActs } from './device-acts.ts';
import { faults } from './faults.ts';
import { type Head, openHead } from './head.ts';
import type { HeadAsker, HeadNews, HeadOutcome, HeadRule } from './head-deps.ts';
import type { Called, ControlWorld } from './reach.ts';
import { openRelays, type Relays } from './relays.ts';

/** What the gateway hands to the control. */
export interface ControlDeps {
  /** What the site allows with the head of a camera. Left out: nothing. */
  readonly headRule?: (camera: string) => HeadRule;
  /** What a head did that nobody told it at that moment. */
  readonly headNews?: (camera: string, channel: number, news: HeadNews) => void;
  /** The clock of a camera was set because the configuration says so. */
  readonly clockNews?: (camera: string, detail: string) => void;
}

/** What the control is told by the configuration. */
type Options = ControlOptions & { readonly clockTolerance: number };

/** A channel with a head, and who asks. */
export interface HeadAsk extends HeadAsker {
  readonly camera: string;
  readonly channel: number;
}

/** How a head stands. */
export interface HeadStatus extends HeadLook {
  /** Who holds it; undefined: nobody here. */
  readonly holder: string | undefined;
}

/** What may be done with cameras. All but `stop` and `release` throw cameras.unknown and cameras.not-ready. */
export interface CameraControl {
  /** Moves on and on, for `forMs` at most; the milliseconds after which it stops by itself. */
  drive(ask: HeadAsk, velocity: Axes, forMs: number): Promise<HeadOutcome<number>>;
  /** Pan and tilt come together. */
  goTo(ask: HeadAsk, place: Axes): Promise<HeadOutcome>;
  step(ask: HeadAsk, by: Axes): Promise<HeadOutcome>;
  goToPreset(ask: HeadAsk, token: string): Promise<HeadOutcome>;
  goHome(ask: HeadAsk): Promise<HeadOutcome>;
  /** `anyones`: also what another holds, who loses it. */
  stop(ask: HeadAsk, anyones?: boolean): Promise<HeadOutcome>;
  presets(camera: string, channel: number): Promise<HeadOutcome<readonly Preset[]>>;
  look(camera: string, channel: number): Promise<HeadOutcome<HeadStatus>>;
  /** A holder is done with everything: what it moves is stopped. Resolves when the cameras were told. */
  release(holder: string, why: string): Promise<void>;
  readonly relays: Omit<Relays, 'close'>;
  readonly device: DeviceActs;
}

/** The control with its end, which the room sees to. */
export interface OpenedControl extends CameraControl {
  /** Sets clocks, where the configuration says so. */
  readonly clocks: Service;
  /** Before a camera leaves: its heads are stopped, within three seconds. */
  forget(camera: string, why: string): Promise<void>;
  /** Stops all that moves and ends all pulses, while the cameras can still be reached; within three seconds, whatever they answer. */
  close(): Promise<void>;
}

const closeWithinMs = 3000;
const nobody: HeadRule = { policy: 'never', returnTo: '' };

/** Opens the control; nothing is sent. */
export function openControl(options: Options, deps: ControlDeps, world: ControlWorld): OpenedControl {
  /** By camera, then by channel: no more than there are channels with a head. */
  const heads = new Map<string, Map<number, Head>>();
  const relays = openRelays(options, world);
  const device = openDeviceActs(world);
  const offsets = (): ReadonlyMap<string, number> => new Map(world.known().map(({ id, session }) => [id, session.clockOffsetMs ?? 0]));
  const told = (camera: string, detail: string): void => deps.clockNews?.(camera, detail);
  /** @throws cameras.unknown, cameras.not-ready, cameras.ptz-none */
  const profileOf = (camera: string, channel: number): string => {
    const found = world.find(camera).profile.channels.find((one) => one.channel.number === channel);
    if (!found?.ptz) throw faults.fault('ptz-none', { detail: `${camera}, channel ${channel}` });
    return found.ptz.profile;
  };
  const reach = async (camera: string, channel: number): Promise<Called<HeadCalls>> => {
    const profile = profileOf(camera, channel);
    const calls = await world.reach(camera);
    return calls.result === 'ok' ? { result: 'ok', value: openHeadCalls(calls.value, profile) } : calls;
  };
  const headOf = ({ camera, channel }: Pick<HeadAsk, 'camera' | 'channel'>): Head => {
    const own = heads.get(camera) ?? new Map<number, Head>();
    const known = own.get(channel);
    if (known) return known;
    profileOf(camera, channel);
    const headDeps = {
      options,
      rule: () => deps.headRule?.(camera) ?? nobody,
      reach: () => reach(camera, channel),
      told: (news: HeadNews) => deps.headNews?.(camera, channel, news),
      closed: world.closed,
    };
    const head = openHead(headDeps, world.env);
    heads.set(camera, own.set(channel, head));
    return head;
  };
  const all = (): readonly Head[] => [...heads.values()].flatMap((own) => [...own.values()]);
  /** Faults of the lookup are outcomes, too: a camera that is not there refuses nobody else. */
  const outcome = async <T>(act: () => Promise<HeadOutcome<T>>): Promise<HeadOutcome<T>> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof BongsuError)) throw error;
      return error.code === 'cameras.ptz-none' ? { result: 'refused', fault: error } : { result: 'failed', fault: error };
    }
  };
  const ask = async <T>(camera: string, channel: number, question: (calls: HeadCalls) => Promise<Called<T>>): Promise<HeadOutcome<T>> => {
    const calls = await reach(camera, channel);
    const called = calls.result === 'ok' ? await question(calls.value) : calls;
    return called.result === 'ok' ? { result: 'done', value: called.value } : { result: 'failed', fault: faultOf(called.failure) };
  };
  /** A camera that does not answer keeps nobody: its own time-out ends what moves. */
  const soon = async (work: Promise<unknown>): Promise<void> => {
    const late = Promise.withResolvers<void>();
    using _timer = world.env.clock.after(closeWithinMs, () => late.resolve());
    await Promise.race([work, late.promise]);
  };
  return {
    drive: (asked, velocity, forMs) => outcome(() => headOf(asked).drive(asked, (calls, lastsMs) => calls.drive(velocity, lastsMs), forMs)),
    goTo: (asked, place) => outcome(() => headOf(asked).send(asked, (calls) => calls.goTo(place))),
    step: (asked, by) => outcome(() => headOf(asked).send(asked, (calls) => calls.step(by))),
    goToPreset: (asked, token) => outcome(() => headOf(asked).send(asked, (calls) => calls.goToPreset(token))),
    goHome: (asked) => outcome(() => headOf(asked).send(asked, (calls) => calls.goHome())),
    stop: (asked, anyones) => outcome(async () => headOf(asked).stop(asked, anyones)),
    presets: (camera, channel) => outcome(() => ask(camera, channel, (calls) => calls.presets())),
    look: (camera, channel) =>
      outcome(async () => {
        const looked = await ask(camera, channel, (calls) => calls.look());
        const holder = heads.get(camera)?.get(channel)?.holder;
        return looked.result === 'done' ? { result: 'done', value: { ...looked.value, holder } } : looked;
      }),
    async release(holder, why) {
      await Promise.all(all().map((head) => head.release(holder, why)));
    },
    relays,
    device,
    clocks: openClockKeeper({ isOn: options.setClocks, toleranceMs: options.clockTolerance }, { offsets, device, told }, world.env),
    async forget(camera, why) {
      await soon(Promise.all([...(heads.get(camera)?.values() ?? [])].map((head) => head.close(why))));
      heads.delete(camera);
    },
    async close() {
      await soon(Promise.all([...all().map((head) => head.close('the gateway stops')), relays.close()]));
    },
  };
}
