// The gateway's handle of the relay: one media process, or several among which the cameras are spread.
import { createHash } from 'node:crypto';
import type { Env } from '#base';
import { portStep, type StreamsOptions } from '../options.ts';
import type { Streams, StreamsDeps, StreamsStatus } from './contract.ts';
import type { Listener } from './listeners.ts';
import { findTarget } from './push-target.ts';
import { openWorker, type Worker } from './worker.ts';

/** Opens the handle; nothing runs until its service does. */
export function openStreams(options: StreamsOptions, deps: StreamsDeps, env: Env): Streams {
  const workers = Array.from({ length: options.processes }, (_, number) =>
    openWorker(shareOf(options, number), { ...deps, number }, env),
  ) as [Worker, ...Worker[]];
  const workerOf = (device: string): Worker => workers[placeOf(device, workers.length)] ?? workers[0];
  const keeperOf = (grant: string): Worker | undefined => workers.find((worker) => worker.has(grant));
  const openedBy = (token: string): Worker => {
    const hash = createHash('sha256').update(token).digest('hex');
    return workers.find((worker) => worker.opensWith(hash)) ?? workers[0];
  };
  return {
    service: {
      name: 'streams',
      async run(signal) {
        await Promise.all(workers.map((worker) => worker.run(signal)));
      },
    },
    mayPush: (url) => findTarget(url, options) !== undefined,
    admit: (lease, pushTo, earlier) => workerOf(lease.device).admit(lease, pushTo, earlier),
    extend: (grant, remainingMs) => (keeperOf(grant) ?? workers[0]).extend(grant, remainingMs),
    // Where the book knows nothing of it, a process may.
    async revoke(grant, why) {
      const keeper = keeperOf(grant);
      await Promise.all((keeper ? [keeper] : workers).map((worker) => worker.revoke(grant, why)));
    },
    async cut(session) {
      return (await Promise.all(workers.map((worker) => worker.cut(session)))).includes(true);
    },
    address: (form, token, protocol) => openedBy(token).address(form, token, protocol),
    localAddress: (form, token, protocol) => openedBy(token).localAddress(form, token, protocol),
    look: (ask, timeoutMs) => workerOf(ask.device).look(ask, timeoutMs),
    warm: (warm, forMs) => workerOf(warm.device).warm(warm, forMs),
    status: async () => together((await Promise.all(workers.map((worker) => worker.status()))) as [StreamsStatus, ...StreamsStatus[]]),
  };
}

/** What one process gets of the whole: ports of its own, and its part of what is bounded for all. */
function shareOf(options: StreamsOptions, number: number): StreamsOptions {
  const { rtsp, http, advertise, processes } = options;
  // A free port is free for each.
  const own = <Port extends number | undefined>(port: Port): Port => (port ? port + number * portStep : port) as Port;
  return {
    ...options,
    rtsp: { ...rtsp, port: own(rtsp.port), udpPort: own(rtsp.udpPort) },
    http: { ...http, port: own(http.port) },
    advertise: { ...advertise, rtspPort: own(advertise.rtspPort), httpPort: own(advertise.httpPort) },
    maxConnections: Math.ceil(options.maxConnections / processes),
    gopMemory: Math.floor(options.gopMemory / processes),
  };
}

/** The process of a camera, the same for all its channels and qualities and after every restart. */
function placeOf(device: string, count: number): number {
  return createHash('sha256').update(device).digest().readUInt32BE(0) % count;
}

function together(all: readonly [StreamsStatus, ...StreamsStatus[]]): StreamsStatus {
  const [first] = all;
  const worst = (pick: (status: StreamsStatus) => Listener): Listener =>
    (['failed', 'starting'] as const).map((state) => all.map(pick).find((one) => one.state === state)).find((one) => one !== undefined) ??
    pick(first);
  const sum = (pick: (status: StreamsStatus) => number): number => all.reduce((total, status) => total + pick(status), 0);
  return {
    media: {
      state: (['down', 'silent'] as const).find((state) => all.some(({ media }) => media.state === state)) ?? 'up',
      pid: first.media.pid,
      restarts: sum(({ media }) => media.restarts),
      rssBytes: sum(({ media }) => media.rssBytes),
    },
    rtsp: worst(({ rtsp }) => rtsp),
    http: worst(({ http }) => http),
    leases: sum(({ leases }) => leases),
    paths: all.flatMap(({ paths }) => paths),
    sessions: all.flatMap(({ sessions }) => sessions),
    blocked: all.flatMap(({ blocked }) => blocked),
    maxReaders: first.maxReaders,
  };
}
