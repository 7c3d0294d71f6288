// The hub's commands that move a camera: each under an open stream grant of the same channel, and none without.
import { z } from 'zod';
import type { HeadOutcome } from '#cameras';
import { type Command, idPattern, type Outcome } from '#model';
import type { Actor, CameraActs, HeadOrder, HeadPlace } from './camera-acts.ts';
import { failed, refuse, refuseBody } from './outcomes.ts';

/** What these commands reach. */
export interface PtzCommandDeps {
  readonly cameraActs: Pick<CameraActs, 'actorOf' | 'order' | 'stop' | 'presets'>;
}

const hubOrigin = 'hub';
const head = z.object({ camera: z.string().regex(idPattern), channel: z.int().min(1).max(1024).default(1), grant: z.uuid() });
const axis = z.number().min(-1).max(1).optional();
const moveBody = head
  .extend({
    way: z.enum(['continuous', 'absolute', 'relative']).default('continuous'),
    pan: axis,
    tilt: axis,
    zoom: axis,
    /** Of a continuous move. */
    forMs: z.int().min(100).max(30_000).default(30_000),
  })
  .refine(({ pan, tilt, zoom }) => [pan, tilt, zoom].some((value) => value !== undefined), { message: 'pan, tilt or zoom is missing' })
  .refine(({ way, pan, tilt }) => way !== 'absolute' || (pan === undefined) === (tilt === undefined), {
    message: 'a place has pan and tilt together',
  })
  .refine(({ way, zoom = 0 }) => way !== 'absolute' || zoom >= 0, { message: 'the zoom of a place lies between 0 and 1', path: ['zoom'] });
const presetBody = head
  .extend({ action: z.enum(['go', 'home', 'list']).default('go'), preset: z.string().min(1).max(200).optional() })
  .refine(({ action, preset }) => action !== 'go' || preset !== undefined, { message: 'expected the token of a preset', path: ['preset'] });

/** Moves a head: on and on until it is told otherwise or its time is over, to a place, or by so much. */
export async function movePtz(command: Command, deps: PtzCommandDeps): Promise<Outcome> {
  const parsed = moveBody.safeParse(command.body);
  if (!parsed.success) return refuseBody(command, parsed.error);
  const { camera, channel, grant, way, pan, tilt, zoom, forMs } = parsed.data;
  const axes = { ...(pan !== undefined && { pan }), ...(tilt !== undefined && { tilt }), ...(zoom !== undefined && { zoom }) };
  const order: HeadOrder = way === 'continuous' ? { order: way, axes, forMs } : { order: way, axes };
  return underGrant(command, deps, {
    place: { camera, channel, grant },
    work: (actor, place) => deps.cameraActs.order(actor, place, order),
    tell: (stopsInMs) => (stopsInMs === undefined ? {} : { stopsInMs }),
  });
}

/** Stops what the grant moves; done also when nothing moves. */
export async function stopPtz(command: Command, deps: PtzCommandDeps): Promise<Outcome> {
  const parsed = head.safeParse(command.body);
  if (!parsed.success) return refuseBody(command, parsed.error);
  return underGrant(command, deps, { place: parsed.data, work: (actor, place) => deps.cameraActs.stop(actor, place) });
}

/** Sends a head to one of its presets or home, or tells its presets. */
export async function goToPlace(command: Command, deps: PtzCommandDeps): Promise<Outcome> {
  const parsed = presetBody.safeParse(command.body);
  if (!parsed.success) return refuseBody(command, parsed.error);
  const { action, preset = '', ...place } = parsed.data;
  const { cameraActs } = deps;
  if (action === 'list')
    return underGrant(command, deps, { place, work: (_, at) => cameraActs.presets(at), tell: (presets) => ({ presets }) });
  const order: HeadOrder = action === 'home' ? { order: 'home' } : { order: 'preset', preset };
  return underGrant(command, deps, { place, work: (actor, at) => cameraActs.order(actor, at, order) });
}

interface Ask<T> {
  readonly place: HeadPlace & { readonly grant: string };
  readonly work: (actor: Actor, place: HeadPlace) => Promise<HeadOutcome<T>>;
  /** What the outcome says besides. */
  readonly tell?: (value: T) => Readonly<Record<string, unknown>>;
}

/** Does the work for the holder of an open stream grant of this channel; without one nothing is done. */
async function underGrant<T>(command: Command, { cameraActs }: PtzCommandDeps, { place, work, tell }: Ask<T>): Promise<Outcome> {
  const { grant, camera, channel } = place;
  const actor = await cameraActs.actorOf(grant, { camera, channel }, hubOrigin);
  if (!actor) return refuse(command, 'access.grant-unknown', 'no stream grant of this id is open for this channel');
  const outcome = await work(actor, { camera, channel });
  if (outcome.result === 'refused') return refuse(command, outcome.fault.code, outcome.fault.summary.en);
  if (outcome.result === 'failed') return failed(command, outcome.fault);
  return { id: command.id, result: 'done', grant, ...tell?.(outcome.value) };
}
