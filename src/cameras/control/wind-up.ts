// What follows the last order: Stop, said until the camera has heard it, and the way back to where the head belongs.
import { BongsuError, type Env, messageOf } from '#base';
import { faultOf } from '../faults.ts';
import type { Slots } from '../slots.ts';
import { faults } from './faults.ts';
import type { HeadDeps, HeadNews } from './head-deps.ts';
import type { Hold } from './hold.ts';
import { awaitRest, isSamePlace } from './rest.ts';

const stopTries = 3;
const stopAgainMs = 300;

/** Says Stop, three times at most; then the camera's own time-out must do. Undefined when it was heard. */
export async function sayStop(deps: Pick<HeadDeps, 'reach' | 'closed'>, env: Env): Promise<BongsuError | undefined> {
  let fault: BongsuError | undefined;
  for (let left = stopTries; left > 0; left -= 1) {
    try {
      const reached = await deps.reach();
      const called = reached.result === 'ok' ? await reached.value.stop() : reached;
      if (called.result === 'ok') return undefined;
      fault = faultOf(called.failure);
      if (left > 1) await env.clock.sleep(stopAgainMs, deps.closed);
    } catch (error) {
      return error instanceof BongsuError ? error : faults.fault('act-failed', { cause: error, detail: messageOf(error) });
    }
  }
  return fault;
}

type Told = Omit<HeadNews, 'holder'>;

/**
 * Sends the head where it belongs, if it rests where the holder left it. Undefined when there is nothing to tell: it stays by rule, or somebody else
 * took it meanwhile (`signal`).
 */
export async function returnHead(
  held: Pick<Hold, 'rest'>,
  deps: Pick<HeadDeps, 'reach' | 'rule' | 'options'>,
  { turns, signal }: { readonly turns: Slots; readonly signal: AbortSignal },
  env: Env,
): Promise<Told | undefined> {
  const { policy, returnTo } = deps.rule();
  if (returnTo === '' || policy === 'never') return undefined;
  const notBack = (detail: string): Told => ({ act: 'ptz.not-returned', detail });
  try {
    const reached = await deps.reach();
    if (reached.result === 'failed') return notBack('the camera does not answer');
    const calls = reached.value;
    const rest = await awaitRest(calls, deps.options.idleLook, env, signal);
    if (rest === 'moving') return notBack('somebody else moves it');
    if (rest === 'unsure' && policy === 'idle-only') return notBack('the camera does not say whether it rests');
    if (typeof rest === 'object' && typeof held.rest === 'object' && !isSamePlace(rest.at, held.rest.at))
      return notBack('somebody else has moved it');
    using _turn = await turns.take(signal);
    signal.throwIfAborted();
    const called = returnTo === 'home' ? await calls.goHome() : await calls.goToPreset(returnTo);
    return called.result === 'ok' ? { act: 'ptz.returned', detail: returnTo } : notBack(faultOf(called.failure).message);
  } catch (error) {
    return signal.aborted ? undefined : notBack(messageOf(error));
  }
}
