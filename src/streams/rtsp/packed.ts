// What lies in a packet for a program that believes it: where its payload begins, and whether the parameter sets in it do harm.
import { hasHarmlessSets, isHarmless } from './picture-size.ts';
import { payloadStart } from './rtp.ts';

/** Under one name, for one reader of it. */
export const packed = { start: payloadStart, isHarmless, hasHarmlessSets };
