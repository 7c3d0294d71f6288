// Everything a hub and the way to it can do to a gateway: after each scene all that was answered is there, soon, and the memory has stayed small.

import { scenes } from './hub-scenes.ts';
import type { SceneFigures } from './hub-stage.ts';
import type { Ordeal, TortureOptions } from './torture.ts';

/** What each lasts unless it is said: the line is down and flaps long enough for a queue in memory to show. */
const usualMs = { outage: 20_000, down: 600_000, flap: 300_000 };
const backWithinSeconds = 30;
/** A busy gateway takes some 200 MiB, whatever its backlog; a queue that grows in memory would pass this within minutes. */
const memoryLimitMiB = 250;

/** The torture `hub`: plays the scenes one by one; a scene that ends in an error is told and does not end the others. */
export async function hubTorture({ outageMs, flapMs, only, tell }: Omit<TortureOptions, 'rounds'>): Promise<Ordeal> {
  const times = { outageMs: outageMs ?? usualMs.outage, downMs: outageMs ?? usualMs.down, flapMs: flapMs ?? usualMs.flap };
  const unknown = only.find((name) => !Object.hasOwn(scenes, name));
  if (unknown !== undefined) throw new Error(`no such scenario: ${unknown}; there are ${Object.keys(scenes).join(', ')}`);
  const figures: Record<string, unknown> = {};
  let stood = true;
  for (const [name, play] of Object.entries(scenes)) {
    if (only.length > 0 && !only.includes(name)) continue;
    tell(`${name} …`);
    const result = await play(times).then(judged, (error: unknown) => ({ stood: false, error: String(error) }));
    figures[name] = result;
    stood &&= result.stood;
    tell(JSON.stringify(result));
  }
  return { figures, stood };
}

function judged(figures: SceneFigures): SceneFigures & { stood: boolean } {
  const { answeredButLost, duplicatesAfterId, orderBroken, backSeconds, rssPeakMiB } = figures;
  const isWhole = answeredButLost + duplicatesAfterId + orderBroken === 0;
  return { ...figures, stood: isWhole && backSeconds <= backWithinSeconds && rssPeakMiB <= memoryLimitMiB };
}
