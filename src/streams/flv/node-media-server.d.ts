// What is used of node-media-server 4.4, which comes without types.
declare module 'node-media-server' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:http';

  class NodeMediaServer {
    constructor(config: {
      readonly bind: string;
      readonly http: { readonly port: number | string };
      readonly webadmin: { readonly enable: boolean };
    });
    readonly httpServer: { run(): void; readonly httpServer?: Server };
    readonly relayServer: { addTask(task: NodeMediaServer.Task): NodeMediaServer.Session; removeTask(key: string): boolean };
    on(event: 'postPublish', listener: (session: NodeMediaServer.Session) => void): EventEmitter;
  }
  namespace NodeMediaServer {
    /** A publisher or a subscriber of a stream. */
    interface Session {
      readonly streamName: string;
      /** Of a relay task: false once it is over. */
      readonly isRunning?: boolean;
      /** Of a push: called by itself when the other side takes it; from then on pictures go to it. Throws when the feed is gone. */
      registerPush?: () => void;
      readonly broadcast?: { publishGraceMs: number } | null;
      readonly rtmpClient?: { baseUri: string };
      readonly rtspClient?: { onRtpDataCallback: (channel: number, data: Buffer) => void };
    }
    interface Task {
      readonly url: string;
      readonly mode: 'pull' | 'push';
      readonly streamPath: string;
      readonly reconnect: boolean;
    }
  }
  export = NodeMediaServer;
}
