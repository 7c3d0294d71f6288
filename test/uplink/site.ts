// A gateway's uplink on a real store, and an observer who sees what the hub would see: the bench of this room's tests.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type IClientOptions, type IPublishPacket } from 'mqtt';
import { openLog, openSealer, type Random, systemEnv, systemRandom } from '#base';
import type { Command, Entry, EntryClass, Outcome } from '#model';
import { openStore, type Store, type StoreLimits } from '#store';
import { openUplink, type Uplink, type UplinkSession } from '#uplink';
import { uplinkOptions } from '#uplink/options';

const env = systemEnv(openLog('silent'));
export const base = 'bongsu/v1/52710/gw-1';

/** A store file that goes with the object; `open` may be called again after a close, as another boot. */
export interface StoreBench extends AsyncDisposable {
  open(bootId: string, limits?: StoreLimits): Promise<Store>;
}

export async function openStoreBench(): Promise<StoreBench> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-uplink-'));
  return {
    open: (bootId, limits) =>
      openStore(
        {
          entry: new URL('store-thread.ts', import.meta.url),
          workerData: { path: join(folder, 'bongsu.db'), bootId, limits },
          queueLimit: 5000,
        },
        env,
      ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A running uplink. */
export interface Site extends AsyncDisposable {
  readonly uplink: Uplink;
  /** The live session, if any. */
  session(): UplinkSession | undefined;
  readonly sessions: number;
  /** Ends the service and waits for it. */
  stop(): Promise<void>;
}

export interface SiteOptions {
  readonly bootId?: string;
  onCommand?(command: Command, signal: AbortSignal): Promise<Outcome>;
  /** Default: the machine's own. */
  readonly random?: Random;
  /** What the wall clock shows; default: the time. */
  now?(): number;
  onConfirm?(entryClass: EntryClass, ranges: readonly (readonly [number, number])[]): Promise<void>;
  /** What is done with a session. Default: nothing, until it ends. */
  onSession?(session: UplinkSession): Promise<void>;
}

const key = new Uint8Array(32).fill(7);

export function openSite(store: Store, options: object, more: SiteOptions = {}): Site {
  let session: UplinkSession | undefined;
  let sessions = 0;
  const uplink = openUplink(
    uplinkOptions.parse({ retryMin: '100ms', retryMax: '1s', keepalive: '5s', ...options }),
    {
      identity: { site: '52710', gateway: 'gw-1', bootId: more.bootId ?? 'boot-1' },
      version: '0.1.0',
      store,
      sealer: openSealer(key, systemRandom),
      onCommand: more.onCommand ?? (async (command) => ({ id: command.id, result: 'done' })),
      async onSession(live) {
        session = live;
        sessions += 1;
        if (more.onSession) await more.onSession(live);
        else await new Promise<void>((resolve) => live.signal.addEventListener('abort', () => resolve(), { once: true }));
        session = undefined;
      },
      ...(more.onConfirm && { onConfirm: more.onConfirm }),
      counts: async () => ({ cameras: 2, sensors: 3 }),
    },
    { ...env, random: more.random ?? env.random, clock: { ...env.clock, now: more.now ?? env.clock.now } },
  );
  const stop = new AbortController();
  const running = uplink.service.run(stop.signal);
  return {
    uplink,
    session: () => session,
    get sessions() {
      return sessions;
    },
    async stop() {
      stop.abort();
      await running;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

export interface Seen {
  readonly topic: string;
  readonly payload: string;
  readonly packet: IPublishPacket;
}

/** A client on the hub's side. */
export interface Observer extends AsyncDisposable {
  readonly seen: Seen[];
  /** Waits for a message whose topic begins with `start`, from the first seen on. */
  wait(start: string, accept?: (seen: Seen) => boolean): Promise<Seen>;
  publish(topic: string, payload: string | Buffer, packet?: { retain?: boolean; properties?: IPublishPacket['properties'] }): Promise<void>;
}

export async function openObserver(url: string, options: IClientOptions = {}): Promise<Observer> {
  const seen: Seen[] = [];
  const client = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 100, ...options });
  client.on('message', (topic, payload, packet) => seen.push({ topic, payload: payload.toString(), packet }));
  await client.subscribeAsync('bongsu/#', { qos: 1 });
  return {
    seen,
    wait: (start, accept = () => true) =>
      until(() => seen.find((item) => item.topic.startsWith(start) && accept(item)), `a message on ${start}`),
    async publish(topic, payload, packet = {}) {
      const { retain = false, properties } = packet;
      await client.publishAsync(topic, payload, { qos: 1, retain, ...(properties && { properties }) });
    },
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}

/** Waits until `look` finds something; at most 15 s. */
export async function until<T>(look: () => T | undefined | false, what: string): Promise<T> {
  const limit = Date.now() + 15_000;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > limit) throw new Error(`waited in vain for ${what}`);
    await sleep(10);
  }
}

let seq = 0;

/** An alarm entry of its own. */
export function alarmEntry(over: Partial<Extract<Entry['body'], { class: 'alarm' }>['value']> = {}, lane = 0): Entry {
  seq += 1;
  return {
    seq,
    id: `0192f0c1-0000-7000-8000-${String(seq).padStart(12, '0')}`,
    sequence: seq,
    bootId: 'boot-1',
    recordedTime: Date.UTC(2026, 10, 20, 4),
    lane,
    body: {
      class: 'alarm',
      value: {
        alarmId: '0192f0c1-1111-7000-8000-000000000001',
        step: 'raised',
        device: 'smoke-1',
        channel: 'zone-1',
        kind: 'smoke',
        severity: 'critical',
        time: Date.UTC(2026, 10, 20, 3, 59, 59),
        clockQuality: 'receipt',
        detail: { zone: 1 },
        test: false,
        ...over,
      },
    },
  };
}

/** The JSON text of a command that expires in `lifeMs`. */
export function commandText(id: string, more: object = {}, lifeMs = 60_000): string {
  const now = Date.now();
  return JSON.stringify({ id, time: new Date(now).toISOString(), expires: new Date(now + lifeMs).toISOString(), ...more });
}
