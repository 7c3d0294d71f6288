// The table of topics that ONVIF itself names: Core §9, Analytics Service Annex, Imaging, Device IO and Recording.
import { opinion, type TopicMeaning } from './subject.ts';

const motion = { alarm: 'motion' } as const;
const changed = { alarm: 'scene-change' } as const;
const input = { alarm: 'digital-input' } as const;
const heat = { alarm: 'heat' } as const;
const fault = { condition: 'camera-fault' } as const;
const storage = { condition: 'storage-failure' } as const;
const sound = { alarm: 'sound' } as const;

/** Rows are tried in order; the first that fits holds. */
export const standardTopics: readonly TopicMeaning[] = [
  // Analytics: rules.
  { topic: 'VideoSource/MotionAlarm', about: motion, state: opinion },
  { topic: 'RuleEngine/CellMotionDetector/Motion', about: motion, state: opinion },
  { topic: 'RuleEngine/MotionRegionDetector/Motion', about: motion, state: opinion },
  { topic: 'RuleEngine/LineDetector/Crossed', about: { alarm: 'line-crossing' }, state: ['IsCrossed', 'State'] },
  { topic: 'RuleEngine/FieldDetector/ObjectsInside', about: { alarm: 'intrusion' }, state: ['IsInside', 'State'] },
  { topic: 'RuleEngine/LoiteringDetector/ObjectIsLoitering', about: { alarm: 'loitering' }, state: ['IsLoitering', 'State'] },
  { topic: 'RuleEngine/ObjectAbandoned', about: { alarm: 'abandoned' }, state: ['IsAbandoned', 'State'] },
  { topic: 'RuleEngine/ObjectRemoved', about: { alarm: 'removed' }, state: ['IsRemoved', 'State'] },
  { topic: 'RuleEngine/*/ObjectAbandoned', about: { alarm: 'abandoned' }, state: ['IsAbandoned', 'State'] },
  { topic: 'RuleEngine/*/ObjectRemoved', about: { alarm: 'removed' }, state: ['IsRemoved', 'State'] },
  { topic: 'RuleEngine/TamperDetector/Tamper', about: { alarm: 'tamper' }, state: ['IsTamper', 'State'] },
  { topic: 'RuleEngine/AudioDetector/Class', about: sound, state: [] },
  { topic: 'RuleEngine/Radiometry/TemperatureAlarm', about: heat, state: ['AlarmActive', 'State'] },
  { topic: 'RuleEngine/CountAggregation/Counter', state: [] },
  { topic: 'RuleEngine/ObjectTrack/*', state: [] },
  // Imaging.
  { topic: 'VideoSource/GlobalSceneChange/*', about: changed, state: opinion },
  { topic: 'VideoSource/ImageTooBlurry/*', about: changed, state: opinion, severity: 'warning' },
  { topic: 'VideoSource/ImageTooDark/*', about: changed, state: opinion, severity: 'warning' },
  { topic: 'VideoSource/ImageTooBright/*', about: changed, state: opinion, severity: 'warning' },
  { topic: 'VideoSource/SignalLoss', about: { condition: 'video-loss' }, state: opinion },
  { topic: 'VideoSource/RadiometryAlarm', about: heat, state: ['AlarmActive', 'State'] },
  { topic: 'AudioAnalytics/Audio/DetectedSound', about: sound, state: ['IsSoundDetected', 'State'] },
  // Inputs, outputs, hardware. A camera's output is its own affair.
  { topic: 'Device/Trigger/DigitalInput', about: input, state: ['LogicalState', 'State', 'Level'], point: 'input' },
  { topic: 'Device/Trigger/Relay', about: { fact: 'relay' }, state: ['LogicalState', 'State'], point: 'relay' },
  { topic: 'Device/HardwareFailure/StorageFailure', about: storage, state: ['Failed', 'State'], point: 'storage' },
  { topic: 'Device/HardwareFailure/FanFailure', about: fault, state: ['Failed', 'State'], point: 'fan' },
  { topic: 'Device/HardwareFailure/PowerSupplyFailure', about: fault, state: ['Failed', 'State'], point: 'power' },
  { topic: 'Device/HardwareFailure/TemperatureCritical', about: fault, state: ['Critical', 'State'], point: 'temperature' },
  { topic: 'Device/SecurityPolicy/AuthFailed', about: { condition: 'camera-login-failures' }, state: [] },
  { topic: 'Monitoring/OperatingTime/LastReboot', about: { fact: 'reboot' }, state: [] },
  // Known, and of no interest here.
  { topic: 'Monitoring/*', state: [] },
  { topic: 'RecordingConfig/*', state: [] },
  { topic: 'RecordingHistory/*', state: [] },
  { topic: 'Media/*', state: [] },
  { topic: 'Configuration/*', state: [] },
  { topic: 'PTZController/*', state: [] },
  { topic: 'Device/OperationMode/*', state: [] },
];
