// The stage of the torture `disk`: a gateway whose store is about to suffer, its senders, a broker, and a hub that keeps books.
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, freePort, type GatewayPeer, openGateway, type Sections } from '../peers/gateway.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { type Books, openBooks } from './books.ts';
import { type HubEnd, type HubEndOptions, openHubEnd } from './hub-end.ts';
import { openSenders, type Senders, type SendersPlan, torturedSensors } from './senders.ts';

export interface DiskStage extends AsyncDisposable {
  readonly gateway: GatewayPeer;
  readonly broker: Mosquitto;
  readonly hub: HubEnd;
  readonly books: Books;
  readonly plan: SendersPlan;
  /** Begins to send. */
  send(): Senders;
}

/** What a scene asks for. */
export interface DiskScene {
  /** Who confirms. Default: the broker. */
  readonly confirms?: HubEndOptions['confirms'];
  /** The section `store`. */
  readonly store?: Readonly<Record<string, unknown>>;
  /** More sensors beside the senders. */
  sensors?(plan: SendersPlan, folder: string): Promise<Sections>;
}

const devices = 4;
const pauseMs = 40;
const settleMs = 90_000;

/** Opens it; the gateway runs and is connected. */
export async function openDiskStage({ confirms = false, store = {}, sensors }: DiskScene): Promise<DiskStage> {
  await using stack = new AsyncDisposableStack();
  const plan = { port: await freePort(), devices, pauseMs };
  const books = openBooks();
  const broker = stack.use(await openMosquitto({ quiet: true, persistence: true, config: ['max_queued_messages 0'] }));
  const hub = stack.use(await openHubEnd(broker.url, { confirms, books }));
  const gateway = stack.use(
    await openGateway(async (folder) => ({
      // Its shortest, for the sake of time: what the hub does not confirm comes again.
      uplink: { url: broker.url, retryMin: '100ms', retryMax: '1s', ...(confirms !== false && { resendAfter: '5s' }) },
      store,
      sensors: (await sensors?.(plan, folder)) ?? (await torturedSensors(folder, plan)),
    })),
  );
  let senders: Senders | undefined;
  stack.defer(() => senders?.abandon());
  await connected(gateway);
  const owned = stack.move();
  return {
    gateway,
    broker,
    hub,
    books,
    plan,
    send: () => (senders = openSenders(plan)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Waits until it has a session with the hub. */
export async function connected(gateway: GatewayPeer): Promise<void> {
  const look = async () => ((await gateway.query('status')) as { uplink: { connected: boolean } }).uplink.connected || undefined;
  await eventually('the connection to the hub', look, 60_000);
}

/** Waits until all that was answered has arrived, or until nothing waits at the gateway any more. Answers what waits still. */
export async function settle({ gateway, hub }: DiskStage, senders: Senders): Promise<number> {
  const deadline = Date.now() + settleMs;
  let pending = Number.POSITIVE_INFINITY;
  while (Date.now() < deadline && pending > 0) {
    pending = await pendingOf(gateway).catch(() => Number.POSITIVE_INFINITY);
    if (pending > 0) await sleep(250);
  }
  const late = Date.now() + 5000;
  while (hub.tally.missing(senders).length > 0 && Date.now() < late) await sleep(100);
  await sleep(500);
  return pending;
}

async function pendingOf(gateway: GatewayPeer): Promise<number> {
  const { destinations } = (await gateway.query('outbox', 'status')) as { destinations: { pending: number }[] };
  return destinations.reduce((sum, { pending }) => sum + pending, 0);
}

/** How the store is, as the technician sees it. */
export async function storeState(gateway: GatewayPeer): Promise<string> {
  return ((await gateway.query('status')) as { store: { state: string } }).store.state;
}
