// The table of topics: what a camera's topic means here. Prefixes are ignored; `*` stands for one or more segments at the end, or one elsewhere.
import type { AlarmKind, ConditionKind, Severity } from '#model';

/** Conditions that a camera says of itself. */
export type SaidCondition = Extract<ConditionKind, 'video-loss' | 'storage-failure' | 'camera-fault'>;

/** What a topic means. */
export interface TopicMeaning {
  readonly topic: string;
  /** An alarm of that kind … */
  readonly alarm?: AlarmKind;
  /** … or a condition … */
  readonly condition?: SaidCondition;
  /** … or, with neither, known and of no interest here. */
  /** Names of the data item that carries the state, the first that is there holds. None: an event without an end. */
  readonly state: readonly string[];
  readonly severity?: Severity;
  /** Instead of the video source: the point of the device that it is about. */
  readonly point?: string;
}

const opinion = ['State', 'IsMotion', 'Motion', 'active', 'Active', 'Value'];

/** Rows are tried in order; the first that fits holds. Sources: ONVIF Core, Analytics and Imaging topics; vendors as noted. */
const topicTable: readonly TopicMeaning[] = [
  { topic: 'VideoSource/MotionAlarm', alarm: 'motion', state: opinion },
  // TP-Link puts its smart events under the cell motion detector.
  { topic: 'RuleEngine/CellMotionDetector/LineCross', alarm: 'line-crossing', state: ['IsLineCross', 'State'] },
  { topic: 'RuleEngine/CellMotionDetector/Intrusion', alarm: 'intrusion', state: ['IsIntrusion', 'State'] },
  { topic: 'RuleEngine/CellMotionDetector/Tamper', alarm: 'tamper', state: ['IsTamper', 'State'] },
  { topic: 'RuleEngine/CellMotionDetector/People', alarm: 'motion', state: ['IsPeople', 'State'] },
  { topic: 'RuleEngine/CellMotionDetector/*', alarm: 'motion', state: opinion },
  { topic: 'RuleEngine/TPSmartEventDetector/TPSmartEvent', alarm: 'motion', state: ['IsTPSmartEvent', ...opinion] },
  { topic: 'RuleEngine/PeopleDetector/People', alarm: 'motion', state: ['IsPeople', 'State'] },
  { topic: 'RuleEngine/MotionRegionDetector/Motion', alarm: 'motion', state: opinion },
  { topic: 'RuleEngine/MyRuleDetector/*', alarm: 'motion', state: opinion },
  { topic: 'RuleEngine/LineDetector/Crossed', alarm: 'line-crossing', state: [] },
  { topic: 'RuleEngine/FieldDetector/ObjectsInside', alarm: 'intrusion', state: ['IsInside'] },
  { topic: 'RuleEngine/LoiteringDetector/ObjectIsLoitering', alarm: 'loitering', state: ['IsLoitering', 'State'] },
  { topic: 'RuleEngine/ObjectAbandoned', alarm: 'abandoned', state: [] },
  { topic: 'RuleEngine/ObjectRemoved', alarm: 'removed', state: [] },
  { topic: 'RuleEngine/*/ObjectAbandoned', alarm: 'abandoned', state: [] },
  { topic: 'RuleEngine/*/ObjectRemoved', alarm: 'removed', state: [] },
  { topic: 'RuleEngine/TamperDetector/Tamper', alarm: 'tamper', state: ['IsTamper', 'State'] },
  { topic: 'VideoSource/GlobalSceneChange/*', alarm: 'scene-change', state: opinion },
  { topic: 'VideoSource/ImageTooBlurry/*', alarm: 'scene-change', state: opinion, severity: 'warning' },
  { topic: 'VideoSource/ImageTooDark/*', alarm: 'scene-change', state: opinion, severity: 'warning' },
  { topic: 'VideoSource/ImageTooBright/*', alarm: 'scene-change', state: opinion, severity: 'warning' },
  { topic: 'VideoSource/SignalLoss', condition: 'video-loss', state: opinion },
  { topic: 'AudioAnalytics/Audio/DetectedSound', alarm: 'sound', state: ['isSoundDetected', 'IsSoundDetected'] },
  { topic: 'RuleEngine/AudioDetector/Class', alarm: 'sound', state: [] },
  { topic: 'Device/Trigger/DigitalInput', alarm: 'digital-input', state: ['LogicalState', 'State'], point: 'input' },
  { topic: 'Device/Trigger/Relay', state: [] },
  { topic: 'Device/HardwareFailure/StorageFailure', condition: 'storage-failure', state: ['Failed', 'State'], point: 'storage' },
  { topic: 'Device/HardwareFailure/FanFailure', condition: 'camera-fault', state: ['Failed', 'State'], point: 'fan' },
  { topic: 'Device/HardwareFailure/PowerSupplyFailure', condition: 'camera-fault', state: ['Failed', 'State'], point: 'power' },
  { topic: 'Device/HardwareFailure/TemperatureCritical', condition: 'camera-fault', state: ['Critical', 'State'], point: 'temperature' },
  { topic: 'VideoSource/RadiometryAlarm', alarm: 'heat', state: ['AlarmActive', 'State'] },
  { topic: 'RuleEngine/Radiometry/TemperatureAlarm', alarm: 'heat', state: ['AlarmActive', 'State'] },
  { topic: 'Device/SecurityPolicy/AuthFailed', state: [] },
  { topic: 'Monitoring/OperatingTime/*', state: [] },
  // Hanwha / Wisenet.
  { topic: 'VideoAnalytics/MotionDetection', alarm: 'motion', state: opinion },
  { topic: 'VideoAnalytics/Tampering', alarm: 'tamper', state: opinion },
  { topic: 'VideoAnalytics/TamperingDetection', alarm: 'tamper', state: opinion },
  { topic: 'VideoSource/DefocusDetection', alarm: 'scene-change', state: opinion, severity: 'warning' },
  { topic: 'AudioAnalytics/SoundDetection', alarm: 'sound', state: opinion },
  { topic: 'OpenApp/WiseAI/ObjectDetection', alarm: 'motion', state: opinion },
  // Hikvision.
  { topic: 'Device/Trigger/AlarmIn', alarm: 'digital-input', state: ['LogicalState', ...opinion], point: 'input' },
  // Axis.
  { topic: 'CameraApplicationPlatform/VMD/*', alarm: 'motion', state: opinion },
  { topic: 'CameraApplicationPlatform/MotionGuard/*', alarm: 'motion', state: opinion },
  { topic: 'CameraApplicationPlatform/FenceGuard/*', alarm: 'line-crossing', state: opinion },
  { topic: 'CameraApplicationPlatform/LoiteringGuard/*', alarm: 'loitering', state: opinion },
  { topic: 'CameraApplicationPlatform/ObjectAnalytics/*', alarm: 'intrusion', state: opinion },
  { topic: 'Device/IO/Port', alarm: 'digital-input', state: ['state', 'State'], point: 'input' },
  // Bosch: the rule's name is the last segment.
  { topic: 'IVA/EnteringField/*', alarm: 'intrusion', state: opinion },
];

