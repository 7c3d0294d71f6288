// The virtual sensors of a site: smoke detectors on a serial line and on TCP, and a fall detector whose maker sends webhooks.
import type { Env } from '#base';
import { openModbusTcp, openSerialLine } from './lines.ts';
import { lateMs, type ModbusUnit, openUnit, type UnitFault } from './modbus.ts';
import { openWebhookSender, type WebhookSender, type WebhookTarget } from './webhook.ts';

export type SensorKind = 'modbus-rtu' | 'modbus-tcp' | 'webhook';

const modbusFaults = ['silent', 'late', 'corrupt', 'wrong-unit', 'flood', 'unplug'] as const;
/**
 * What can be wrong with a sensor of each kind. Beside those of a Modbus unit (TCP knows no noise): `unplug` takes the whole line away, with all that stands on it. A sender of
 * webhooks is silent, 1.5 s late, says the same 50 times a second under new ids (`flood`), or its clock gains as much as it runs (`drift`).
 */
export const sensorFaults = {
  'modbus-rtu': [...modbusFaults, 'noise'],
  'modbus-tcp': modbusFaults,
  webhook: ['silent', 'late', 'flood', 'drift'],
} as const satisfies Readonly<Record<SensorKind, readonly string[]>>;
export type SensorFault = (typeof sensorFaults)[SensorKind][number];

/** A virtual sensor. */
export interface SimulatedSensor {
  readonly id: string;
  readonly kind: SensorKind;
  readonly measures: 'smoke' | 'fall';
  /** Modbus sensors only: registers that can be set from code. */
  readonly unit: ModbusUnit | undefined;
  /** What it finds begins or ends. A webhook's promise resolves when the message was answered 2xx. */
  trip(active: boolean): Promise<void>;
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
  const unplugged = { 'modbus-rtu': new Set<string>(), 'modbus-tcp': new Set<string>() };
  const plug = async (kind: 'modbus-rtu' | 'modbus-tcp', id: string, isIn: boolean): Promise<void> => {
    if (isIn) unplugged[kind].delete(id);
    else unplugged[kind].add(id);
    const stands = unplugged[kind].size === 0;
    await (kind === 'modbus-rtu' ? line?.plug(stands) : server?.plug(stands));
  };
  const sensors = options.sensors.map(({ id, kind }): SimulatedSensor => {
    if (kind === 'webhook') return stack.use(fallDetector(id, { webhook, compose: options.compose }, env));
    next[kind] += 1;
    return smokeDetector(id, kind, { number: next[kind], plug: (isIn) => plug(kind, id, isIn) });
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

function smokeDetector(
  id: string,
  kind: 'modbus-rtu' | 'modbus-tcp',
  { number, plug }: { readonly number: number; plug(isIn: boolean): Promise<void> },
): SimulatedSensor {
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
    measures: 'fall',
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
