// The configuration of a gateway that fits a simulated site, with the files of its secrets: for training, and for the demo.
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { messageOf } from '#base';
import { fault } from './faults.ts';
import type { SiteFacts } from './site.ts';

/** What the facts of a site leave open. */
export interface GatewayConfigOptions {
  /** Made with mode 0700 where it is not there. Configuration, secrets, store and socket lie in it. */
  readonly folder: string;
  /** TCP port that the gateway hears webhooks on. */
  readonly webhookPort: number;
  /** TCP port that the gateway's own broker listens on for MQTT devices. Default 1893. */
  readonly mqttPort?: number;
  /** TCP ports of the relay. Default: those of a gateway. */
  readonly rtspPort?: number;
  readonly httpPort?: number;
}

/** What was written, as absolute paths. */
export interface GatewayFiles {
  readonly folder: string;
  readonly config: string;
  /** Where the gateway's socket will be. */
  readonly socket: string;
  /** The cameras of the site and where their passwords lie; they are registered by hand. */
  readonly cameras: readonly { readonly id: string; readonly address: string; readonly user: string; readonly passwordFile: string }[];
}

/** First line of a configuration that may be written over. */
const mark = '# Written by bongsu simulate; written over at its next start.';
/** What a gateway takes: bytes of a socket's path (sockaddr_un), senders of webhooks, text lines, users of its broker. */
const maxSocketBytes = 100;
const maxWebhooks = 100;
const maxLines = 64;
const maxUsers = 1000;
/** Where the gateway's own broker listens for the devices of the site; 1883 is a hub's. */
export const defaultMqttPort = 1893;
/** Where a hub would be: a gateway without one shows how it waits. */
const noHub: NonNullable<SiteFacts['hub']> = { url: 'mqtt://127.0.0.1:1883' };

/**
 * Writes `config.yaml` and its secrets (mode 0600) into the folder. A folder that was written before is written again; nothing else is ever
 * written over. Throws `simulator.config-unwritable`.
 */
export async function writeGatewayConfig(facts: SiteFacts, options: GatewayConfigOptions): Promise<GatewayFiles> {
  const folder = resolve(options.folder);
  const files = { folder, config: join(folder, 'config.yaml'), socket: join(folder, 'control.sock') };
  if (Buffer.byteLength(files.socket) > maxSocketBytes) throw fault('config-unwritable', { detail: `${files.socket}: > 100 B` });
  for (const [what, { length }, most] of [
    ['webhooks', facts.webhooks, maxWebhooks],
    ['panels', facts.panels, maxLines],
    ['MQTT devices', facts.mqtt, maxUsers],
  ] as const)
    if (length > most) throw fault('config-unwritable', { detail: `${length} ${what} > ${most}` });
  const secrets = new Map<string, string>();
  const keep = (name: string, value: string): string => {
    secrets.set(name, value);
    return join(folder, name);
  };
  const config = configOf(facts, { ...options, ...files }, keep);
  const cameras = facts.cameras.map(({ id, address, user, password }) => {
    const same = [...secrets].find(([name, value]) => value === password && name.endsWith('.password'))?.[0];
    return { id, address, user, passwordFile: keep(same ?? `${id}.password`, password) };
  });
  try {
    const flag = await claim(folder, files.config);
    await writeFile(files.config, `${mark}\n${stringify(config)}`, { mode: 0o600, flag });
    for (const [name, value] of secrets) await writeFile(join(folder, name), value, { mode: 0o600, flag });
  } catch (cause) {
    throw fault('config-unwritable', { cause, detail: messageOf(cause) });
  }
  return { ...files, cameras };
}

/** How files are written: over older ones only where the configuration carries our mark. */
async function claim(folder: string, config: string): Promise<'w' | 'wx'> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await using file = await open(config);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mark.length), 0, mark.length, 0);
    return buffer.toString('utf8', 0, bytesRead) === mark ? 'w' : 'wx';
  } catch {
    return 'wx';
  }
}

/** Keeps a secret under a name; the path of its file. */
type Keep = (name: string, value: string) => string;

function configOf(facts: SiteFacts, options: GatewayConfigOptions & Pick<GatewayFiles, 'socket'>, keep: Keep): object {
  const { folder, socket, webhookPort, rtspPort, httpPort } = options;
  const sources = facts.webhooks.map(({ device, token }) => webhookSource(device, keep(`${device}.token`, token)));
  const listener = (port: number | undefined): object => ({ host: '127.0.0.1', ...(port === undefined ? {} : { port }) });
  return {
    site: { code: '52710', name: '가상 현장' },
    gateway: { id: 'simulated' },
    store: { path: join(folder, 'bongsu.db'), keyFile: join(folder, 'store.key') },
    control: { socket },
    uplink: { ...uplinkOf(facts.hub, keep), retryMin: '100ms', retryMax: '1s' },
    sensors: {
      buses: facts.buses.map(busOf),
      ...(facts.panels.length > 0 && { lines: facts.panels.map(lineOf) }),
      ...(facts.mqtt.length > 0 && { mqtt: { broker: brokerOf(facts.mqtt, options.mqttPort ?? defaultMqttPort, keep) } }),
      ...(sources.length > 0 && { webhook: { listen: { port: webhookPort }, sources } }),
    },
    streams: { rtsp: listener(rtspPort), http: listener(httpPort), closeAfter: '2s' },
  };
}

function uplinkOf(hub: SiteFacts['hub'], keep: Keep): object {
  const { url, user, password } = hub ?? noHub;
  if (user === undefined || password === undefined) return { url };
  return { url, username: user, password: { file: keep('hub.secret', password) } };
}

function busOf(bus: SiteFacts['buses'][number]): object {
  const units = bus.units.map(({ device, unitId, smoke }) => ({
    device,
    unit: unitId,
    template: smoke ? 'smoke-contact' : 'supervised-fire-line',
  }));
  const way = bus.kind === 'modbus-rtu' ? { port: bus.path, baud: bus.baudRate, parity: 'none' } : { host: bus.host, port: bus.port };
  return { id: bus.id, driver: bus.kind, ...way, pollInterval: '250ms', units };
}

function lineOf({ device, host, port }: SiteFacts['panels'][number]): object {
  return { id: device, device, via: 'tcp', host, port, grammar: 'korean-r-type', silentAfter: '30s' };
}

/** Each device is a user of its own, who may speak for itself alone. */
function brokerOf(devices: SiteFacts['mqtt'], port: number, keep: Keep): object {
  const users = devices.map(({ device, kind, topic, password }) => {
    const source = { id: device, device, topics: [topic], template: templates[kind], map: { id: 'id', time: 'time' }, silentAfter: '30s' };
    return { name: device, password: { file: keep(`${device}.secret`, password) }, sources: [source] };
  });
  return { listen: { host: '127.0.0.1', port }, users };
}

const templates = { hydrant: 'hydrant', structure: 'structure', activity: 'activity', button: 'emergency-button' } as const;

/** A fall detector says its own id, time and state. */
function webhookSource(device: string, token: string): object {
  const rules = ['active', 'inactive'].map((state) => ({ kind: 'fall', state, when: { path: 'state', equals: [state] } }));
  return { id: device, device, token: { file: token }, map: { id: 'id', time: 'time', rules } };
}
