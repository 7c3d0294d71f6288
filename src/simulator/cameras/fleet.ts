// All virtual cameras of a site: one shared HTTP server, one RTSP server an address, one discovery responder.
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Env, messageOf } from '#base';
import type { Listening } from '../listen.ts';
import { openRtspServer } from '../rtsp/index.ts';
import { type OpenedCamera, openCamera } from './camera.ts';
import { type Discovery, openDiscovery } from './discovery.ts';
import { serveCamera } from './endpoint.ts';
import type { SimulatedCamera } from './handle.ts';
import type { CameraOptions } from './nature.ts';

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
  const rtsp = new Map<string, Listening>();
  // A camera that moves may need a server when the fleet stands already.
  const servers = stack.use(new AsyncDisposableStack());
  let discovery: Discovery | undefined;
  const find = (path: string) => {
    const [id = '', name = ''] = path.split('/');
    return cameras.get(id)?.stream(name);
  };
  const openRtsp = async (camera: OpenedCamera): Promise<void> => {
    const { core } = camera;
    const server = rtsp.get(core.host) ?? servers.use(await openRtspServer({ host: core.host, port: options.rtspPort, find }, env));
    rtsp.set(core.host, server);
    core.rtspPort = server.port;
  };
  const deps = {
    http: openHttp((socket) => owners.get(socket), env),
    claim: (socket: Socket, camera: OpenedCamera) => void owners.set(socket, camera),
    returned: (camera: OpenedCamera) => discovery?.hello(camera.core),
    leaving: (camera: OpenedCamera) => discovery?.bye(camera.core),
    async arrived(camera: OpenedCamera) {
      await openRtsp(camera);
      await discovery?.listenAt(camera.core.host);
      discovery?.hello(camera.core);
    },
  };
  for (const one of options.cameras) {
    const camera = stack.use(await openCamera(one, deps, env));
    cameras.set(one.id, camera);
    await openRtsp(camera);
  }
  const cores = [...cameras.values()].map((camera) => camera.core);
  if (options.discoveryPort !== undefined) discovery = stack.use(await openDiscovery(options.discoveryPort, () => cores, env));
  return {
    cameras: [...cameras.values()].map((camera) => camera.handle),
    discoveryPort: discovery?.port,
    [Symbol.asyncDispose]: (
      (resources) => async () =>
        await resources.disposeAsync()
    )(stack.move()),
  };
}

/** The server that all cameras share; it is given connections and asks whose they are. */
function openHttp(ownerOf: (socket: Socket) => OpenedCamera | undefined, env: Env): Server {
  const http = createServer({ keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }, (message, response) => {
    const camera = ownerOf(message.socket);
    if (!camera) return void response.destroy();
    serveCamera(camera.core, message, response).catch((error: unknown) => {
      env.log.warn({ camera: camera.core.id, error: messageOf(error) }, 'simulated camera failed');
      response.destroy();
    });
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  return http;
}
