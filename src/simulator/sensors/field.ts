// The virtual sensors of a site: smoke detectors on a serial line and on TCP, and a fall detector whose maker sends webhooks.
import type { Env } from '#base';
import { openModbusTcp, openSerialLine } from './lines.ts';
import { type ModbusUnit, openUnit, type UnitFault } from './modbus.ts';
import { openWebhookSender, type WebhookSender, type WebhookTarget } from './webhook.ts';

export type SensorKind = 'modbus-rtu' | 'modbus-tcp' | 'webhook';

/** A virtual sensor. */
export interface SimulatedSensor {
  readonly id: string;
  readonly kind: SensorKind;
  readonly measures: 'smoke' | 'fall';
  /** Modbus sensors only: registers that can be set from code. */
  readonly unit: ModbusUnit | undefined;
  /** What it finds begins or ends. A webhook's promise resolves when the message was answered 2xx. */
  trip(active: boolean): Promise<void>;
  /** Misbehaves from now on; undefined ends it. A webhook sensor cannot: nothing happens. */
  fail(fault: UnitFault | undefined): void;
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
  readonly webhook: WebhookTarget | undefined;
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
  const sensors = options.sensors.map(({ id, kind }): SimulatedSensor => {
    if (kind === 'webhook') return fallDetector(id, { webhook, compose: options.compose }, env);
    next[kind] += 1;
    return smokeDetector(id, kind, next[kind]);
  });
  const unitsOf = (kind: SensorKind): ModbusUnit[] => sensors.flatMap((one) => (one.kind === kind && one.unit ? [one.unit] : []));
  const [rtu, tcp] = [unitsOf('modbus-rtu'), unitsOf('modbus-tcp')];
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

function smokeDetector(id: string, kind: 'modbus-rtu' | 'modbus-tcp', number: number): SimulatedSensor {
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
    measures: 'smoke',
    unit,
    trip,
    fail(fault) {
      unit.fault = fault;
    },
  };
}

function fallDetector(id: string, way: { webhook: WebhookSender; compose: FieldOptions['compose'] }, env: Env): SimulatedSensor {
  return {
    id,
    kind: 'webhook',
    measures: 'fall',
    unit: undefined,
    async trip(active) {
      const time = new Date(env.clock.now()).toISOString();
      const event: FallEvent = { device: id, kind: 'fall', state: active ? 'active' : 'inactive', time };
      await way.webhook.send(way.compose?.(event) ?? { ...event });
    },
    fail() {},
  };
}
