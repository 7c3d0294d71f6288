// The kinds of virtual sensors: what each can find, how it can misbehave, and what it reports where it tells values.

const modbusFaults = ['silent', 'late', 'corrupt', 'wrong-unit', 'flood', 'unplug'] as const;
const mqttFaults = ['silent', 'late', 'corrupt', 'flood', 'unplug', 'drift'] as const;

/**
 * What can be wrong with a sensor of each kind. Beside those of a Modbus unit (TCP knows no noise): `unplug` takes the whole line or connection away, with all that stands on it. Who tells by himself is silent,
 * 1.5 s late, says the same 50 times a second under new ids (`flood`), sends what nobody can read (`corrupt` payloads, `noise` between the lines of a panel), or its clock gains as much as it runs (`drift`).
 */
export const sensorFaults = {
  'modbus-rtu': [...modbusFaults, 'noise'],
  'modbus-tcp': modbusFaults,
  webhook: ['silent', 'late', 'flood', 'drift'],
  supervised: modbusFaults,
  panel: ['silent', 'late', 'noise', 'flood', 'unplug', 'drift'],
  hydrant: mqttFaults,
  structure: mqttFaults,
  activity: mqttFaults,
  button: mqttFaults,
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type SensorKind = keyof typeof sensorFaults;
export type SensorFault = (typeof sensorFaults)[SensorKind][number];
export const sensorKinds = Object.keys(sensorFaults) as readonly SensorKind[];

/** What a sensor of each kind can find; the first where nothing is said. */
export const sensorFinds = {
  'modbus-rtu': ['smoke'],
  'modbus-tcp': ['smoke'],
  webhook: ['fall'],
  supervised: ['fire', 'short', 'open'],
  panel: ['fire', 'trouble', 'mains'],
  hydrant: ['parking', 'leak', 'pressure', 'freezing', 'battery'],
  structure: ['tilt', 'crack', 'vibration', 'battery'],
  activity: ['no-activity', 'battery'],
  button: ['call', 'battery'],
} as const satisfies Readonly<Record<SensorKind, readonly [string, ...string[]]>>;
export type SensorFind = (typeof sensorFinds)[SensorKind][number];
export const allFinds = [...new Set(Object.values(sensorFinds).flat())] as [SensorFind, ...SensorFind[]];

/** Kinds that report values over MQTT. */
export type ReportingKind = 'hydrant' | 'structure' | 'activity' | 'button';
type Values = Readonly<Record<string, unknown>>;

/** What they report while all is well, and what else when something is found; names and units of the shipped templates. */
export const reports: Readonly<
  Record<ReportingKind, { readonly well: Values; readonly found: Readonly<Partial<Record<SensorFind, Values>>> }>
> = {
  hydrant: {
    well: {
      pressure: 350,
      temperature: 12,
      leak: 'normal',
      freezing: 'normal',
      drain: 'closed',
      heater: 'off',
      parking: 'vacant',
      battery: 90,
    },
    found: {
      parking: { parking: 'occupied' },
      leak: { leak: 'leak' },
      pressure: { pressure: 90 },
      freezing: { freezing: 'frozen', temperature: -6 },
      battery: { battery: 8 },
    },
  },
  structure: {
    well: { tilt: { x: 0.1, y: 0 }, crack: 0.2, vibration: 2, battery: 90 },
    found: { tilt: { tilt: { x: 1.6, y: 0 } }, crack: { crack: 1.4 }, vibration: { vibration: 80 }, battery: { battery: 8 } },
  },
  activity: {
    well: { movements: 4, idleHours: 0, battery: 90 },
    found: { 'no-activity': { movements: 0, idleHours: 25 }, battery: { battery: 8 } },
  },
  button: { well: { button: 'normal', battery: 90 }, found: { call: { button: 'pressed' }, battery: { battery: 8 } } },
};

/** Whether a kind reports values over MQTT. */
export function isReporting(kind: SensorKind): kind is ReportingKind {
  return Object.hasOwn(reports, kind);
}
