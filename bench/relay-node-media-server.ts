// node-media-server as a peer of the relay's bench, in a process of its own: pulls each address over RTSP and serves it as HTTP-FLV on loopback. Arguments: port, addresses.
import { createRequire } from 'node:module';

interface MediaServer {
  readonly relayServer: { addTask(task: { url: string; mode: 'pull'; streamPath: string }): unknown };
  run(): Promise<void>;
}

const NodeMediaServer = createRequire(import.meta.url)('node-media-server') as new (config: object) => MediaServer;
const [port, ...cameras] = process.argv.slice(2);
const server = new NodeMediaServer({
  bind: '127.0.0.1',
  http: { port: Number(port) },
  webadmin: { enable: false },
  store: { path: './node-media-server' },
});
await server.run();
for (const [at, url] of cameras.entries()) server.relayServer.addTask({ url, mode: 'pull', streamPath: `/live/cam${at}` });
