// The table of vendors' own topics, and of what they put under the standard's names.
import { opinion, type TopicMeaning } from './subject.ts';

const motion = { alarm: 'motion' } as const;
const tamper = { alarm: 'tamper' } as const;
const changed = { alarm: 'scene-change' } as const;
const input = { alarm: 'digital-input' } as const;
const intrusion = { alarm: 'intrusion' } as const;
const crossing = { alarm: 'line-crossing' } as const;
const loitering = { alarm: 'loitering' } as const;
const sound = { alarm: 'sound' } as const;

/** Hanwha / Wisenet: `http://www.samsungcctv.com/2011/event/topics`, a prefix on every segment, values 0 and 1. */
const hanwha: readonly TopicMeaning[] = [
  { topic: 'VideoAnalytics/MotionDetection', about: motion, state: opinion },
  { topic: 'VideoAnalytics/Tampering', about: tamper, state: ['IsTamper', ...opinion] },
  { topic: 'VideoAnalytics/TamperingDetection', about: tamper, state: ['IsTamper', ...opinion] },
  { topic: 'VideoSource/Tampering', about: tamper, state: ['IsTamper', ...opinion] },
  { topic: 'VideoSource/TamperingDetection', about: tamper, state: ['IsTamper', ...opinion] },
  { topic: 'VideoSource/FaceDetection', about: motion, state: opinion },
  { topic: 'VideoSource/DefocusDetection', about: changed, state: opinion, severity: 'warning' },
  { topic: 'VideoSource/Fog', about: changed, state: opinion, severity: 'warning' },
  { topic: 'VideoSource/FogDetection', about: changed, state: opinion, severity: 'warning' },
  { topic: 'AudioAnalytics/SoundDetection', about: sound, state: opinion },
  { topic: 'AudioSource/AudioDetection', about: sound, state: ['Audio', ...opinion] },
  { topic: 'OpenApp/WiseAI/ObjectDetection', about: motion, state: opinion },
];

/** Axis: `http://www.axis.com/2009/event/topics`; the last segment is the profile. */
const axis: readonly TopicMeaning[] = [
  { topic: 'CameraApplicationPlatform/VMD/*', about: motion, state: opinion },
  { topic: 'CameraApplicationPlatform/MotionGuard/*', about: motion, state: opinion },
  { topic: 'CameraApplicationPlatform/FenceGuard/*', about: crossing, state: opinion },
  { topic: 'CameraApplicationPlatform/LoiteringGuard/*', about: loitering, state: opinion },
  { topic: 'CameraApplicationPlatform/ObjectAnalytics/*', about: intrusion, state: opinion },
  { topic: 'Device/IO/Port', about: input, state: ['state', 'State'], point: 'input' },
  { topic: 'Device/IO/VirtualPort', about: input, state: ['state', 'State'], point: 'virtual-input' },
  { topic: 'Storage/Disruption', about: { condition: 'storage-failure' }, state: ['disruption', ...opinion], point: 'storage' },
];

/** TP-Link and Tapo put their smart events under the cell motion detector. */
const tplink: readonly TopicMeaning[] = [
  { topic: 'RuleEngine/CellMotionDetector/LineCross', about: crossing, state: ['IsLineCross', 'State'] },
  { topic: 'RuleEngine/CellMotionDetector/Intrusion', about: intrusion, state: ['IsIntrusion', 'State'] },
  { topic: 'RuleEngine/CellMotionDetector/Tamper', about: tamper, state: ['IsTamper', 'State'] },
  { topic: 'RuleEngine/CellMotionDetector/People', about: motion, state: ['IsPeople', 'State'] },
  { topic: 'RuleEngine/CellMotionDetector/TpSmartEvent', about: motion, state: ['IsTPSmartEvent', ...opinion] },
  { topic: 'RuleEngine/CellMotionDetector/*', about: motion, state: opinion },
  { topic: 'RuleEngine/TPSmartEventDetector/TPSmartEvent', about: motion, state: ['IsTPSmartEvent', 'IsVehicle', 'IsPet', ...opinion] },
  { topic: 'RuleEngine/PeopleDetector/People', about: motion, state: ['IsPeople', 'State'] },
];

/** Bosch: the rule's name is the last segment, and any text. */
const bosch: readonly TopicMeaning[] = [
  { topic: 'VideoAnalytics/MotionAlarm', about: motion, state: opinion },
  { topic: 'IVA/EnteringField/*', about: intrusion, state: opinion, namedRule: true },
  { topic: 'IVA/ObjectInField/*', about: intrusion, state: opinion, namedRule: true },
  { topic: 'IVA/LeavingField/*', about: intrusion, state: opinion, severity: 'minor', namedRule: true },
  { topic: 'IVA/CrossingLine/*', about: crossing, state: opinion, namedRule: true },
  { topic: 'IVA/Loitering/*', about: loitering, state: opinion, namedRule: true },
  { topic: 'IVA/IdleObject/*', about: { alarm: 'abandoned' }, state: opinion, namedRule: true },
  { topic: 'IVA/RemovedObject/*', about: { alarm: 'removed' }, state: opinion, namedRule: true },
  { topic: 'IVA/Crowd/*', about: { alarm: 'crowding' }, state: opinion, namedRule: true },
  { topic: 'IVA/FlowInField/*', about: motion, state: opinion, namedRule: true },
  { topic: 'IVA/CounterFlow/*', about: motion, state: opinion, namedRule: true },
  { topic: 'IVA/ConditionChange/*', about: motion, state: opinion, namedRule: true },
];

/** Hikvision, Reolink and the chips that many brands are built of. */
const others: readonly TopicMeaning[] = [
  { topic: 'Device/Trigger/AlarmIn', about: input, state: ['LogicalState', ...opinion], point: 'input' },
  { topic: 'RuleEngine/MyRuleDetector/*', about: motion, state: opinion },
  { topic: 'UserAlarm/IVA/*', about: motion, state: opinion },
];

/** Rows are tried in order, after those of the standard; the first that fits holds. */
export const vendorTopics: readonly TopicMeaning[] = [...hanwha, ...axis, ...tplink, ...bosch, ...others];