/** Fire and smoke have no standard topic; vendors end theirs so. */
const endings: readonly { readonly pattern: RegExp; readonly meaning: TopicMeaning }[] = [
  {
    pattern: /fire(alarm|detect(ion|or)?)?$/i,
    meaning: { topic: '…FireAlarm', alarm: 'fire', state: ['IsFireAlarm', 'IsFire', ...opinion] },
  },
  {
    pattern: /smoke(alarm|detect(ion|or)?)?$/i,
    meaning: { topic: '…SmokeAlarm', alarm: 'smoke', state: ['IsSmokeAlarm', 'IsSmoke', ...opinion] },
  },
];

const rows = topicTable.map((meaning) => ({ meaning, segments: meaning.topic.toLowerCase().split('/') }));

/** What a plain topic means; undefined when it is unknown. */
export function findMeaning(topic: string): TopicMeaning | undefined {
  const segments = topic.toLowerCase().split('/');
  return rows.find((row) => fits(row.segments, segments))?.meaning ?? endings.find(({ pattern }) => pattern.test(topic))?.meaning;
}

function fits(row: readonly string[], segments: readonly string[]): boolean {
  const open = row.at(-1) === '*';
  if (open ? segments.length < row.length : segments.length !== row.length) return false;
  return row.every((name, index) => name === '*' || name === segments[index]);
}
