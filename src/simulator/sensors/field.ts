// The virtual sensors of a site: detectors and supervised lines at Modbus, fall detectors that send webhooks, fire panels that print lines, and devices that report over MQTT.
import type { Env } from '#base';
import { isReporting, type SensorFault, type SensorFind, type SensorKind, sensorFinds } from './kinds.ts';
import { openModbusTcp, openSerialLine } from './lines.ts';
import { lateMs, type ModbusUnit, openUnit, type UnitFault } from './modbus.ts';
import { type MqttTarget, openMqttDevice } from './mqtt-device.ts';
import { openFirePanel } from './panel.ts';
import { openWebhookSender, type WebhookSender, type WebhookTarget } from './webhook.ts';

/** A virtual sensor. */
export interface SimulatedSensor {
  readonly id: string;
  readonly kind: SensorKind;
  /** What it can find. */
  readonly finds: readonly SensorFind[];
  /** Modbus sensors only: registers that can be set from code. */
  readonly unit: ModbusUnit | undefined;
  /** TCP port of a panel's line. */
  readonly port?: number;
  /** Where it reports to over MQTT. */
  readonly topic?: string;
  /** What it finds begins or ends: the first of `finds` where nothing is said. A webhook's promise resolves when the message was answered 2xx, that of MQTT when it was acknowledged. */
  trip(active: boolean, what?: SensorFind): Promise<void>;
  /** Misbehaves from now on; undefined ends it. Nothing happens where its kind cannot (`sensorFaults`). */
  fail(fault: SensorFault | undefined): Promise<void>;
}

/** Where a smoke detector says what. Modbus addresses from 0. */
export const smokePoints = {
  /** Discrete input and coil: smoke. */
  smoke: 0,
  /** Discrete input: detector fault. */
  fault: 1,
  /** Holding and input register: obscuration in 0.1 %/m. */
  obscuration: 0,
} as const;

/** Input register 0 of a supervised line: its resistance in ohms, with an end-of-line resistor of 10 kΩ. */
const lineOhm = { normal: 10_000, fire: 1000, short: 20, open: 65_535 } as const;

/** All sensors of a site. */
export interface Field extends AsyncDisposable {
  readonly sensors: readonly SimulatedSensor[];
  /** Path of the serial line; undefined when no sensor stands on it. */
  readonly serialPath: string | undefined;
  readonly tcp: { readonly host: string; readonly port: number } | undefined;
  readonly webhook: WebhookSender;
}

/** What to open. */
export interface FieldOptions {
  readonly sensors: readonly { readonly id: string; readonly kind: SensorKind }[];
  readonly host: string;
  readonly tcpPort: number;
  /** TCP port of the first panel; further ones follow up to `panelPorts` of them, and then free ones. 0: all free. */
  readonly panelPort: number;
  readonly webhook: WebhookTarget | undefined;
  /** Where MQTT devices report to. */
  readonly mqtt: MqttTarget | undefined;
  /** Makes the body of a webhook; `id` is added where it has none. Default: the event itself. */
  readonly compose: ((event: FallEvent) => Readonly<Record<string, unknown>>) | undefined;
}

/** What a fall detector says. */
export interface FallEvent {
  readonly device: string;
  readonly kind: 'fall';
  readonly state: 'active' | 'inactive';
  /** RFC 3339. */
  readonly time: string;
}

/** Opens the sensors; lines are opened only where a sensor stands on them. Throws as `openPty` and `simulator.port-taken`. */
export async function openField(options: FieldOptions, env: Env): Promise<Field> {
  await using stack = new AsyncDisposableStack();
  const webhook = stack.use(openWebhookSender(options.webhook, {}, env));
  const next = { 'modbus-rtu': 0, 'modbus-tcp': 0 };
  const unplugged = { 'modbus-rtu': new Set<string>(), 'modbus-tcp': new Set<string>() };
  const plug = async (kind: 'modbus-rtu' | 'modbus-tcp', id: string, isIn: boolean): Promise<void> => {
    if (isIn) unplugged[kind].delete(id);
    else unplugged[kind].add(id);
    const stands = unplugged[kind].size === 0;
    await (kind === 'modbus-rtu' ? line?.plug(stands) : server?.plug(stands));
  };
  let panels = 0;
  const open = async ({ id, kind }: FieldOptions['sensors'][number]): Promise<SimulatedSensor> => {
    if (kind === 'webhook') return stack.use(fallDetector(id, { webhook, compose: options.compose }, env));
    if (kind === 'panel') {
      panels += 1;
      const port = options.panelPort === 0 || panels > panelPorts ? 0 : options.panelPort + panels - 1;
      return telling(id, kind, stack.use(await openFirePanel({ host: options.host, port }, env)));
    }
    if (isReporting(kind)) return telling(id, kind, stack.use(openMqttDevice(id, kind, options.mqtt, env)));
    const way = kind === 'modbus-rtu' ? 'modbus-rtu' : 'modbus-tcp';
    next[way] += 1;
    const place = { number: next[way], plug: (isIn: boolean) => plug(way, id, isIn) };
    return kind === 'supervised' ? supervisedLine(id, place) : smokeDetector(id, kind, place);
  };
  const sensors: SimulatedSensor[] = [];
  for (const wanted of options.sensors) sensors.push(await open(wanted));
  const unitsOf = (isSerial: boolean): ModbusUnit[] =>
    sensors.flatMap((one) => (one.unit && (one.kind === 'modbus-rtu') === isSerial ? [one.unit] : []));
  const [rtu, tcp] = [unitsOf(true), unitsOf(false)];
  const line = rtu.length > 0 ? stack.use(await openSerialLine(rtu, env)) : undefined;
  const server =
    tcp.length > 0 ? stack.use(await openModbusTcp({ host: options.host, port: options.tcpPort, units: tcp }, env)) : undefined;
  const resources = stack.move();
  return {
    sensors,
    webhook,
    serialPath: line?.path,
    tcp: server && { host: options.host, port: server.port },
    [Symbol.asyncDispose]: async () => await resources.disposeAsync(),
  };
}

