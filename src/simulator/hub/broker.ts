// The hub's embedded broker (MQTT 3.1.1): listens, asks for a login where one is set, and can be stopped, started and made to refuse.
import { createServer } from 'node:net';
import { Aedes, type AedesOptions, type PublishPacket } from 'aedes';
import type { Env, Login } from '#base';
import { type Listening, listen } from '../listen.ts';

/** What to open. */
export interface BrokerOptions {
  readonly host: string;
  /** 0: a free port. */
  readonly port: number;
  readonly login: Login | undefined;
  heard(topic: string, payload: Buffer): void;
}

/** A broker. Sessions and retained messages outlive `stop`, as those of a broker with a disk do. */
export interface Broker extends AsyncDisposable {
  readonly port: number;
  readonly clients: number;
  publish(topic: string, payload: string, retain: boolean): Promise<void>;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
  /** Listens again on the same port. Throws `simulator.port-taken`. */
  start(): Promise<void>;
  /** Refuses every login from now on and ends the connections; false ends it. */
  refuse(refusing: boolean): void;
}

const notAuthorised = 5;

/** Opens the broker. Throws `simulator.port-taken`. */
export async function openBroker(options: BrokerOptions, env: Env): Promise<Broker> {
  let refusing = false;
  const authenticate: AedesOptions['authenticate'] = (_client, user, password, done) => {
    const { login } = options;
    const right = login === undefined || (user === login.user && password?.toString('utf8') === login.password);
    if (right && !refusing) return done(null, true);
    done(Object.assign(new Error('not authorised'), { returnCode: notAuthorised }), false);
  };
  const aedes = await Aedes.createBroker({ authenticate, queueLimit: 1000, connectTimeout: 10_000 });
  const quiet = (_client: unknown, error: Error): void => env.log.debug({ error: error.message }, 'hub connection');
  aedes.on('clientError', quiet);
  aedes.on('connectionError', quiet);
  await new Promise<void>((resolve) => {
    const hear = (packet: { topic: string; payload: Buffer | string }, next: () => void): void => {
      options.heard(packet.topic, Buffer.from(packet.payload));
      next();
    };
    aedes.subscribe('bongsu/v1/#', hear, resolve);
  });
  const open = async (port: number): Promise<Listening> =>
    await listen(
      createServer({ noDelay: true }, (socket) => void aedes.handle(socket)),
      options.host,
      port,
    );
  let listening: Listening | undefined = await open(options.port);
  const { port } = listening;
  const stop = async (): Promise<void> => {
    const open = listening;
    listening = undefined;
    await open?.[Symbol.asyncDispose]();
  };
  return {
    port,
    get clients() {
      return aedes.connectedClients;
    },
    publish: (topic, payload, retain) =>
      new Promise((resolve, reject) => {
        const packet: PublishPacket = { cmd: 'publish', topic, payload, qos: 1, retain, dup: false };
        aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
      }),
    stop,
    async start() {
      listening ??= await open(port);
    },
    refuse(next) {
      refusing = next;
      if (next) listening?.dropAll();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
  };
}
