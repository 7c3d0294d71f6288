// The door of the personalities.
export { type PersonalityName, personalities, personalityNames } from './all.ts';
export type { CameraLogin, Personality, ProfilePlan, Quirks } from './personality.ts';
