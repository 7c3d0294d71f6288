// A whole simulated site on loopback: cameras, sensors and a hub, each only when asked for, with the facts that a gateway's configuration needs.
import type { Env, Login } from '#base';
import {
  type CameraOptions,
  type Crowd,
  natureOf,
  openCrowd,
  openFleet,
  type PersonalityName,
  type SimulatedCamera,
} from './cameras/index.ts';
import { fault } from './faults.ts';
import { openHub, type SimulatedHub } from './hub/index.ts';
import {
  type FallEvent,
  isReporting,
  openField,
  type ReportingKind,
  type SensorKind,
  type SimulatedSensor,
  sensorFinds,
  smokePoints,
  type WebhookSender,
} from './sensors/index.ts';

/** What to open; nothing is opened by default. */
export interface SiteOptions {
  /** How many (ids `cam-1` …), or their natures. Default none. At most 10,000. */
  readonly cameras?: number | readonly Partial<CameraOptions>[];
  /** Personalities of the cameras in turn, where only their number is given. Default: plain ones. */
  readonly personalities?: readonly PersonalityName[];
  /** How many (serial smoke, TCP smoke, webhook fall, in turn), or which. Default none. At most 247 of each Modbus kind. */
  readonly sensors?: number | readonly { readonly id: string; readonly kind: SensorKind }[];
  /** Kinds of the sensors in turn, where only their number is given. Default: those three. */
  readonly sensorKinds?: readonly SensorKind[];
  /** `mqtt://…`: where MQTT devices report to, each with its id as its name and the webhooks' token as its password. Default nowhere. */
  readonly mqttUrl?: string;
  /** With a login when one is given. Default none. */
  readonly hub?: boolean | { readonly login: Login };
  /** Where fall detectors post; can be told later with `aimWebhooks`. */
  readonly webhookUrl?: string;
  /** Default: 32 random hexadecimal digits. */
  readonly webhookToken?: string;
  /** Makes the body of a webhook. Default: the event itself. */
  readonly composeWebhook?: (event: FallEvent) => Readonly<Record<string, unknown>>;
  /** Hub at this port, RTSP at +1, Modbus TCP at +2, panels from +3, cameras from +10. Default: free ports. */
  readonly basePort?: number;
  /** UDP port of WS-Discovery; 3702 is the real one, 0 a free one. Default: no discovery. */
  readonly discoveryPort?: number;
  /**
   * Gives each camera an address of its own instead of 127.0.0.1, from this IPv4 address on, 250 to each /24; true: from 127.77.0.1. Addresses
   * outside 127/8 must be the machine's (or a network namespace's). Default false.
   */
  readonly ownAddresses?: boolean | string;
  /** The same port for all cameras, each at an address of its own. Default: free ones, or those of `basePort`. */
  readonly cameraPort?: number;
}

/** A site that stands until it is disposed. */
export interface SimulatedSite extends AsyncDisposable {
  readonly cameras: readonly SimulatedCamera[];
  /** All cameras together. */
  readonly crowd: Crowd;
  readonly sensors: readonly SimulatedSensor[];
  readonly hub: SimulatedHub | undefined;
  readonly webhook: WebhookSender;
  readonly webhookToken: string;
  readonly discoveryPort: number | undefined;
  camera(id: string): SimulatedCamera | undefined;
  sensor(id: string): SimulatedSensor | undefined;
  /** Tells fall detectors where to post, from the next try on; `{device}` in the address becomes the detector's id. */
  aimWebhooks(url: string): void;
  /** What a gateway must know of the site. */
  facts(): SiteFacts;
}

/** A Modbus unit on a bus and where its smoke point lies. */
export interface UnitFacts {
  readonly device: string;
  readonly unitId: number;
  /** Smoke is discrete input `address` (and coil `address`) = 1; absent for a supervised line, whose input register 0 is its resistance. */
  readonly smoke?: { readonly function: 2; readonly address: number };
}

/** What a gateway's configuration is written from; plain JSON. */
export interface SiteFacts {
  readonly hub: { readonly url: string; readonly user?: string; readonly password?: string } | undefined;
  readonly buses: readonly (
    | {
        readonly id: string;
        readonly kind: 'modbus-rtu';
        readonly path: string;
        readonly baudRate: 9600;
        readonly units: readonly UnitFacts[];
      }
    | {
        readonly id: string;
        readonly kind: 'modbus-tcp';
        readonly host: string;
        readonly port: number;
        readonly units: readonly UnitFacts[];
      }
  )[];
  /** Fire panels' lines over TCP, in the grammar korean-r-type. */
  readonly panels: readonly { readonly device: string; readonly host: string; readonly port: number }[];
  /** Devices that report over MQTT, in the shipped template of their kind. */
  readonly mqtt: readonly { readonly device: string; readonly kind: ReportingKind; readonly topic: string; readonly password: string }[];
  readonly webhooks: readonly { readonly device: string; readonly token: string }[];
  readonly cameras: readonly { readonly id: string; readonly address: string; readonly user: string; readonly password: string }[];
}

const host = '127.0.0.1';
const usualKinds = ['modbus-rtu', 'modbus-tcp', 'webhook'] as const;
const maxCameras = 10_000;
const maxPort = 65_535;

