// The broker in the gateway for the site's own devices: it takes what they publish under their own topics, and gives nothing out.
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import { type Env, messageOf, troubleOf } from '#base';
import type { Driver } from '../driver.ts';
import { openLineHealth } from '../line-health.ts';
import type { MessageWorld } from '../messages/index.ts';
import type { MqttBrokerOptions } from '../options.ts';
import { openTeller } from '../teller.ts';
import { type Bucket, type FloodTexts, openBucket, openFloods } from './flood.ts';
import { publishType } from './framing.ts';
import { guardStream } from './guarded-stream.ts';
import { type Intake, openIntake } from './intake.ts';
import { openBrokerListener, type Place } from './listener.ts';
import { maxPayloadBytes } from './session.ts';
import { openUnderWay, type UnderWay } from './under-way.ts';
import { openUserRates, type UserRates } from './user-rates.ts';
import { openUsers } from './users.ts';

/** The broker, and where it listens once it does. */
export interface MqttBroker extends Driver {
  address(): { readonly host: string; readonly port: number } | undefined;
}

const name = 'mqtt-broker';
const wrongLoginMs = 1000;
const unavailable = 3;
const badLogin = 4;
const notAuthorised = 5;
/** A connection says who it is within this time. */
const connectTimeoutMs = 5000;
/** Messages of one connection whose commit is waited for; a message with measured values waits a tenth of a second for its batch. */
const maxUnderWay = 64;
/** Packets that may wait in aedes until a connection is let in. */
const maxQueued = 128;
/** Acknowledgements that are due are written before a refusal closes the connection. */
const beforeRefusalMs = 10;

/** Opens the driver. A port that is taken is a condition and is tried again every 1 to 5 s: the other drivers go on. */
export function openMqttBroker(options: MqttBrokerOptions, world: Omit<MessageWorld, 'signal'>): MqttBroker {
  const { deps, env } = world;
  const life = new AbortController();
  const teller = openTeller(deps, env, life.signal);
  const health = openLineHealth(name, teller, env);
  const owned = options.users.flatMap((user) => user.sources.map((source) => ({ owner: user.name, options: source })));
  const intake = openIntake(owned, { ...world, signal: life.signal });
  const floods = openFloods((user) => `mqtt-${user}`, textsOf(options), { teller, clock: env.clock });
  const rates = openUserRates(options.messagesPerSecond, { intake, floods, clock: env.clock });
  let address: { host: string; port: number } | undefined;
  const serve = async (signal: AbortSignal): Promise<void> => {
    await using door = await openDoor({ options, env, intake, rates }, signal);
    await using listener = await openBrokerListener(options, door.accept);
    address = listener.address;
    health.works();
    await Promise.race([listener.broken, intake.watch(signal), floods.watch(signal)]);
  };
  return {
    name,
    service: {
      name: `sensors ${name}`,
      async run(signal) {
        while (!signal.aborted) {
          try {
            await serve(signal);
          } catch (error) {
            const { message, detail } = troubleOf(error);
            if (!signal.aborted) health.broken(message, detail);
          }
          address = undefined;
          await env.clock.sleep(1000 + env.random.uniform() * 4000, signal).catch(() => {});
        }
        life.abort(signal.reason);
        await Promise.all([teller.settled(), intake.settled()]);
      },
    },
    devices: intake.devices,
    status: intake.status,
    address: () => address,
  };
}

interface Parts {
  readonly options: MqttBrokerOptions;
  readonly env: Env;
  readonly intake: Intake;
  readonly rates: UserRates;
}

/** Where sockets come in. */
interface Door extends AsyncDisposable {
  accept(socket: Socket, place: Place): void;
}

