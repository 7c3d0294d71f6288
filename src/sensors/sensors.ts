// All sensors of the gateway: the drivers that the configuration names, as one service.
import { type Env, runServices, type Service } from '#base';
import type { Device } from '#model';
import type { Driver, SensorStatus, SensorsDeps } from './driver.ts';
import { sensorsFaults } from './faults.ts';
import type { Grammar } from './grammar-option.ts';
import { openLine, shippedGrammar, unknownGrammar } from './line/index.ts';
import { openSensorMemory } from './memory.ts';
import { messageMaps } from './messages/index.ts';
import type { Bus, BusVisit, DriverWorld } from './modbus/index.ts';
import { openModbusRtu, openModbusRtuTcp } from './modbus-rtu/index.ts';
import { openModbusTcp } from './modbus-tcp/index.ts';
import { openMqttBroker, openMqttClient } from './mqtt/index.ts';
import { openOneM2m } from './onem2m/index.ts';
import type { BusOptions, MessageMap, SensorsOptions, Template } from './options.ts';
import { openPoll } from './poll/index.ts';
import { shippedTemplate } from './templates/index.ts';
import { openWebhook } from './webhook/index.ts';

/** The room's handle. */
export interface Sensors {
  /** Asks and listens until aborted; one bus's failure stays its own. */
  readonly service: Service;
  /** The sensors that the configuration states, for the registry. */
  devices(): readonly Device[];
  status(): readonly SensorStatus[];
  /** The Modbus bus `id`, for a technician's own questions. @throws sensors.bus-unknown */
  bus(id: string): BusVisit;
  /** Where the line `id` listens now; undefined while it does not, or never does. */
  lineAddress(id: string): { readonly host: string; readonly port: number } | undefined;
  /** Where the webhook listens now; undefined while it does not. */
  webhookAddress(): { readonly host: string; readonly port: number } | undefined;
  /** Where platforms of oneM2M notify us now; undefined while nothing listens. */
  onem2mAddress(): { readonly host: string; readonly port: number } | undefined;
  /** Where the MQTT broker for the site's own devices listens now; undefined while it does not. */
  mqttAddress(): { readonly host: string; readonly port: number } | undefined;
}

/** Opens the drivers; nothing is asked before the service runs. Throws `sensors.template-unknown`. */
export function openSensors(options: SensorsOptions, deps: SensorsDeps, env: Env): Sensors {
  const own = new Map<string, Template>(Object.entries(options.templates));
  const template = (name: string): Template => own.get(name) ?? shippedTemplate(name) ?? unknownTemplate(name);
  const maps = new Map<string, MessageMap>(Object.entries(messageMaps));
  const memory = openSensorMemory(deps.notes, env);
  const world = { deps, env, memory, template, map: (name: string) => maps.get(name) ?? unknownMap(name) };
  const webhook = options.webhook && openWebhook(options.webhook, world);
  const buses = options.buses.map((bus) => openModbus(bus, world));
  const broker = options.mqtt.broker && openMqttBroker(options.mqtt.broker, world);
  const clients = options.mqtt.connections.map((connection) => openMqttClient(connection, world));
  const grammar = (name: string): Grammar => options.grammars[name] ?? shippedGrammar(name) ?? noGrammar(name);
  const lines = options.lines.map((line) => openLine(line, { ...world, grammar }));
  const onem2m = options.onem2m && openOneM2m(options.onem2m, world);
  const polls = options.polls.map((poll) => openPoll(poll, world));
  const drivers: readonly Driver[] = [
    ...buses,
    ...lines,
    ...polls,
    ...clients,
    ...(broker ? [broker] : []),
    ...(onem2m ? [onem2m] : []),
    ...(webhook ? [webhook] : []),
  ];
  return {
    service: { name: 'sensors', run: (signal) => runServices([memory.service, ...drivers.map((driver) => driver.service)], signal) },
    devices: () => drivers.flatMap((driver) => driver.devices),
    status: () => drivers.flatMap((driver) => driver.status()),
    bus(id) {
      const bus = buses.find(({ name }) => name === id);
      if (!bus) throw sensorsFaults.fault('bus-unknown', { detail: id });
      return bus.visit;
    },
    lineAddress: (id) => lines.find(({ name }) => name === id)?.address(),
    webhookAddress: () => webhook?.address(),
    onem2mAddress: () => onem2m?.address(),
    mqttAddress: () => broker?.address(),
  };
}

function openModbus(bus: BusOptions, world: DriverWorld): Bus {
  if (bus.driver === 'modbus-rtu') return openModbusRtu(bus, world);
  return bus.driver === 'modbus-tcp' ? openModbusTcp(bus, world) : openModbusRtuTcp(bus, world);
}

function unknownTemplate(name: string): never {
  throw sensorsFaults.fault('template-unknown', { detail: name });
}

function unknownMap(name: string): never {
  throw sensorsFaults.fault('map-unknown', { detail: `${name} (${Object.keys(messageMaps).join(', ')})` });
}

function noGrammar(name: string): never {
  throw unknownGrammar(name);
}
