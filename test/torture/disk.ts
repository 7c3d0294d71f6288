// Everything a disk can do to a gateway: full, erring, silent, its file cut off, bits flipped, its log gone; what is lost is counted, and that it was told.
import { type DamageFigures, flipped, playDamage, seeded, truncated, withoutLog } from './disk-damage.ts';
import { playFault } from './disk-eio.ts';
import { playFull } from './disk-full.ts';
import type { Ordeal, TortureOptions } from './torture.ts';

/** How much is done to the disk. */
export interface DiskOptions extends Pick<TortureOptions, 'only' | 'rounds' | 'seed' | 'tell'> {
  /** How long the senders send before and after a blow; default 2 s. */
  readonly sendMs?: number;
}

/** How one scene is played. */
interface Playing {
  readonly rounds: number;
  readonly seed: number;
  readonly sendMs: number;
}

type Scene = (playing: Playing) => Promise<{ readonly stood: boolean }>;

const defaultRounds = 3;

const syncs = ['fdatasync', 'fsync'];

const scenes: Readonly<Record<string, Scene>> = {
  full: () => playFull(),
  eio: () => playFault({ calls: [...syncs, 'pwrite64'], fault: 'error=EIO', lastsMs: 8000 }),
  hung: () => playFault({ calls: syncs, fault: 'delay_enter=8000000', lastsMs: 12_000 }),
  truncated: (playing) => playRounds(playing, truncated),
  flipped: (playing) => playRounds({ ...playing, rounds: 2 * playing.rounds }, flipped),
  'wal-removed': ({ sendMs }) => playDamage(withoutLog, { sendMs }),
};

/** One blow for each round, each with a seed of its own that is told. */
async function playRounds({ rounds, seed, sendMs }: Playing, damageOf: (random: () => number) => Parameters<typeof playDamage>[0]) {
  const all: (DamageFigures & { seed: number })[] = [];
  for (let round = 0; round < rounds; round += 1) {
    all.push({ seed: seed + round, ...(await playDamage(damageOf(seeded(seed + round)), { sendMs })) });
  }
  return { rounds: all, stood: all.every(({ stood }) => stood) };
}

/** The torture `disk`: plays the scenes one by one; a scene that ends in an error is told and does not end the others. */
export async function diskTorture({ only, rounds = defaultRounds, tell, ...options }: DiskOptions): Promise<Ordeal> {
  const unknown = only.find((name) => !Object.hasOwn(scenes, name));
  if (unknown !== undefined) throw new Error(`no such scenario: ${unknown}; there are ${Object.keys(scenes).join(', ')}`);
  const playing = { rounds, seed: options.seed ?? Math.floor(Math.random() * 1e6), sendMs: options.sendMs ?? 2000 };
  const figures: Record<string, unknown> = {};
  let stood = true;
  for (const [name, play] of Object.entries(scenes)) {
    if (only.length > 0 && !only.includes(name)) continue;
    tell(`${name} …`);
    const result = await play(playing).catch((error: unknown) => ({ stood: false, error: String(error) }));
    figures[name] = result;
    stood &&= result.stood;
    tell(JSON.stringify(result));
  }
  return { figures, stood };
}
