// `npm run bench -- NAME [--json]`: measures one part of the house on this machine, on real parts; what each figure means is printed beside it.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, Value } from './bench.ts';

/** Benches by name; loaded when asked for. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  outbox: async () => (await import('./outbox.ts')).outboxBench,
  backlog: async () => (await import('./backlog.ts')).backlogBench,
  discovery: async () => (await import('./discovery.ts')).discoveryBench,
  cameras: async () => (await import('./cameras.ts')).camerasBench,
  relay: async () => (await import('./relay.ts')).relayBench,
  'first-picture': async () => (await import('./first-picture.ts')).firstPictureBench,
  mixed: async () => (await import('./mixed.ts')).mixedBench,
  sensors: async () => (await import('./sensors.ts')).sensorsBench,
};

const usage = `npm run bench -- NAME [--json] [--brief] [--rows N] [--folder PATH]

  --json         the figures as one JSON object, as the last line
  --brief        a tenth of the time: shows that the bench runs, its figures prove nothing
  --rows N       of backlog: so many rows wait, 20000 to 10000000 (default 2000000, a tenth of it with --brief)
  --cameras N    of cameras: so many pull points, 10 to 10000 (default 4000, a tenth of it with --brief)
  --folder PATH  measure the disk that holds PATH (default /var/tmp)

NAME: ${Object.keys(benches).join(', ')}`;

interface Flags {
  readonly name: string | undefined;
  readonly json: boolean;
  readonly brief: boolean;
  readonly rows: number | undefined;
  readonly cameras: number | undefined;
  readonly folder: string;
}

/** Undefined when the command line cannot be read. */
function readFlags(): Flags | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        brief: { type: 'boolean' },
        rows: { type: 'string' },
        cameras: { type: 'string' },
        folder: { type: 'string' },
      },
    });
    const rows = values.rows === undefined ? undefined : Number(values.rows);
    const areRows = rows === undefined || (Number.isInteger(rows) && rows >= 20_000 && rows <= 10_000_000);
    const cameras = values.cameras === undefined ? undefined : Number(values.cameras);
    const areCameras = cameras === undefined || (Number.isInteger(cameras) && cameras >= 10 && cameras <= 10_000);
    if (positionals.length > 1 || !areRows || !areCameras) return undefined;
    const { json = false, brief = false, folder = '/var/tmp' } = values;
    return { name: positionals[0], json, brief, rows, cameras, folder };
  } catch {
    return undefined;
  }
}

async function measure(bench: Bench, { json, brief, rows, cameras, folder }: Flags): Promise<void> {
  const ours = await mkdtemp(join(folder, 'bongsu-bench-'));
  try {
    const figures = await bench.run({ folder: ours, timeScale: brief ? 0.1 : 1, rows, cameras, tell: (text) => console.error(text) });
    if (json) console.log(JSON.stringify(figures));
    else
      for (const [name, value] of Object.entries(figures))
        console.log(`${name.padEnd(24)}${textOf(value).padStart(10)}  ${bench.figures[name]}`);
  } finally {
    await rm(ours, { recursive: true, force: true });
  }
}

function textOf(value: Value): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

const flags = readFlags();
const load = flags?.name !== undefined && Object.hasOwn(benches, flags.name) ? benches[flags.name] : undefined;
if (flags && load) await measure(await load(), flags);
else if (flags && flags.name === undefined) console.log(usage);
else {
  console.error(usage);
  process.exitCode = 2;
}
