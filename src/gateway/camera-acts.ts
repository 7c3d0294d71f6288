// The story of acts on cameras: each is on the audit before it is done, and what a camera's head does by itself is written down behind it.
import type { Access } from '#access';
import { type Env, messageOf } from '#base';
import type { CameraControl, CamerasDeps, HeadOutcome } from '#cameras';
import type { Device } from '#model';
import { insist } from './insist.ts';

/** Where a head points, or how it moves: pan, tilt, zoom. */
export type Axes = Parameters<CameraControl['drive']>[1];

/** A channel of a camera. */
export interface HeadPlace {
  readonly camera: string;
  readonly channel: number;
}

/** What a head is told. */
export type HeadOrder =
  | { readonly order: 'continuous'; readonly axes: Axes; readonly forMs: number }
  | { readonly order: 'absolute' | 'relative'; readonly axes: Axes }
  | { readonly order: 'preset'; readonly preset: string }
  | { readonly order: 'home' };

/** Who acts: `holder` as the control tells holders apart, `by` as the audit names people. */
export interface Actor {
  readonly holder: string;
  readonly by: string;
  /** What remains of the grant. */
  readonly remainingMs?: number;
}

/** Acts on cameras. What writes on the audit rejects with the store's faults, and then nothing is done. */
export interface CameraActs {
  /** The hub under a grant of its own; undefined when no such stream grant of this channel is open. */
  actorOf(grant: string, place: HeadPlace, origin: string): Promise<Actor | undefined>;
  /** `value`: of a continuous move, the milliseconds after which it stops by itself. */
  order(actor: Actor, place: HeadPlace, order: HeadOrder): Promise<HeadOutcome<number | undefined>>;
  /** Never waits for the audit. `anyones`: also what another holds. */
  stop(actor: Actor, place: HeadPlace, anyones?: boolean): Promise<HeadOutcome>;
  presets(place: HeadPlace): ReturnType<CameraControl['presets']>;
  /** Something else that a person does to a camera: on the audit, then done. */
  person<T>(
    by: string,
    act: { readonly act: string; readonly camera: string; readonly detail: string },
    work: () => Promise<T>,
  ): Promise<T>;
  /** A grant has ended: what it moved is stopped. */
  grantEnded(grant: string): void;
}

/** What the acts reach. */
export interface CameraActsDeps {
  readonly access: Pick<Access, 'account' | 'openGrant'>;
  readonly control: CameraControl;
}

/** Opens the acts. */
export function openCameraActs({ access, control }: CameraActsDeps, env: Env): CameraActs {
  return {
    async actorOf(id, { camera, channel }, origin) {
      const grant = await access.openGrant(id);
      // Who may not see where the camera looks may not turn it.
      const hasPictures = grant?.form === 'stream' && grant.quality !== 'metadata';
      const isOwn = hasPictures && grant.device === camera && grant.channel === channel && grant.origin === origin;
      if (!isOwn) return undefined;
      return { holder: holderOf(id), by: `${origin}:${grant.request.recipient.person}`, remainingMs: grant.remainingMs };
    },
    async order(actor, place, order) {
      const { camera, channel } = place;
      await access.account({
        act: `ptz.${order.order}`,
        by: actor.by,
        subject: `${camera}/${channel}`,
        detail: `${actor.holder}: ${wordsOf(order)}`,
      });
      return carryOut(control, { ...place, ...actor }, order);
    },
    stop: (actor, place, anyones) => control.stop({ ...place, ...actor }, anyones),
    presets: ({ camera, channel }) => control.presets(camera, channel),
    async person(by, { act, camera, detail }, work) {
      await access.account({ act, by, subject: camera, detail });
      return work();
    },
    grantEnded(grant) {
      control
        .release(holderOf(grant), 'its grant ended')
        .catch((error: unknown) => env.log.error({ grant, error: messageOf(error) }, 'what a grant moved could not be stopped'));
    },
  };
}

function carryOut(control: CameraControl, ask: HeadPlace & Actor, order: HeadOrder): Promise<HeadOutcome<number | undefined>> {
  switch (order.order) {
    case 'continuous':
      return control.drive(ask, order.axes, order.forMs);
    case 'absolute':
      return control.goTo(ask, order.axes);
    case 'relative':
      return control.step(ask, order.axes);
    case 'preset':
      return control.goToPreset(ask, order.preset);
    case 'home':
      return control.goHome(ask);
  }
}

function holderOf(grant: string): string {
  return `grant:${grant}`;
}

function wordsOf(order: HeadOrder): string {
  if (order.order === 'home') return 'home';
  if (order.order === 'preset') return order.preset;
  const axes = Object.entries(order.axes).map(([axis, value]) => `${axis} ${value}`);
  return order.order === 'continuous' ? `${axes.join(' ')} for ${order.forMs} ms at most` : axes.join(' ');
}

type ControlDeps = Required<Pick<CamerasDeps, 'headRule' | 'headNews' | 'clockNews'>>;

/** What the control of cameras is handed: the site's rule for each head, and where its own doings are written down. */
export function controlDeps(find: (id: string) => Device | undefined, access: Pick<Access, 'account'>, env: Env): ControlDeps {
  return {
    headRule(camera) {
      const { ptz = 'never', ptzReturn = '' } = find(camera) ?? {};
      return { policy: ptz, returnTo: ptzReturn };
    },
    headNews(camera, channel, { act, holder, detail }) {
      const row = { act, by: 'gateway', subject: `${camera}/${channel}`, detail: `${holder}: ${detail}` };
      void insist(() => access.account(row), `what the head of ${camera} did`, env);
    },
    clockNews(camera, detail) {
      const row = { act: 'camera.set-clock', by: 'gateway', subject: camera, detail };
      void insist(() => access.account(row), `the clock of ${camera}`, env);
    },
  };
}
