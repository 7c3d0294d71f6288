// The rooms that an alarm passes, as the gateway joins them: the store's own thread, alarms, outbox, delivery, the hub session.
import { join } from 'node:path';
import { type Alarms, openAlarms } from '#alarms';
import { type Env, openLog, openSealer, systemEnv } from '#base';
import type { AlarmKind, Report } from '#model';
import { type Outbox, openOutbox } from '#outbox';
import { openStore, type Store } from '#store';
import { openUplink } from '#uplink';
import { uplinkOptions } from '#uplink/options';
import { deliver } from '../src/gateway/delivery.ts';
import type { StoreThreadData } from '../src/gateway/store-thread.ts';

/** The rooms in front of the wire. */
export interface Site extends AsyncDisposable {
  readonly store: Store;
  readonly alarms: Alarms;
  readonly outbox: Outbox;
}

/** A hub session over which the outbox is delivered. */
export interface HubSession extends AsyncDisposable {
  /** Resolves when the first session lives. */
  readonly open: Promise<void>;
}

const env: Env = systemEnv(openLog('warn'));
const identity = { site: '52710', gateway: 'bench', bootId: '01990000-0000-7000-8000-000000000000' };
const destination = 'hub';

/** Opens an empty store `name` in `folder` through the gateway's own thread entry; its entries are owed to one destination. */
export async function openSite(folder: string, name: string): Promise<Site> {
  const workerData: StoreThreadData = { path: join(folder, `${name}.db`), bootId: identity.bootId, destinations: [destination] };
  const entry = new URL('../src/gateway/store-thread.ts', import.meta.url);
  const store = await openStore({ entry, workerData, queueLimit: 20_000 }, env);
  return {
    store,
    alarms: openAlarms({ store }, env),
    outbox: openOutbox({ store }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Connects to the broker at `url` with the default window and delivers what waits. */
export function openHubSession({ store, outbox }: Site, url: string): HubSession {
  const open = Promise.withResolvers<void>();
  const stop = new AbortController();
  const uplink = openUplink(
    uplinkOptions.parse({ url }),
    {
      identity,
      version: 'bench',
      store,
      sealer: openSealer(new Uint8Array(32), env.random),
      onCommand: async ({ id }) => ({ id, result: 'done' }),
      onSession(session) {
        open.resolve();
        return deliver(session, { outbox, destination }, env);
      },
      counts: async () => ({}),
    },
    env,
  );
  const running = uplink.service.run(stop.signal);
  return {
    open: open.promise,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

/** Entries that no hub has confirmed. */
export async function pendingOf(outbox: Outbox): Promise<number> {
  const { destinations } = await outbox.stats();
  return destinations.reduce((sum, { pending }) => sum + pending, 0);
}

let reports = 0;

/** An alarm on a point that has none, a critical one unless `kind` says otherwise: it is raised. */
export function freshReport(kind: AlarmKind = 'smoke'): Report {
  reports += 1;
  return {
    device: `smoke-${reports % 1000}`,
    channel: `zone-${Math.floor(reports / 1000)}`,
    kind,
    state: 'active',
    occurrence: `bench-${reports}`,
    time: Date.now(),
    clockQuality: 'synchronised',
    detail: { premises: '완주군 봉동읍 둔산리 887', zone: reports, level: 3.7 },
  };
}
