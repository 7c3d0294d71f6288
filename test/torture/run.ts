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
  bus: async () => (await import('./bus.ts')).busTorture,
  rtsp: async () => (await import('./rtsp.ts')).rtspTorture,
  sessions: async () => (await import('./sessions.ts')).sessionsTorture,
};

const usage = `npm run torture -- NAME [--json] [--rounds N] [--outage TIME] [--flap TIME] [--last TIME]
                       [--messages N] [--seed S] [--only SCENARIO]...

  --json           the figures as one JSON object, as the last line
  --rounds N       kill: how often the gateway is killed, 1 to 10000 (default 20)
                   disk: how often the file is damaged, in each way (default 3)
                   panel, bus: how often the adapter is pulled out (default 100)
                   sessions: how many are opened (default 10000)
  --outage TIME    hub: how long the line is down (default 10m), or the broker frozen or half open (default 20s)
  --flap TIME      hub: how long the line flaps, like 30s or 5m (default 5m)
  --last TIME      cameras: how long the hostile ones are among the others (default 3m)
                   rtsp: how long strangers are at a real media process (default 1m)
  --messages N     rtsp: how many broken messages are read, 1000 to 100000000 (default 1000000)
  --seed S         disk, rtsp: 0 to 4294967295; the same blows for the same (default: drawn; rtsp: the day's)
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
      options: {
        json: { type: 'boolean' },
        rounds: text,
        outage: text,
        flap: text,
        last: text,
        messages: text,
        seed: text,
        only: { type: 'string', multiple: true },
      },
    });
    if (positionals.length > 1) return undefined;
    return {
      name: positionals[0],
      json: values.json ?? false,
      rounds: wholeOf(values.rounds, 1, 10_000),
      outageMs: millisecondsOf(values.outage),
      flapMs: millisecondsOf(values.flap),
      lastMs: millisecondsOf(values.last),
      messages: wholeOf(values.messages, 1_000, 100_000_000),
      seed: wholeOf(values.seed, 0, 2 ** 32 - 1),
      only: values.only ?? [],
      tell: (line) => console.error(line),
    };
  } catch {
    return undefined;
  }
}

/** Throws when it is none within the range. */
function wholeOf(text: string | undefined, min: number, max: number): number | undefined {
  const value = text === undefined ? undefined : Number(text);
  if (value !== undefined && !(Number.isInteger(value) && value >= min && value <= max)) throw new Error(`not a number: ${text}`);
  return value;
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
