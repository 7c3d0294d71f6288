// The technician's story of acts on cameras: to move, to switch, to restart, to set; each on the audit in his name.
import type { Env } from '#base';
import type { Cameras, HeadOutcome } from '#cameras';
import type { CallContext, ControlHandlers, Input, Result } from '#control';
import type { Device } from '#model';
import type { Registry } from '#registry';
import type { Actor, Axes, CameraActs, HeadOrder, HeadPlace } from './camera-acts.ts';
import { faults } from './faults.ts';

/** What these handlers reach. */
export interface TechnicianActsDeps {
  readonly cameras: Pick<Cameras, 'control'>;
  readonly cameraActs: CameraActs;
  readonly registry: Pick<Registry, 'find' | 'update'>;
}

/** The operations that do something to a camera. */
export type ActHandlers = Pick<
  ControlHandlers,
  Extract<keyof ControlHandlers, `camera.ptz${string}` | `camera.relay${string}` | 'camera.reboot' | 'camera.clock'>
>;

/** One handler for each operation. */
export function openTechnicianActs({ cameras, cameraActs, registry }: TechnicianActsDeps, env: Env): ActHandlers {
  const { relays, device } = cameras.control;
  /** @throws gateway.not-a-camera */
  const requireCamera = (id: string): Device => {
    const found = registry.find(id);
    if (found?.type !== 'camera') throw faults.fault('not-a-camera', { detail: id });
    return found;
  };
  const order = async (
    { id, channel }: { id: string; channel: number },
    { origin }: CallContext,
    what: HeadOrder,
  ): Promise<Record<string, never>> => {
    requireCamera(id);
    good(await cameraActs.order(actorOf(origin), { camera: id, channel }, what));
    return {};
  };
  return {
    'camera.ptz': async ({ id, channel }) => {
      const { ptz = 'never', ptzReturn = '' } = requireCamera(id);
      const look = await cameras.control.look(id, channel);
      const presets = await cameraActs.presets({ camera: id, channel });
      const seen = look.result === 'done' ? look.value : undefined;
      const { holder, moving, position } = seen ?? {};
      // The policy is told also of a camera that is away, or that has presets or a status, but not both.
      const failed = look.result !== 'done' && presets.result !== 'done' ? look.fault : undefined;
      const problem = failed && { message: failed.text, hint: failed.hint };
      return {
        policy: ptz,
        returnTo: ptzReturn,
        holder,
        moving,
        position,
        presets: presets.result === 'done' ? presets.value : [],
        problem,
      };
    },
    'camera.ptz-policy': async ({ id, policy, ptzReturn }, { origin }) => {
      requireCamera(id);
      const act = {
        act: 'ptz.policy',
        camera: id,
        detail: ptzReturn === undefined ? policy : `${policy}, returns to ${ptzReturn || 'nothing'}`,
      };
      const patch = { ptz: policy, ...(ptzReturn !== undefined && { ptzReturn }) };
      const changed = await cameraActs.person(origin, act, () => registry.update(id, patch));
      return { policy: changed.ptz ?? 'never', returnTo: changed.ptzReturn ?? '' };
    },
    'camera.ptz-drive': (input, context) => {
      requireCamera(input.id);
      return drive(input, context, cameraActs, env);
    },
    'camera.ptz-move': ({ way, ...input }, context) => order(input, context, { order: way, axes: axesOf(input) }),
    'camera.ptz-go': async ({ preset, ...input }, context) => {
      if (preset === undefined) return order(input, context, { order: 'home' });
      const known = good(await cameraActs.presets({ camera: input.id, channel: input.channel }));
      const meant = known.find(({ token }) => token === preset) ?? known.find(({ name }) => name === preset);
      return order(input, context, { order: 'preset', preset: meant?.token ?? preset });
    },
    'camera.ptz-stop': async ({ id, channel }, { origin }) => {
      requireCamera(id);
      const actor = actorOf(origin);
      good(await cameraActs.stop(actor, { camera: id, channel }, true));
      await cameras.control.release(actor.holder, 'the technician is done');
      return {};
    },
    'camera.relays': async ({ id }) => ({ relays: await relays.list(requireCamera(id).id) }),
    'camera.relay-set': async ({ id, relay, state, forMs, reason }, { origin }) => {
      requireCamera(id);
      const length = state === 'pulse' ? ` ${forMs} ms` : '';
      await cameraActs.person(origin, { act: `relay.${state}`, camera: id, detail: `${relay}${length}: ${reason}` }, () =>
        state === 'pulse' ? relays.pulse(id, relay, forMs) : relays.set(id, relay, state === 'on'),
      );
      return {};
    },
    'camera.reboot': async ({ id, reason }, { origin }) => {
      requireCamera(id);
      await cameraActs.person(origin, { act: 'camera.reboot', camera: id, detail: reason }, () => device.reboot(id));
      return {};
    },
    'camera.clock': async ({ id, set }, { origin }): Promise<Result<'camera.clock'>> => {
      requireCamera(id);
      if (!set) return { clock: await device.clock(id) };
      const told = await cameraActs.person(origin, { act: 'camera.set-clock', camera: id, detail: '' }, () => device.setClock(id));
      return { clock: told.after, before: told.before };
    },
  };
}

function actorOf(origin: string): Actor {
  return { holder: origin, by: origin };
}

function axesOf({ pan, tilt, zoom }: Pick<Input<'camera.ptz-move'>, 'pan' | 'tilt' | 'zoom'>): Axes {
  return { ...(pan !== undefined && { pan }), ...(tilt !== undefined && { tilt }), ...(zoom !== undefined && { zoom }) };
}

/** Tells it to go on for as long as the asker stays, so that nothing moves when he is gone. */
async function* drive(
  { id, channel, forMs, ...input }: Input<'camera.ptz-drive'>,
  { origin, signal }: CallContext,
  acts: CameraActs,
  env: Env,
): AsyncGenerator<Result<'camera.ptz-drive'>> {
  const actor = actorOf(origin);
  const place: HeadPlace = { camera: id, channel };
  const endsAtMs = env.clock.monotonicMs() + forMs;
  let isFirst = true;
  try {
    for (let leftMs = forMs; leftMs > 0 && !signal.aborted; leftMs = endsAtMs - env.clock.monotonicMs()) {
      const stopsInMs = good(await acts.order(actor, place, { order: 'continuous', axes: axesOf(input), forMs: leftMs })) ?? 0;
      if (isFirst) yield { stopsInMs };
      isFirst = false;
      const isLast = stopsInMs >= leftMs;
      await env.clock.sleep(isLast ? leftMs : stopsInMs / 2, signal).catch(() => {});
      if (isLast) break;
    }
  } finally {
    if (!isFirst) good(await acts.stop(actor, place));
  }
  yield { ended: true };
}

function good<T>(outcome: HeadOutcome<T>): T {
  if (outcome.result !== 'done') throw outcome.fault;
  return outcome.value;
}