/** Opens the site. Throws `simulator.port-taken`, `simulator.script-missing`, `simulator.pty-failed`; what was opened before is closed again. */
export async function openSimulatedSite(options: SiteOptions, env: Env): Promise<SimulatedSite> {
  await using stack = new AsyncDisposableStack();
  const port = (offset: number): number => (options.basePort === undefined ? 0 : options.basePort + offset);
  const lastPort = port(9 + cameraList(options).length);
  if (lastPort > maxPort) throw fault('port-taken', { detail: `${options.basePort} … ${lastPort} > ${maxPort}` });
  const webhookToken = options.webhookToken ?? env.random.bytes(16).toString('hex');
  const login = typeof options.hub === 'object' ? options.hub.login : undefined;
  const hub = options.hub ? stack.use(await openHub({ host, port: port(0), login }, env)) : undefined;
  const cameras = cameraList(options).map((camera, index) =>
    natureOf(camera, index, {
      host: options.ownAddresses ? ownAddress(options.ownAddresses, index) : host,
      port: options.cameraPort ?? port(10 + index),
    }),
  );
  const fleet = stack.use(await openFleet({ cameras, rtspPort: port(1), discoveryPort: options.discoveryPort }, env));
  const webhook = options.webhookUrl === undefined ? undefined : { url: options.webhookUrl, token: webhookToken };
  const sensors = sensorList(options);
  const mqtt = options.mqttUrl === undefined ? undefined : { url: options.mqttUrl, password: webhookToken };
  const ways = { tcpPort: port(2), panelPort: port(3), webhook, mqtt, compose: options.composeWebhook };
  const field = stack.use(await openField({ sensors, host, ...ways }, env));
  const resources = stack.move();
  const cameraById = new Map(fleet.cameras.map((camera) => [camera.id, camera]));
  const sensorById = new Map(field.sensors.map((sensor) => [sensor.id, sensor]));
  return {
    cameras: fleet.cameras,
    crowd: openCrowd(fleet.cameras, env.clock),
    sensors: field.sensors,
    hub,
    webhook: field.webhook,
    webhookToken,
    discoveryPort: fleet.discoveryPort,
    camera: (id) => cameraById.get(id),
    sensor: (id) => sensorById.get(id),
    aimWebhooks: (url) => field.webhook.aim({ url, token: webhookToken }),
    facts: () => ({
      hub: hub && { url: hub.url, ...login },
      buses: busFacts(field),
      panels: field.sensors.flatMap(({ id, port: at }) => (at === undefined ? [] : [{ device: id, host, port: at }])),
      mqtt: field.sensors.flatMap(({ id, kind, topic }) =>
        isReporting(kind) && topic !== undefined ? [{ device: id, kind, topic, password: webhookToken }] : [],
      ),
      webhooks: field.sensors.filter((one) => one.kind === 'webhook').map((one) => ({ device: one.id, token: webhookToken })),
      cameras: fleet.cameras.map(({ id, address, login }) => ({ id, address, ...login })),
    }),
    [Symbol.asyncDispose]: async () => await resources.disposeAsync(),
  };
}

function cameraList({ cameras = 0, personalities = [] }: SiteOptions): readonly Partial<CameraOptions>[] {
  if (typeof cameras !== 'number') return cameras.slice(0, maxCameras);
  return Array.from({ length: Math.min(cameras, maxCameras) }, (_, index) => {
    const personality = personalities[index % personalities.length];
    return personality === undefined ? {} : { personality };
  });
}

/** The address of a camera that has one of its own, 250 to each /24. */
function ownAddress(first: true | string, index: number): string {
  const parts = (first === true ? '127.77.0.1' : first).split('.').map(Number);
  const start = parts.reduce((number, part) => number * 256 + part, 0);
  const at = start + Math.floor(index / 250) * 256 + (index % 250);
  return [24, 16, 8, 0].map((shift) => Math.floor(at / 2 ** shift) % 256).join('.');
}

/** Those of the three usual kinds are named after what they find, others after what they are. */
function sensorList({ sensors = 0, sensorKinds = usualKinds }: SiteOptions): readonly { readonly id: string; readonly kind: SensorKind }[] {
  if (typeof sensors !== 'number') return sensors;
  const made = new Map<string, number>();
  return Array.from({ length: sensors }, (_, index) => {
    const kind = sensorKinds[index % sensorKinds.length] ?? 'webhook';
    const name = usualKinds.some((usual) => usual === kind) ? sensorFinds[kind][0] : kind;
    const number = (made.get(name) ?? 0) + 1;
    made.set(name, number);
    return { id: `${name}-${number}`, kind };
  });
}

function busFacts(field: Awaited<ReturnType<typeof openField>>): SiteFacts['buses'] {
  const units = (isSerial: boolean): UnitFacts[] =>
    field.sensors.flatMap(({ id, kind, unit }) => {
      if (!unit || (kind === 'modbus-rtu') !== isSerial) return [];
      const smoke = kind === 'supervised' ? {} : { smoke: { function: 2 as const, address: smokePoints.smoke } };
      return [{ device: id, unitId: unit.unitId, ...smoke }];
    });
  const { serialPath, tcp } = field;
  return [
    ...(serialPath === undefined
      ? []
      : [{ id: 'serial-1', kind: 'modbus-rtu' as const, path: serialPath, baudRate: 9600 as const, units: units(true) }]),
    ...(tcp === undefined ? [] : [{ id: 'tcp-1', kind: 'modbus-tcp' as const, ...tcp, units: units(false) }]),
  ];
}