/** Once `signal` aborts nothing counts any more: the wills of all that is connected would tell of devices that are well. */
async function openDoor(parts: Parts, signal: AbortSignal): Promise<Door> {
  const { options, env, intake, rates } = parts;
  const lines = openBucket(1, env.clock);
  const guests = openGuests(parts, lines);
  const aedes = await Aedes.createBroker({
    connectTimeout: connectTimeoutMs,
    drainTimeout: 10_000,
    queueLimit: maxQueued,
    maxClientsIdLength: 128,
    maxTopicLevels: 32,
    authenticate: guests.authenticate,
    authorizePublish(client, packet, done) {
      if (signal.aborted || !client) return done(new Error('closing'));
      const guest = guests.of(client);
      const refusal = refusalOf(guests.userOf(client), packet, { intake, env, lines });
      // What came before it is answered first: else its sender would send that again for ever.
      if (refusal) return void refuse(guest, env.clock, () => done(refusal));
      const committed = take(guests.userOf(client), packet, intake);
      committed.catch(() => {});
      guest?.begin(committed, packet.qos > 0);
      // aedes writes its PUBACK now; it leaves after the commit.
      return done();
    },
    // Nothing is given out: what the gateway hears is the hub's to read.
    authorizeSubscribe: (_client, _subscription, done) => done(null, null),
    authorizeForward: () => null,
  });
  const note = (client: Client, error: Error): void =>
    env.log.debug({ user: guests.userOf(client), error: error.message }, 'an MQTT connection is closed');
  aedes.on('clientError', note);
  aedes.on('connectionError', note);
  aedes.on('clientDisconnect', guests.gone);
  // Its types leave this event out; without a listener it would end the process.
  const emitter: EventEmitter = aedes;
  emitter.on('error', (error: Error) => env.log.error({ error: error.message }, 'the MQTT broker has trouble'));
  return {
    accept(socket, place) {
      const { clock } = env;
      let user = '';
      const underWay = openUnderWay((error) => guarded.stream.destroy(error instanceof Error ? error : new Error(messageOf(error))));
      /** Of all that is no message. */
      const bucket = openBucket(options.messagesPerSecond, clock);
      const guarded = guardStream(socket, {
        maxPayload: maxPayloadBytes,
        clock,
        waitMs(packet) {
          if (packet.type !== publishType) return bucket.take() ? 0 : bucket.waitMs();
          return user === '' ? Infinity : rates.waitMs(user, packet);
        },
        mayBeUnderWay: () => maxUnderWay,
        mayAcknowledge: underWay.mayAcknowledge,
        cut: () => lines.take() && env.log.warn({ user }, 'a message of more than 64 KiB is dropped'),
      });
      const client = aedes.handle(guarded.stream);
      const enter = (committed: Promise<unknown>, isAnswered: boolean): void => {
        const leave = guarded.begin();
        committed.then(leave, leave);
        underWay.begin(committed, isAnswered);
      };
      const known = (found: string, isReplacing: boolean): boolean => {
        if (!place.keep(isReplacing)) return false;
        user = found;
        guarded.wake();
        return true;
      };
      guests.add(client, { begin: enter, settled: underWay.settled, known });
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
  };
}

/** Why a message is not taken; it closes the connection without PUBACK. */
function refusalOf(
  user: string,
  { topic, qos }: PublishPacket,
  { intake, env, lines }: Pick<Parts, 'intake' | 'env'> & { readonly lines: Bucket },
): Error | undefined {
  if (qos > 1) return new Error('QoS 2 is not offered');
  if (intake.isKnown(user, topic)) return undefined;
  if (lines.take()) env.log.warn({ user, topic: topic.slice(0, 200) }, 'a device may not publish there');
  return new Error('not allowed to publish there');
}

/** PUBACK leaves after this has resolved; a rejection closes the connection without it, and the device sends again (MQTT-4.4.0-1). */
async function take(user: string, packet: PublishPacket, intake: Intake): Promise<void> {
  const { topic, qos } = packet;
  packet.retain = false;
  await intake.take(user, { topic, payload: Buffer.from(packet.payload), qos, isRetained: false });
}

async function refuse(guest: Guest | undefined, clock: Env['clock'], close: () => void): Promise<void> {
  await guest?.settled();
  clock.after(beforeRefusalMs, close);
}

interface Guest extends Pick<UnderWay, 'begin' | 'settled'> {
  /** Told who it is; false: there is no place left for one more that is logged in. `isReplacing`: another connection ends for this one. */
  known(user: string, isReplacing: boolean): boolean;
}

/** Who is connected, as whom. */
function openGuests({ options, env }: Pick<Parts, 'options' | 'env'>, lines: Bucket) {
  const users = openUsers(options.users);
  const guests = new WeakMap<Client, Guest>();
  const named = new WeakMap<Client, string>();
  const holders = new Map<string, Client>();
  return {
    add: (client: Client, guest: Guest): void => void guests.set(client, guest),
    of: (client: Client): Guest | undefined => guests.get(client),
    gone(client: Client): void {
      if (holders.get(client.id) === client) holders.delete(client.id);
    },
    userOf: (client: Client): string => named.get(client) ?? '',
    authenticate(
      client: Client,
      username: string | undefined,
      password: Buffer | undefined,
      done: (error: AuthenticateError | null, success: boolean | null) => void,
    ): void {
      const user = users.find(username, password);
      if (user === undefined) {
        if (lines.take()) env.log.warn({ user: username?.slice(0, 40) }, 'a login to the MQTT broker is refused');
        env.clock.after(wrongLoginMs, () => done(Object.assign(new Error('wrong name or password'), { returnCode: badLogin }), false));
        return;
      }
      const holder = holders.get(client.id);
      const isHeld = holder !== undefined && !holder.closed;
      if (isHeld && named.get(holder) !== user) {
        done(Object.assign(new Error('another user has this client identifier'), { returnCode: notAuthorised }), false);
        return;
      }
      if (guests.get(client)?.known(user, isHeld) === false) {
        done(Object.assign(new Error('no place left'), { returnCode: unavailable }), false);
        return;
      }
      holders.set(client.id, client);
      named.set(client, user);
      done(null, true);
    },
  };
}

function textsOf({ messagesPerSecond }: MqttBrokerOptions): FloodTexts {
  return {
    began: (user) => ({
      ko: `MQTT 사용자 ${user}이(가) 초당 ${messagesPerSecond}건보다 많이 보내 천천히 받습니다`,
      en: `MQTT user ${user} sends more than ${messagesPerSecond} packets a second; they are taken more slowly`,
    }),
    ended: (user, count) => ({
      ko: `MQTT 사용자 ${user}의 폭주가 끝났습니다. ${count}건이 기다렸습니다`,
      en: `The flood of MQTT user ${user} is over; ${count} packets had to wait`,
    }),
  };
}
