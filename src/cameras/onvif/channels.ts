// A camera's profiles as channels: one per video source under a number that stays, with the profiles for its main and its sub stream.
import type { Channel, Quality } from '#model';
import type { Profile } from './profiles.ts';

/** What a stream should be. */
export interface StreamRule {
  /** Codec that goes before all others; `any`: H.264 and H.265 alike, before JPEG. */
  readonly codec: 'any' | 'h264' | 'h265' | 'jpeg';
  /** Profiles beyond it are taken only where there is none within. */
  readonly maxPixels: number;
  /** Kilobits a second; a profile that does not tell its own passes. */
  readonly maxKbps: number;
}

/** Which profiles a person has chosen for one channel, by token or by name. */
export type ChosenProfiles = Readonly<Partial<Record<Quality, string>>>;

/** How the streams of a camera are chosen. */
export interface StreamChoice {
  readonly rules: Readonly<Record<Quality, StreamRule>>;
  /** By number of the channel. */
  readonly chosen: ReadonlyMap<number, ChosenProfiles>;
}

/** A video source. */
export interface VideoChannel {
  readonly channel: Channel;
  /** Token of the video source. */
  readonly source: string;
  /** Tokens by which events name this channel: the source and its configurations. */
  readonly tokens: readonly string[];
  readonly profiles: Readonly<Record<Quality, Profile>>;
  /** What moves it: the profile by which it is asked, and the token of its head. */
  readonly ptz: { readonly profile: string; readonly configuration: string; readonly node: string } | undefined;
  /** Choices of a person that name no profile of this channel. */
  readonly unmet: readonly string[];
}

const maxChannels = 128;

/** The rules without a configuration: the largest main stream, and a sub stream of at most 1280 × 720. */
export const plainChoice: StreamChoice = {
  rules: {
    main: { codec: 'any', maxPixels: Number.MAX_SAFE_INTEGER, maxKbps: Number.MAX_SAFE_INTEGER },
    sub: { codec: 'any', maxPixels: 921_600, maxKbps: Number.MAX_SAFE_INTEGER },
  },
  chosen: new Map(),
};

/**
 * The numbers of video sources: a source that is known keeps its number for ever, a new one gets the next that never was. Where none of
 * them is known (another camera, or a firmware that names them anew) they are numbered from 1.
 */
export function numberSources(sources: readonly string[], known: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const kept = sources.some((source) => known.has(source)) ? new Map(known) : new Map<string, number>();
  let last = Math.max(0, ...kept.values());
  for (const source of sources) {
    if (kept.has(source)) continue;
    last += 1;
    kept.set(source, last);
  }
  return kept;
}

/** One channel per video source in order of their numbers, at most 128. */
export function chooseChannels(
  profiles: readonly Profile[],
  choice: StreamChoice,
  known: ReadonlyMap<string, number>,
): { readonly channels: readonly VideoChannel[]; readonly numbers: ReadonlyMap<string, number> } {
  const sources = [...Map.groupBy(profiles, (profile) => profile.source)].slice(0, maxChannels);
  const numbers = numberSources(
    sources.map(([source]) => source),
    known,
  );
  const channels = sources.flatMap(([source, own]) => openChannel({ source, own, number: numbers.get(source) ?? 0 }, choice) ?? []);
  return { channels: channels.toSorted((a, b) => a.channel.number - b.channel.number), numbers };
}

function openChannel(
  { source, own, number }: { readonly source: string; readonly own: readonly Profile[]; readonly number: number },
  choice: StreamChoice,
): VideoChannel | undefined {
  const chosen = choice.chosen.get(number) ?? {};
  const named = (quality: Quality): Profile | undefined =>
    own.find(({ token, name }) => chosen[quality] !== undefined && [token, name].includes(chosen[quality]));
  const main = named('main') ?? chooseMain(own, choice.rules.main);
  if (!main) return undefined;
  const sub = named('sub') ?? chooseSub(own, main, choice.rules.sub);
  const mover = own.find((profile) => profile.ptz);
  const name = main.sourceName || main.name;
  return {
    channel: {
      number,
      name: name.slice(0, 100) || `${number}`,
      codecs: [...new Set(own.map(({ encoding }) => encoding))].toSorted(),
      ptz: mover !== undefined,
    },
    source,
    tokens: [...new Set([source, ...own.map((profile) => profile.sourceConfiguration)])],
    profiles: { main, sub },
    ptz: mover?.ptz && { profile: mover.token, ...mover.ptz },
    unmet: (['main', 'sub'] as const).flatMap((quality) => (chosen[quality] !== undefined && !named(quality) ? chosen[quality] : [])),
  };
}

/** Within the rule: its codec first, then the most pixels, then the most pictures. Beyond it: the smallest. */
function chooseMain(own: readonly Profile[], rule: StreamRule): Profile | undefined {
  const ranked = own.toSorted((a, b) => rank(b, rule) - rank(a, rule) || pixels(b) - pixels(a) || b.rate - a.rate);
  return ranked.find((profile) => fits(profile, rule)) ?? own.toSorted((a, b) => rank(b, rule) - rank(a, rule) || pixels(a) - pixels(b))[0];
}

/** Another profile than the main one, chosen alike; the main one where there is no other. JPEG beside H.264 or H.265 only when it is asked for. */
function chooseSub(own: readonly Profile[], main: Profile, rule: StreamRule): Profile {
  const isAlike = (profile: Profile): boolean => rule.codec === 'jpeg' || (profile.encoding === 'JPEG') === (main.encoding === 'JPEG');
  return (
    chooseMain(
      own.filter((profile) => profile !== main && isAlike(profile)),
      rule,
    ) ?? main
  );
}

function fits(profile: Profile, rule: StreamRule): boolean {
  return pixels(profile) <= rule.maxPixels && profile.kbps <= rule.maxKbps;
}

function rank({ encoding }: Profile, { codec }: StreamRule): number {
  if (encoding.toLowerCase() === codec) return 2;
  return encoding === 'JPEG' ? 0 : 1;
}

function pixels({ width, height }: Profile): number {
  return width * height;
}
