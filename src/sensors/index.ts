// The door of sensors: drivers and templates, rules, silence.
export { type Calibrations, openCalibrations } from './calibrations.ts';
export type { SensorStatus, SensorsDeps } from './driver.ts';
export { openEndings } from './endings.ts';
export { sensorsFaults } from './faults.ts';
export { describeGrammars, recordLine, rehearse } from './line/index.ts';
export type { BusVisit, ScannedUnit } from './modbus/index.ts';
export { openSensors, type Sensors } from './sensors.ts';
export { describeTemplates } from './templates/index.ts';
