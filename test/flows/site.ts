// What the stories share: a broker with TLS, a hub on it, and the configuration that leads a gateway there.
import { openTestCertificates, type TestCertificates } from '../peers/certificates.ts';
import { secretFile } from '../peers/gateway.ts';
import { type HubPeer, openHub } from '../peers/hub.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';

/** A province: its broker and its hub. */
export interface Province extends AsyncDisposable {
  readonly broker: Mosquitto;
  readonly hub: HubPeer;
  /** The `uplink` section: MQTT v5 over TLS with a client certificate. */
  readonly uplink: Readonly<Record<string, unknown>>;
}

/** Opens broker and hub; the broker keeps sessions over a stop. */
export async function openProvince(): Promise<Province> {
  await using stack = new AsyncDisposableStack();
  const certificates: TestCertificates = stack.use(await openTestCertificates());
  const broker = stack.use(await openMosquitto({ certificates, persistence: true }));
  const hub = stack.use(await openHub(broker.url));
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
  meaning: object = { template: 'fall-webhook' },
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
