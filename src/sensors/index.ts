// The door of sensors: drivers and templates, rules, silence.
export type { SensorStatus, SensorsDeps } from './driver.ts';
export { sensorsFaults } from './faults.ts';
export { recordLine, rehearse } from './line/index.ts';
export { openSensors, type Sensors } from './sensors.ts';
