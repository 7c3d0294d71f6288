// All virtual cameras of a site: one shared HTTP server, one RTSP server an address, one discovery responder.
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { type Env, messageOf } from '#base';
import type { Listening } from '../listen.ts';
import { openRtspServer } from '../rtsp/index.ts';
import { type CameraOptions, type OpenedCamera, openCamera, type SimulatedCamera } from './camera.ts';
import { type Discovery, openDiscovery } from './discovery.ts';
import { serveCamera } from './endpoint.ts';

/** What to open. */
export interface FleetOptions {
  readonly cameras: readonly CameraOptions[];
  /** Port of the RTSP servers; 0: free ones. */
  readonly rtspPort: number;
  /** UDP port of WS-Discovery; 0: a free one; undefined: no discovery. */
  readonly discoveryPort: number | undefined;
}

/** Cameras that stand until disposed. */
export interface Fleet extends AsyncDisposable {
  readonly cameras: readonly SimulatedCamera[];
  readonly discoveryPort: number | undefined;
}

/** Opens the cameras. Throws `simulator.port-taken`; what was opened before is closed again. */
export async function openFleet(options: FleetOptions, env: Env): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const owners = new WeakMap<Socket, OpenedCamera>();
  const cameras = new Map<string, OpenedCamera>();
  let discovery: Discovery | undefined;
  const http = createServer({ keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }, (message, response) => {
    const camera = owners.get(message.socket);
    if (!camera) return void response.destroy();
    serveCamera(camera.core, camera.tokens, message, response).catch((error: unknown) => {
      env.log.warn({ camera: camera.core.id, error: messageOf(error) }, 'simulated camera failed');
      response.destroy();
    });
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  const deps = {
    http,
    claim: (socket: Socket, camera: OpenedCamera) => void owners.set(socket, camera),
    returned: (camera: OpenedCamera) => discovery?.hello(camera.core),
  };
  const rtsp = new Map<string, Listening>();
  const find = (path: string) => {
    const [id = '', quality = ''] = path.split('/');
    return cameras.get(id)?.stream(quality);
  };
  for (const one of options.cameras) {
    const camera = stack.use(await openCamera(one, deps, env));
    const server = rtsp.get(one.host) ?? stack.use(await openRtspServer({ host: one.host, port: options.rtspPort, find }, env));
    rtsp.set(one.host, server);
    camera.core.rtspPort = server.port;
    cameras.set(one.id, camera);
  }
  const cores = [...cameras.values()].map((camera) => camera.core);
  if (options.discoveryPort !== undefined) discovery = stack.use(await openDiscovery(options.discoveryPort, () => cores, env));
  const resources = stack.move();
  return {
    cameras: [...cameras.values()].map((camera) => camera.handle),
    discoveryPort: discovery?.port,
    [Symbol.asyncDispose]: async () => await resources.disposeAsync(),
  };
}
