// A device that reports values over MQTT to a gateway's own broker: on every change, and every five seconds so that the gateway knows that it lives.
import { connect, type MqttClient } from 'mqtt';
import { type Env, uuidv7 } from '#base';
import { type ReportingKind, reports, type SensorFault, type SensorFind } from './kinds.ts';
import { lateMs } from './modbus.ts';

/** Where devices report to: `mqtt://host:port`. Each logs in with its id as its name. */
export interface MqttTarget {
  readonly url: string;
  readonly password: string;
}

/** The device of one id. */
export interface MqttDevice extends AsyncDisposable {
  readonly topic: string;
  /** Resolves when the report was acknowledged, or at once where nothing can be sent. */
  find(what: SensorFind, active: boolean): Promise<void>;
  fail(fault: SensorFault | undefined): void;
}

/** Shortest time between two reports of a device that has nothing new to say. */
const reportMs = 5000;
const floodMs = 20;
/** Reports on their way at once; further ones are not sent. */
const maxUnderWay = 500;

/** Opens the device; without a target it keeps still. */
export function openMqttDevice(id: string, kind: ReportingKind, target: MqttTarget | undefined, env: Env): MqttDevice {
  const topic = `site/${kind}/${id}`;
  const active = new Set<SensorFind>();
  let fault: SensorFault | undefined;
  let since = 0;
  let underWay = 0;
  let next: Disposable | undefined;
  let client: MqttClient | undefined;
  const plug = (isIn: boolean): void => {
    if (!target || isIn === (client !== undefined)) return;
    client?.end(true);
    client = isIn
      ? connect(target.url, {
          username: id,
          password: target.password,
          clientId: id,
          protocolVersion: 4,
          reconnectPeriod: 1000,
          clean: true,
        })
      : undefined;
    client?.on('error', () => {});
  };
  const payload = (): string => {
    const { well, found } = reports[kind];
    const gainedMs = fault === 'drift' ? env.clock.monotonicMs() - since : 0;
    const time = new Date(env.clock.now() + gainedMs).toISOString();
    const values = Object.assign({}, well, ...[...active].map((what) => found[what] ?? {}));
    const text = JSON.stringify({ id: uuidv7(env.clock.now(), env.random), time, ...values });
    return fault === 'corrupt' ? text.slice(0, text.length / 2) : text;
  };
  const report = async (): Promise<void> => {
    const sender = client;
    if (!sender || fault === 'silent' || underWay >= maxUnderWay) return;
    if (fault === 'late') await env.clock.sleep(lateMs);
    underWay += 1;
    await sender.publishAsync(topic, payload(), { qos: 1 }).catch(() => {});
    underWay -= 1;
  };
  const goOn = (): void => {
    next = env.clock.after(fault === 'flood' ? floodMs : reportMs, () => {
      void report();
      goOn();
    });
  };
  plug(true);
  void report();
  goOn();
  return {
    topic,
    async find(what, isActive) {
      if (isActive) active.add(what);
      else active.delete(what);
      await report();
    },
    fail(what) {
      fault = what;
      since = env.clock.monotonicMs();
      plug(what !== 'unplug');
      next?.[Symbol.dispose]();
      goOn();
    },
    async [Symbol.asyncDispose]() {
      next?.[Symbol.dispose]();
      await client?.endAsync(true);
    },
  };
}
