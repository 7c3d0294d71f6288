// The command line as the tests of this room run it: its own streams, an English locale, no heavy parts.
import { Readable, Writable } from 'node:stream';
import { type CliIo, type CliLoaders, runCli } from '#control';

/** What a command line left behind. */
interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const noLoaders: CliLoaders = {
  run: async () => ({ status: 70 }),
  check: async () => ({
    warnings: [],
    found: { site: '52710', siteName: '완주군', gateway: 'gw-1', sensors: 4, hub: 'mqtts://hub:8883' },
  }),
  restore: async () => ({ restored: { path: '/var/lib/bongsu/bongsu.db', setAside: '/var/lib/bongsu/bongsu.db.replaced-1' } }),
  record: async () => ({ bytes: 0, chunks: 0, losses: 0, end: 'asked' }),
  templates: async () => ({ templates: [], problems: [] }),
  grammars: async () => ({ grammars: [], problems: [] }),
  rehearse: async () => ({ played: [], droppedBytes: 0 }),
  simulate: async () => 71,
};

interface RunOptions {
  readonly loaders?: Partial<CliLoaders>;
  readonly io?: Partial<CliIo>;
  readonly stdin?: string;
}

/** Runs one command line and keeps what it printed. */
export async function run(argv: readonly string[], { loaders = {}, io = {}, stdin = '' }: RunOptions = {}): Promise<Run> {
  const out = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk, _, done) {
        out[name] += String(chunk);
        done();
      },
    });
  const process: CliIo = {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    stdin: Readable.from([Buffer.from(stdin)]),
    environment: { LANG: 'en_US.UTF-8' },
    user: 'kim',
    version: '0.1.0',
    signal: new AbortController().signal,
    ...io,
  };
  return { status: await runCli(argv, process, { ...noLoaders, ...loaders }), ...out };
}
