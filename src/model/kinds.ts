// Kinds of alarms and conditions with their default severity: the one table of gravity in the house.

/** Gravity of an alarm or condition, gravest first (ITU-T X.733 §8.1.2.3). */
export const severities = ['critical', 'major', 'minor', 'warning'] as const;
export type Severity = (typeof severities)[number];

/** What an alarm is about, with the severity it has unless a rule says otherwise. */
export const alarmKinds = {
  smoke: 'critical',
  heat: 'critical',
  fire: 'critical',
  'fire-panel': 'critical',
  gas: 'critical',
  fall: 'critical',
  'emergency-call': 'critical',
  arson: 'critical',
  drowning: 'critical',
  fight: 'major',
  'missing-person': 'major',
  stalking: 'major',
  crowding: 'major',
  'no-activity': 'major',
  intrusion: 'major',
  'hydrant-pressure-low': 'major',
  'hydrant-parking': 'minor',
  flood: 'critical',
  loitering: 'minor',
  'line-crossing': 'minor',
  abandoned: 'minor',
  removed: 'minor',
  tamper: 'major',
  'scene-change': 'minor',
  'digital-input': 'major',
  sound: 'minor',
  'hydrant-leak': 'major',
  'hydrant-freezing': 'major',
  'structure-tilt': 'major',
  'structure-crack': 'major',
  'structure-vibration': 'major',
  'heavy-rain': 'major',
  'power-failure': 'major',
  'door-open': 'minor',
  'air-quality': 'warning',
  'waste-full': 'warning',
  motion: 'warning',
  unknown: 'warning',
} as const satisfies Record<string, Severity>;
export type AlarmKind = keyof typeof alarmKinds;

/** What a condition (the health of a device or of the gateway) is about. */
export const conditionKinds = {
  'camera-lost': 'major',
  'camera-login-refused': 'major',
  'camera-fault': 'minor',
  'microphone-on': 'warning',
  'factory-login': 'major',
  'camera-replaced': 'minor',
  'camera-no-picture': 'major',
  'camera-group-lost': 'major',
  'camera-login-failures': 'minor',
  'events-missed': 'warning',
  'sensor-silent': 'major',
  'sensor-fault': 'minor',
  'battery-low': 'minor',
  'power-fault': 'major',
  'bus-fault': 'major',
  'video-loss': 'major',
  'storage-failure': 'minor',
  'clock-wrong': 'warning',
  'media-down': 'major',
  'disk-low': 'major',
  'store-log-held': 'minor',
  'store-failing': 'major',
  'store-damaged': 'major',
  'confirmation-by-broker': 'warning',
  'alarm-flood': 'minor',
  'hub-not-listening': 'major',
  'dead-letters': 'major',
  'outbox-full': 'critical',
  'route-down': 'minor',
  'destination-down': 'minor',
  'certificate-expiring': 'minor',
} as const satisfies Record<string, Severity>;
export type ConditionKind = keyof typeof conditionKinds;

/** Whether `text` names a kind of alarm. */
export function isAlarmKind(text: string): text is AlarmKind {
  return Object.hasOwn(alarmKinds, text);
}
