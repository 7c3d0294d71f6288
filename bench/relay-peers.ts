// Other relays, given the same work: node-media-server (npm), and MediaMTX and go2rtc where MEDIAMTX and GO2RTC name their binaries.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { steadyMs } from './measure.ts';
import { endChild, pidOf } from './process.ts';

/** Another relay, running. */
export interface PeerRelay extends AsyncDisposable {
  readonly pid: number;
  /** One address for each camera. */
  readonly urls: readonly string[];
}

export type PeerName = 'nodeMediaServer' | 'mediamtx' | 'go2rtc';

/** Starts a peer that pulls each of `cameras` on demand, or at once where it cannot else; undefined when there is no such binary here. */
export async function startPeer(name: PeerName, folder: string, cameras: readonly string[]): Promise<PeerRelay | undefined> {
  const port = await freePort();
  if (name === 'nodeMediaServer') {
    const entry = new URL('./relay-node-media-server.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [entry, String(port), ...cameras], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const urls = cameras.map((_, at) => `http://127.0.0.1:${port}/live/cam${at}.flv`);
    return await running(child, port, urls);
  }
  const binary = process.env[name.toUpperCase()];
  if (binary === undefined || binary === '') return undefined;
  const config = join(folder, `${name}.yaml`);
  // JSON is YAML.
  await writeFile(config, JSON.stringify(configs[name](port, cameras)));
  const child = spawn(binary, name === 'go2rtc' ? ['-config', config] : [config], { stdio: ['ignore', 'ignore', 'inherit'] });
  const urls = cameras.map((_, at) => `rtsp://127.0.0.1:${port}/cam${at}`);
  return await running(child, port, urls);
}

const configs = {
  mediamtx: (port: number, cameras: readonly string[]) => ({
    logLevel: 'error',
    rtspAddress: `127.0.0.1:${port}`,
    rtspTransports: ['tcp'],
    rtmp: false,
    hls: false,
    webrtc: false,
    srt: false,
    paths: Object.fromEntries(cameras.map((source, at) => [`cam${at}`, { source, sourceOnDemand: true, rtspTransport: 'tcp' }])),
  }),
  go2rtc: (port: number, cameras: readonly string[]) => ({
    log: { level: 'error' },
    api: { listen: '' },
    webrtc: { listen: '' },
    rtsp: { listen: `127.0.0.1:${port}` },
    streams: Object.fromEntries(cameras.map((source, at) => [`cam${at}`, source])),
  }),
};

async function running(child: ChildProcess, port: number, urls: readonly string[]): Promise<PeerRelay> {
  for (const endMs = steadyMs() + 20_000; !(await listens(port)); await sleep(100)) {
    if (child.exitCode === null && steadyMs() < endMs) continue;
    await endChild(child);
    throw new Error('a peer of the bench does not listen');
  }
  return { pid: pidOf(child), urls, [Symbol.asyncDispose]: () => endChild(child) };
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
