// `npm run torture -- NAME [--rounds N] [--json]`: hurts a real gateway in one way and counts what it lost; ends with 0 only when that is nothing.
import { parseArgs } from 'node:util';
import type { Torture, TortureOptions } from './torture.ts';

/** Tortures by name; loaded when asked for. */
const tortures: Readonly<Record<string, () => Promise<Torture>>> = {
  kill: async () => (await import('./kill.ts')).killTorture,
  hub: async () => (await import('./hub.ts')).hubTorture,
  disk: async () => (await import('./disk.ts')).diskTorture,
  cameras: async () => (await import('./cameras.ts')).camerasTorture,
  panel: async () => (await import('./panel.ts')).panelTorture,
};

const usage = `npm run torture -- NAME [--json] [--rounds N] [--outage TIME] [--flap TIME] [--last TIME] [--only SCENARIO]...

  --json           the figures as one JSON object, as the last line
  --rounds N       kill: how often the gateway is killed, 1 to 10000 (default 20)
                   disk: how often the file is damaged, in each way (default 3)
                   panel: how often the adapter is pulled out (default 100)
  --outage TIME    hub: how long the line is down (default 10m), or the broker frozen or half open (default 20s)
  --flap TIME      hub: how long the line flaps, like 30s or 5m (default 5m)
  --last TIME      cameras: how long the hostile ones are among the others (default 3m)
  --only SCENARIO  hub, disk: only this one; may be given again

NAME: ${Object.keys(tortures).join(', ')}`;

interface Flags extends TortureOptions {
  readonly name: string | undefined;
  readonly json: boolean;
}

/** Undefined when the command line cannot be read. */
function readFlags(): Flags | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean' }, rounds: text, outage: text, flap: text, last: text, only: { type: 'string', multiple: true } },
    });
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    if (positionals.length > 1 || (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 10_000)))
      return undefined;
    return {
      name: positionals[0],
      json: values.json ?? false,
      rounds,
      outageMs: millisecondsOf(values.outage),
      flapMs: millisecondsOf(values.flap),
      lastMs: millisecondsOf(values.last),
      only: values.only ?? [],
      tell: (line) => console.error(line),
    };
  } catch {
    return undefined;
  }
}

function millisecondsOf(time: string | undefined): number | undefined {
  if (time === undefined) return undefined;
  const [, count, unit] = /^(\d{1,6})([sm])$/.exec(time) ?? [];
  if (count === undefined) throw new Error(`not a time: ${time}`);
  return Number(count) * (unit === 'm' ? 60_000 : 1000);
}

async function hurt(torture: Torture, flags: Flags): Promise<void> {
  const { figures, stood } = await torture(flags);
  console.log(JSON.stringify(figures, undefined, flags.json ? undefined : 2));
  process.exitCode = stood ? 0 : 1;
}

const flags = readFlags();
const load = flags?.name !== undefined && Object.hasOwn(tortures, flags.name) ? tortures[flags.name] : undefined;
if (flags && load) await hurt(await load(), flags);
else if (flags && flags.name === undefined) console.log(usage);
else {
  console.error(usage);
  process.exitCode = 2;
}
