// A gateway to be killed: runs a relay, admits what it is told in its argument, and prints the address with the media process's id.
import { openLog, systemEnv } from '#base';
import { type Lease, openStreams } from '#streams';
import { streamsOptions } from '#streams/options';

const { lease, token } = JSON.parse(process.argv[2] ?? '') as { lease: Lease; token: string };
const loopback = { host: '127.0.0.1', port: 0 };
const deps = { mediaEntry: new URL('./media-entry.ts', import.meta.url), nodePath: process.execPath, onEvent: () => {} };
const streams = openStreams(streamsOptions.parse({ rtsp: loopback, http: loopback }), deps, systemEnv(openLog('silent')));
const running = streams.service.run(new AbortController().signal);
await streams.admit(lease);
const { media } = await streams.status();
console.log(JSON.stringify({ address: streams.address('stream', token), pid: media.pid }));
await running;
