// A gateway to be killed or frozen: runs a relay, admits what it is told in its argument, and prints the addresses with the media process's id. Told a number
// of milliseconds on standard input, it moves all ends there, and says so.
import { createInterface } from 'node:readline';
import { openLog, systemEnv } from '#base';
import { type Lease, openStreams } from '#streams';
import { streamsOptions } from '#streams/options';

interface Told {
  readonly options: Record<string, unknown>;
  readonly leases: readonly { readonly lease: Lease; readonly token: string; readonly pushTo?: string }[];
}

const { options, leases } = JSON.parse(process.argv[2] ?? '') as Told;
const loopback = { host: '127.0.0.1', port: 0 };
const deps = { mediaEntry: new URL('./media-entry.ts', import.meta.url), nodePath: process.execPath, onEvent: () => {} };
const streams = openStreams(streamsOptions.parse({ rtsp: loopback, http: loopback, ...options }), deps, systemEnv(openLog('silent')));
const running = streams.service.run(new AbortController().signal);
for (const { lease, pushTo } of leases) await streams.admit(lease, pushTo);
const { media } = await streams.status();
const addresses = leases.map(({ lease, token }) => streams.address('stream', token, lease.protocol));
console.log(JSON.stringify({ addresses, pid: media.pid }));
const moveEnds = async (line: string): Promise<void> => {
  for (const { lease } of leases) await streams.extend(lease.grant, Number(line));
  console.log('moved');
};
createInterface(process.stdin).on('line', (line) => void moveEnds(line));
await running;
