// What the virtual cameras can report: the ONVIF topics with their source and data items (ONVIF Core Annex, Analytics Annex A), vendors write their own.

/** Things that a camera can be made to report. */
export type CameraTopic = keyof typeof standardTopics;

/**
 * How a topic is written. In source items `{source}`, `{configuration}` and `{analytics}` become the camera's tokens of the channel, `{n}` the
 * channel's number.
 */
export interface TopicForm {
  /** With the prefixes as the vendor writes them. */
  readonly path: string;
  readonly source: readonly (readonly [name: string, value: string])[];
  /** Name of the data item that carries the state, or a pulse's number. */
  readonly data: string;
  /** Further data items, always the same. */
  readonly more?: readonly (readonly [name: string, value: string])[];
  /** Undefined: an event without an end, whose datum is a number. */
  readonly values: readonly [on: string, off: string] | undefined;
  /** False: about the device, the same whatever the channel. Default true. */
  readonly channelled?: boolean;
}

/** The values that most cameras write; a personality may have others. */
export const logical = ['true', 'false'] as const;

const analytics = [
  ['VideoSourceConfigurationToken', '{configuration}'],
  ['VideoAnalyticsConfigurationToken', '{analytics}'],
] as const;
const source = [['Source', '{source}']] as const;

const form = (topic: TopicForm): TopicForm => topic;

function rule(path: string, name: string, data: string): TopicForm {
  return { path: `tns1:RuleEngine/${path}`, source: [...analytics, ['Rule', `${name}-{n}`]], data, values: logical };
}

function image(path: string): TopicForm {
  return { path: `tns1:VideoSource/${path}`, source, data: 'State', values: logical };
}

function device(path: string, item: readonly [string, string], data: string): TopicForm {
  return { path: `tns1:Device/${path}`, source: [item], data, values: logical, channelled: false };
}

/** The same without a state: it happens, and has no end. */
function pulse(topic: TopicForm): TopicForm {
  return { ...topic, values: undefined };
}

/** The topics as the standard writes them, and those without a standard as the vendor does who has them. */
export const standardTopics = {
  'digital-input': form({
    path: 'tns1:Device/Trigger/DigitalInput',
    source: [['InputToken', 'input-{n}']],
    data: 'LogicalState',
    values: logical,
  }),
  motion: rule('CellMotionDetector/Motion', 'motion', 'IsMotion'),
  tamper: rule('TamperDetector/Tamper', 'tamper', 'IsTamper'),
  intrusion: rule('FieldDetector/ObjectsInside', 'field', 'IsInside'),
  'line-crossing': pulse(rule('LineDetector/Crossed', 'line', 'ObjectId')),
  'video-loss': image('SignalLoss'),
  'storage-failure': device('HardwareFailure/StorageFailure', ['Token', 'card-1'], 'Failed'),
  'motion-alarm': image('MotionAlarm'),
  'motion-region': form({
    path: 'tns1:RuleEngine/MotionRegionDetector/Motion',
    source: [
      ['VideoSource', '{source}'],
      ['RuleName', 'region-{n}'],
    ],
    data: 'State',
    values: logical,
  }),
  loitering: { ...pulse(rule('LoiteringDetector/ObjectIsLoitering', 'loiter', 'ObjectId')), more: [['Since', '2026-01-01T00:00:00Z']] },
  abandoned: pulse(rule('ObjectAbandoned', 'left', 'ObjectId')),
  removed: pulse(rule('ObjectRemoved', 'taken', 'ObjectId')),
  'scene-change': image('GlobalSceneChange/ImagingService'),
  blurry: image('ImageTooBlurry/ImagingService'),
  dark: image('ImageTooDark/ImagingService'),
  bright: image('ImageTooBright/ImagingService'),
  sound: form({
    path: 'tns1:AudioAnalytics/Audio/DetectedSound',
    source: [
      ['AudioSourceConfigurationToken', 'audio-source'],
      ['AudioAnalyticsConfigurationToken', '{analytics}'],
      ['Rule', 'sound-{n}'],
    ],
    data: 'isSoundDetected',
    values: logical,
  }),
  'sound-class': { ...pulse(rule('AudioDetector/Class', 'sounds', 'Score')), more: [['Class', 'GlassBreaking']] },
  relay: { ...device('Trigger/Relay', ['RelayToken', 'relay-{n}'], 'LogicalState'), values: ['active', 'inactive'] },
  'fan-failure': device('HardwareFailure/FanFailure', ['Token', 'fan-1'], 'Failed'),
  'power-failure': device('HardwareFailure/PowerSupplyFailure', ['Token', 'power-1'], 'Failed'),
  'temperature-critical': device('HardwareFailure/TemperatureCritical', ['Token', 'sensor-1'], 'Critical'),
  radiometry: form({ path: 'tns1:VideoSource/RadiometryAlarm', source, data: 'AlarmActive', values: logical }),
  heat: rule('Radiometry/TemperatureAlarm', 'heat', 'AlarmActive'),
  'login-failed': pulse(device('SecurityPolicy/AuthFailed', ['Address', '192.0.2.7'], 'Count')),
  rebooted: form({
    path: 'tns1:Monitoring/OperatingTime/LastReboot',
    source: [],
    data: 'Status',
    values: undefined,
    channelled: false,
  }),
  'video-fire': rule('FireDetector/FireAlarm', 'fire', 'IsFireAlarm'),
  'video-smoke': rule('SmokeDetector/SmokeAlarm', 'smoke', 'IsSmokeAlarm'),
  people: rule('MyRuleDetector/PeopleDetect', 'people', 'State'),
  vehicle: rule('MyRuleDetector/VehicleDetect', 'vehicle', 'State'),
  face: rule('MyRuleDetector/FaceDetect', 'face', 'State'),
  defocus: form({ path: 'tns1:VideoSource/tnssamsung:DefocusDetection', source, data: 'State', values: logical }),
  fog: form({ path: 'tns1:VideoSource/tnssamsung:Fog', source, data: 'State', values: logical }),
} as const satisfies Record<string, TopicForm>;

/** Names of all topics. */
export const cameraTopics = Object.keys(standardTopics) as readonly CameraTopic[];
