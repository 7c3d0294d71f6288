// All personalities by name.
import { avigilon } from './avigilon.ts';
import { axis } from './axis.ts';
import { bosch } from './bosch.ts';
import { dahua } from './dahua.ts';
import { hanwha } from './hanwha.ts';
import { hikvision } from './hikvision.ts';
import type { Personality } from './personality.ts';
import { plain, recorder } from './plain.ts';
import { reolink } from './reolink.ts';
import { tapo } from './tapo.ts';

/** The personalities that a camera can have. */
export const personalities = {
  plain,
  hanwha,
  hikvision,
  dahua,
  axis,
  bosch,
  avigilon,
  reolink,
  tapo,
  nvr: recorder,
} as const satisfies Record<string, Personality>;

export type PersonalityName = keyof typeof personalities;

/** Their names. */
export const personalityNames = Object.keys(personalities) as readonly PersonalityName[];
