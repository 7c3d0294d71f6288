// A process inside a network namespace that looks around on the wire, and says what it found and how many neighbours the kernel was asking for at once at most.
import { execFileSync } from 'node:child_process';
import { openLog, systemEnv } from '#base';
import { camerasOptions } from '#cameras/options';
import { openDiscovery } from '../../../src/cameras/discovery/index.ts';
import { openLoginGate } from '../../../src/cameras/soap/index.ts';

const env = systemEnv(openLog('silent'));
const options = camerasOptions.parse({ discovery: { listen: false, ports: [80] } });
const discovery = openDiscovery(options.discovery, { ...options, gate: openLoginGate(options, env.clock) }, env);
// Those that are asked for cannot be evicted; those that failed can.
let mostAsked = 0;
const watch = setInterval(() => {
  const table = execFileSync('ip', ['neigh', 'show', 'nud', 'incomplete'], { encoding: 'utf8' });
  mostAsked = Math.max(mostAsked, table.split('\n').length - 1);
}, 200);
const multicast = process.argv[3] === 'multicast';
const ranges = multicast ? [] : [process.argv[2] ?? ''];
const look = discovery.lookAround({ ranges, multicast, from: 0 }, () => {}, new AbortController().signal);
await look.done;
clearInterval(watch);
console.log(JSON.stringify({ mostAsked, found: look.merged().map(({ address, mac, way }) => ({ address, mac, way })) }));