/** Panels whose ports follow each other. */
const panelPorts = 7;

/** Its number on the line, and the line's plug. */
interface UnitPlace {
  readonly number: number;
  plug(isIn: boolean): Promise<void>;
}

/** A sensor that tells by itself. */
function telling(
  id: string,
  kind: SensorKind,
  teller: {
    readonly port?: number;
    readonly topic?: string;
    find(what: SensorFind, active: boolean): Promise<void>;
    fail(fault: SensorFault | undefined): void;
  },
): SimulatedSensor {
  const { port, topic } = teller;
  return {
    id,
    kind,
    finds: sensorFinds[kind],
    unit: undefined,
    ...(port !== undefined && { port }),
    ...(topic !== undefined && { topic }),
    trip: async (active, what = sensorFinds[kind][0]) => await teller.find(what, active),
    fail: async (fault) => teller.fail(fault),
  };
}

/** A detector line behind an input module; what is found last shows, until it ends. */
function supervisedLine(id: string, { number, plug }: UnitPlace): SimulatedSensor {
  const unit = openUnit(((number - 1) % 247) + 1);
  unit.input.set(0, lineOhm.normal);
  return {
    id,
    kind: 'supervised',
    finds: sensorFinds.supervised,
    unit,
    async trip(active, what = 'fire') {
      const found = what === 'short' || what === 'open' ? what : 'fire';
      unit.input.set(0, active ? lineOhm[found] : lineOhm.normal);
    },
    async fail(fault) {
      unit.fault = isUnitFault(fault) ? fault : undefined;
      await plug(fault !== 'unplug');
    },
  };
}

function smokeDetector(id: string, kind: 'modbus-rtu' | 'modbus-tcp', { number, plug }: UnitPlace): SimulatedSensor {
  const unit = openUnit(((number - 1) % 247) + 1);
  const trip = async (active: boolean): Promise<void> => {
    unit.discreteInputs.set(smokePoints.smoke, active);
    unit.coils.set(smokePoints.smoke, active);
    for (const table of [unit.holding, unit.input]) table.set(smokePoints.obscuration, active ? 120 : 3);
  };
  for (const table of [unit.holding, unit.input]) table.set(smokePoints.obscuration, 3);
  return {
    id,
    kind,
    finds: sensorFinds[kind],
    unit,
    trip,
    async fail(fault) {
      unit.fault = isUnitFault(fault) ? fault : undefined;
      await plug(fault !== 'unplug');
    },
  };
}

function isUnitFault(fault: SensorFault | undefined): fault is UnitFault {
  return fault !== undefined && fault !== 'unplug' && fault !== 'drift';
}

const floodMs = 20;

function fallDetector(
  id: string,
  way: { webhook: WebhookSender; compose: FieldOptions['compose'] },
  env: Env,
): SimulatedSensor & Disposable {
  let fault: SensorFault | undefined;
  let since = 0;
  let isActive = false;
  let next: Disposable | undefined;
  const tell = async (active: boolean): Promise<void> => {
    const gainedMs = fault === 'drift' ? env.clock.monotonicMs() - since : 0;
    const time = new Date(env.clock.now() + gainedMs).toISOString();
    const event: FallEvent = { device: id, kind: 'fall', state: active ? 'active' : 'inactive', time };
    await way.webhook.send(way.compose?.(event) ?? { ...event });
  };
  const flood = (): void => {
    void tell(isActive);
    next = env.clock.after(floodMs, flood);
  };
  const stop = (): void => {
    next?.[Symbol.dispose]();
    next = undefined;
  };
  return {
    id,
    kind: 'webhook',
    finds: sensorFinds.webhook,
    unit: undefined,
    async trip(active) {
      isActive = active;
      if (fault === 'silent') return;
      if (fault === 'late') await env.clock.sleep(lateMs);
      await tell(active);
    },
    async fail(what) {
      stop();
      fault = what;
      since = env.clock.monotonicMs();
      if (what === 'flood') flood();
    },
    [Symbol.dispose]: stop,
  };
}
