// Whether a head rests: two looks some seconds apart that show it idle at the same place.
import type { Env } from '#base';
import type { Axes, HeadCalls, HeadLook } from './calls.ts';

/** Where a head rests; `moving`: it does not; `unsure`: the camera does not say enough, or did not answer. */
export type Rest = { readonly at: Axes } | 'moving' | 'unsure';

const axes = ['pan', 'tilt', 'zoom'] as const;
/** Encoders tremble in the last places that a camera writes. */
const tremble = 0.002;
/** So many looks one after another until a head that travels is believed to be moved by somebody. */
const maxLooks = 10;

/** Whether both places are the same, as far as either says; what one says and the other does not is a difference. */
export function isSamePlace(one: Axes, other: Axes): boolean {
  return axes.every((name) => {
    const [here, there] = [one[name], other[name]];
    return here === undefined || there === undefined ? here === there : Math.abs(here - there) <= tremble;
  });
}

/** What two looks say together. */
export function judgeRest(first: HeadLook, second: HeadLook): Rest {
  if (first.moving === true || second.moving === true) return 'moving';
  if (first.moving === undefined || second.moving === undefined) return 'unsure';
  if (!first.position || !second.position) return 'unsure';
  return isSamePlace(first.position, second.position) ? { at: second.position } : 'moving';
}

/** Looks twice. Rejects with the reason of `signal` alone. */
export async function lookTwice(calls: HeadCalls, apartMs: number, env: Env, signal: AbortSignal): Promise<Rest> {
  const first = await calls.look();
  if (first.result === 'failed') return 'unsure';
  if (first.value.moving !== false || !first.value.position) return judgeRest(first.value, first.value);
  await env.clock.sleep(apartMs, signal);
  const second = await calls.look();
  return second.result === 'ok' ? judgeRest(first.value, second.value) : 'unsure';
}

/** Waits until the head rests, ten looks at most. Rejects with the reason of `signal` alone. */
export async function awaitRest(calls: HeadCalls, apartMs: number, env: Env, signal: AbortSignal): Promise<Rest> {
  let last: HeadLook | undefined;
  for (let look = 0; look < maxLooks; look += 1) {
    const now = await calls.look();
    if (now.result === 'failed' || now.value.moving === undefined || !now.value.position) return 'unsure';
    const rest = last && judgeRest(last, now.value);
    if (typeof rest === 'object') return rest;
    last = now.value;
    await env.clock.sleep(apartMs, signal);
  }
  return 'moving';
}
