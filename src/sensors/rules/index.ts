// The door of the rules: from what was seen to what is said, pure.
export { faultOf } from './health.ts';
export { noteOf, recallNote } from './note.ts';
export {
  afterSilence,
  conditionOf,
  endedByPerson,
  type Observation,
  type SensorState,
  type SensorStep,
  seedSensor,
  sensorDueOf,
  stepSensor,
  type Utterance,
  unsaid,
  wholeSensor,
  withoutMemory,
} from './sensor.ts';
export { hasCriticalRule, type Urgency, urgencyOf } from './urgency.ts';
