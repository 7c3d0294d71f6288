// The door of base: mechanism without meaning.
export { openBackoff } from './backoff.ts';
export { type Breath, openBreath } from './breath.ts';
export { type Clock, plausibleFromMs, systemClock } from './clock.ts';
export { authorize, type Challenge, chooseChallenge, type Login } from './digest.ts';
export { type Env, systemEnv } from './env.ts';
export {
  BongsuError,
  faultTable,
  isSameText,
  type Language,
  messageOf,
  sameText,
  type Text,
  troubleOf,
  withHint,
} from './errors.ts';
export { type Hours, hoursOption, isWithinHours } from './hours.ts';
export { nodeHttp } from './http.ts';
export { type Log, openLog } from './log.ts';
export { type BoundedQueue, openQueue } from './queue.ts';
export { type Random, systemRandom, uuidv7 } from './random.ts';
export { isCalendar, type Job, schedule } from './schedule.ts';
export { openSealer, type Sealer } from './seal.ts';
export { type ResolvedSecret, resolvedSecret, type Secret, type SecretReference, secretOption } from './secret.ts';
export { isAbort, runServices, type Service, untilAborted } from './service.ts';
export {
  durationOption,
  durationText,
  formatDuration,
  formatRate,
  parseDuration,
  parseSize,
  rateOption,
  sizeOption,
  statedDuration,
  statedRate,
} from './units.ts';
