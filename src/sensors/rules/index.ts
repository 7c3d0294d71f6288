// The door of the rules: from what was seen to what is said, pure.
export { faultOf } from './health.ts';
export {
  conditionOf,
  type Observation,
  type SensorState,
  type SensorStep,
  seedSensor,
  stepSensor,
  type Utterance,
  wholeSensor,
} from './sensor.ts';
