// `npm run bench -- NAME [--json]`: measures one part of the house on this machine, on real parts; what each figure means is printed beside it.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench } from './bench.ts';

/** Benches by name; loaded when asked for. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  outbox: async () => (await import('./outbox.ts')).outboxBench,
};

const usage = `npm run bench -- NAME [--json] [--brief] [--folder PATH]

  --json         the figures as one JSON object, as the last line
  --brief        a tenth of the time: shows that the bench runs, its figures prove nothing
  --folder PATH  measure the disk that holds PATH (default /var/tmp)

NAME: ${Object.keys(benches).join(', ')}`;

interface Flags {
  readonly name: string | undefined;
  readonly json: boolean;
  readonly brief: boolean;
  readonly folder: string;
}

/** Undefined when the command line cannot be read. */
function readFlags(): Flags | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean' }, brief: { type: 'boolean' }, folder: { type: 'string' } },
    });
    if (positionals.length > 1) return undefined;
    return { name: positionals[0], json: values.json ?? false, brief: values.brief ?? false, folder: values.folder ?? '/var/tmp' };
  } catch {
    return undefined;
  }
}

async function measure(bench: Bench, { json, brief, folder }: Flags): Promise<void> {
  const ours = await mkdtemp(join(folder, 'bongsu-bench-'));
  try {
    const figures = await bench.run({ folder: ours, timeScale: brief ? 0.1 : 1, tell: (text) => console.error(text) });
    if (json) console.log(JSON.stringify(figures));
    else
      for (const [name, value] of Object.entries(figures))
        console.log(`${name.padEnd(24)}${String(value).padStart(10)}  ${bench.figures[name]}`);
  } finally {
    await rm(ours, { recursive: true, force: true });
  }
}

const flags = readFlags();
const load = flags?.name !== undefined && Object.hasOwn(benches, flags.name) ? benches[flags.name] : undefined;
if (flags && load) await measure(await load(), flags);
else if (flags && flags.name === undefined) console.log(usage);
else {
  console.error(usage);
  process.exitCode = 2;
}
