// What the stories share: a broker with TLS, a hub on it, and the configuration that leads a gateway there.
import { openTestCertificates, type TestCertificates } from '../peers/certificates.ts';
import { secretFile } from '../peers/gateway.ts';
import { type HubOptions, type HubPeer, openHub } from '../peers/hub.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';

/** What a story needs of a broker. */
export interface Broker extends AsyncDisposable {
  readonly url: string;
  readonly tlsUrl: string;
  /** Who may log in; absent: everyone. */
  readonly user?: { readonly username: string; readonly password: string };
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** A province: its broker and its hub. */
export interface Province<Kind extends Broker = Mosquitto> extends AsyncDisposable {
  readonly broker: Kind;
  readonly hub: HubPeer;
  /** The `uplink` section: over TLS with a client certificate; where the broker asks for a login, that is for the story to add. */
  readonly uplink: Readonly<Record<string, unknown>>;
}

/** Opens a Mosquitto, which keeps sessions over a stop, and a hub that speaks MQTT 5. */
export function openProvince(): Promise<Province> {
  return openProvinceOn((certificates) => openMosquitto({ certificates, persistence: true }), {});
}

/** Opens broker and hub. */
export async function openProvinceOn<Kind extends Broker>(
  openBroker: (certificates: TestCertificates) => Promise<Kind>,
  options: HubOptions,
): Promise<Province<Kind>> {
  await using stack = new AsyncDisposableStack();
  const certificates = stack.use(await openTestCertificates());
  const broker = stack.use(await openBroker(certificates));
  const hub = stack.use(await openHub(broker.url, { ...options, ...broker.user }));
  const uplink = {
    url: broker.tlsUrl,
    tls: { ca: certificates.ca, cert: certificates.client.cert, key: certificates.client.key },
    retryMin: '100ms',
    retryMax: '1s',
  };
  const owned = stack.move();
  return { broker, hub, uplink, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The token of the story's fall radar. */
export const fallToken = 'fall-radar-token-0123456789';

/** A webhook section with one fall radar on `port`; `meaning` replaces the shipped map. */
export async function fallRadar(
  folder: string,
  port: number,
  meaning: object = { map: 'fall-webhook' },
): Promise<Readonly<Record<string, unknown>>> {
  return {
    listen: { host: '127.0.0.1', port },
    sources: [
      {
        id: 'radar',
        device: 'fall-1',
        token: await secretFile(folder, 'radar.token', fallToken),
        place: { address: '완주군 봉동읍' },
        ...meaning,
      },
    ],
  };
}

/** A message of the fall radar. */
export function fallMessage(id: string, status: 'fall confirmed' | 'fall exit'): string {
  return JSON.stringify({ id, type: 1, payload: { status, timestamp: new Date().toISOString() } });
}
