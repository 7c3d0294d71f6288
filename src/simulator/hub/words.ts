// Messages of a gateway in plain words, in Korean and English, as an operator at the hub would read them.
import type { Text } from '#base';
import { type AlarmKind, type ConditionKind, isAlarmKind } from '#model';
import type { HubMessage } from './message.ts';

const alarmNames: Readonly<Record<AlarmKind, readonly [en: string, ko: string]>> = {
  smoke: ['smoke', '연기'],
  heat: ['heat', '열'],
  fire: ['fire', '화재'],
  'fire-panel': ['fire panel', '화재 수신기'],
  gas: ['gas', '가스'],
  fall: ['a person fell', '낙상'],
  'emergency-call': ['emergency call', '응급 호출'],
  'no-activity': ['no activity', '활동 없음'],
  intrusion: ['intrusion', '침입'],
  'hydrant-pressure-low': ['hydrant pressure low', '소화전 압력 저하'],
  'hydrant-parking': ['car parked at a hydrant', '소화전 주변 주차'],
  flood: ['flood', '침수'],
  loitering: ['loitering', '배회'],
  'line-crossing': ['line crossed', '경계선 통과'],
  abandoned: ['object left', '물건 방치'],
  removed: ['object removed', '물건 사라짐'],
  tamper: ['tampering', '훼손'],
  'scene-change': ['scene changed', '화면 변화'],
  'digital-input': ['input contact', '접점 입력'],
  sound: ['sound', '이상음'],
  motion: ['motion', '움직임'],
  unknown: ['unknown event', '알 수 없는 이벤트'],
};

const conditionNames: Readonly<Record<ConditionKind, readonly [en: string, ko: string]>> = {
  'camera-lost': ['camera does not answer', '카메라 응답 없음'],
  'camera-login-refused': ['camera refuses the login', '카메라 로그인 거부'],
  'camera-fault': ['camera answers wrongly', '카메라 응답 이상'],
  'sensor-silent': ['sensor is silent', '센서 무응답'],
  'sensor-fault': ['sensor fault', '센서 고장'],
  'bus-fault': ['line fault', '회선 고장'],
  'video-loss': ['no video signal', '영상 신호 없음'],
  'storage-failure': ['storage failure', '저장 장치 고장'],
  'clock-wrong': ['clock is wrong', '시계 오류'],
  'media-down': ['media process is down', '영상 프로세스 중단'],
  'events-lost': ['events may be lost', '이벤트 유실 가능'],
  'disk-low': ['disk is nearly full', '디스크 부족'],
  'confirmation-by-broker': ['the broker’s word is trusted', '브로커 확인만 신뢰'],
};

const stepNames: Readonly<Record<string, readonly [en: string, ko: string]>> = {
  raised: ['RAISED', '발생'],
  updated: ['updated', '갱신'],
  cleared: ['cleared', '해제'],
};

function nameOf(message: HubMessage): readonly [string, string] {
  const [family, kind = ''] = message.path;
  if (family === 'alarm') return isAlarmKind(kind) ? alarmNames[kind] : [kind, kind];
  const known = Object.hasOwn(conditionNames, kind) ? conditionNames[kind as ConditionKind] : undefined;
  return known ?? [kind, kind];
}

/** One line for an alarm or a condition; undefined for everything else. */
export function describeMessage(message: HubMessage): Text | undefined {
  const step = stepNames[message.step ?? ''];
  const device = message.path[2] ?? '';
  if (!step) return undefined;
  const [en, ko] = nameOf(message);
  const alarm = message.path[0] === 'alarm';
  const late = message.replay ? [' (sent after an outage)', ' (통신 복구 후 전송)'] : ['', ''];
  const test = message.test ? [' [TEST]', ' [시험]'] : ['', ''];
  const grave = message.severity === undefined ? '' : `, ${message.severity}`;
  return {
    en: `${alarm ? 'alarm' : 'condition'} ${step[0]}: ${en} at ${device}${grave}${late[0]}${test[0]}`,
    ko: `${alarm ? '경보' : '상태'} ${step[1]}: ${device} ${ko}${grave}${late[1]}${test[1]}`,
  };
}
