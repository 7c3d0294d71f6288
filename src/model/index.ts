// The door of model: the nouns that two rooms must share, pure.
export type { AuditHead, Grant, GrantEnd, GrantForm, GrantRequest, GrantStep, StreamOffer, StreamProtocol } from './access.ts';
export type {
  Alarm,
  AlarmStep,
  ClockQuality,
  Condition,
  Detail,
  PersonAct,
  Report,
  ReportIds,
  ReportOutcome,
  Transition,
} from './alarm.ts';
export type { Command, Outcome } from './command.ts';
export type { CredentialScope, CredentialSet, OpenedCredentialSet } from './credential.ts';
export type {
  Channel,
  Device,
  DeviceFeatures,
  DeviceIdentity,
  DeviceType,
  Place,
  PtzPolicy,
  Quality,
  SensorRecord,
  StreamName,
  StreamSource,
} from './device.ts';
export { type Entry, type EntryBody, type EntryClass, type InventoryChange, laneOf } from './entry.ts';
export { type Finding, tellingSerial } from './finding.ts';
export { type Identity, idPattern, isId, sitePattern } from './ids.ts';
export { type AlarmKind, alarmKinds, type ConditionKind, conditionKinds, isAlarmKind, type Severity, severities } from './kinds.ts';
export type { Look, LookAsk } from './look.ts';
export type { Gap, Reading } from './reading.ts';
