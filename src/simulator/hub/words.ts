// Messages of a gateway in plain words, in Korean and English, as an operator at the hub would read them.
import type { Text } from '#base';
import { type AlarmKind, type ConditionKind, isAlarmKind, type Severity, severities } from '#model';
import type { HubMessage } from './message.ts';

const alarmNames: Readonly<Record<AlarmKind, readonly [en: string, ko: string]>> = {
  smoke: ['smoke', '연기'],
  heat: ['heat', '열'],
  fire: ['fire', '화재'],
  'fire-panel': ['fire panel', '화재수신기'],
  gas: ['gas', '가스'],
  fall: ['a person fell', '쓰러짐'],
  'emergency-call': ['emergency call', '비상호출'],
  arson: ['arson', '방화'],
  drowning: ['a person in the water', '익수자'],
  fight: ['fight', '싸움'],
  'missing-person': ['a missing person was seen', '실종자'],
  stalking: ['stalking', '스토킹'],
  crowding: ['crowding', '인파 밀집'],
  'no-activity': ['no activity', '활동 미감지'],
  intrusion: ['intrusion', '침입'],
  'hydrant-pressure-low': ['hydrant pressure low', '소화전 압력 저하'],
  'hydrant-parking': ['car parked at a hydrant', '소화전 주차'],
  flood: ['flood', '침수'],
  loitering: ['loitering', '배회'],
  'line-crossing': ['line crossed', '경계선 통과'],
  abandoned: ['object left', '방치 물체'],
  removed: ['object removed', '물체 사라짐'],
  tamper: ['tampering', '훼손'],
  'scene-change': ['scene changed', '화면 변화'],
  'digital-input': ['input contact', '접점 입력'],
  sound: ['sound', '이상음'],
  'hydrant-leak': ['hydrant leaks', '소화전 누수'],
  'hydrant-freezing': ['hydrant freezing', '소화전 동결'],
  'structure-tilt': ['structure tilts', '구조물 기울기'],
  'structure-crack': ['crack in a structure', '구조물 균열'],
  'structure-vibration': ['structure vibrates', '구조물 진동'],
  'heavy-rain': ['heavy rain', '호우'],
  'power-failure': ['power failure', '정전'],
  'door-open': ['door open', '출입문 열림'],
  'air-quality': ['bad air', '대기질 나쁨'],
  'waste-full': ['waste bin full', '쓰레기통 가득 참'],
  motion: ['motion', '움직임'],
  unknown: ['unknown event', '미분류'],
};

const conditionNames: Readonly<Record<ConditionKind, readonly [en: string, ko: string]>> = {
  'camera-lost': ['camera does not answer', '카메라 연결 끊김'],
  'camera-login-refused': ['camera refuses the login', '카메라 로그인 거부'],
  'camera-fault': ['camera answers wrongly', '카메라 이상'],
  'microphone-on': ['camera hears', '카메라 마이크 켜짐'],
  'factory-login': ['camera with a factory password', '공장 초기 비밀번호 카메라'],
  'camera-replaced': ['camera replaced or moved', '카메라 교체·이동 확인'],
  'camera-login-failures': ['somebody fails to log in at a camera', '카메라 로그인 실패'],
  'events-missed': ['events of cameras may be missing', '카메라 이벤트 누락 가능'],
  'sensor-silent': ['sensor is silent', '센서 무응답'],
  'sensor-fault': ['sensor fault', '센서 이상'],
  'battery-low': ['battery low', '배터리 부족'],
  'power-fault': ['power fault', '전원 이상'],
  'bus-fault': ['line fault', '통신선 이상'],
  'camera-no-picture': ['camera sends no picture', '카메라 영상 수신 불가'],
  'camera-group-lost': ['group of cameras lost', '카메라 그룹 연결 끊김'],
  'video-loss': ['no video signal', '영상 신호 없음'],
  'storage-failure': ['storage failure', '카메라 저장장치 이상'],
  'clock-wrong': ['clock is wrong', '시각 오류'],
  'media-down': ['media process is down', '영상 중계 중단'],
  'disk-low': ['disk is nearly full', '디스크 부족'],
  'store-log-held': ['log of the store grows', '저장소 로그 증가'],
  'store-failing': ['store is failing', '저장소 이상'],
  'store-damaged': ['store was damaged', '저장소 손상'],
  'confirmation-by-broker': ['the broker’s word is trusted', '브로커만 수신 확인'],
  'dead-letters': ['messages were refused for good', '최종 거부된 메시지'],
  'hub-not-listening': ['no hub listens at the broker', '허브 수신 없음'],
  'outbox-full': ['the outbox is full of alarms', '전송 대기 가득 참'],
  'route-down': ['a route to the hub fails', '허브 경로 장애'],
  'destination-down': ['another destination fails', '다른 전송 대상 장애'],
  'certificate-expiring': ['a certificate ends soon', '인증서 만료 임박'],
  'alarm-flood': ['too many alarms at once', '알람 폭주'],
};

const stepNames: Readonly<Record<string, readonly [en: string, ko: string]>> = {
  raised: ['RAISED', '발생'],
  updated: ['updated', '갱신'],
  cleared: ['cleared', '해제'],
};

const severityNames: Readonly<Record<Severity, string>> = { critical: '긴급', major: '중대', minor: '경미', warning: '주의' };

function severityOf({ severity }: HubMessage): Text {
  if (severity === undefined) return { en: '', ko: '' };
  const known = severities.find((one) => one === severity);
  return { en: `, ${severity}`, ko: `, ${known ? severityNames[known] : severity}` };
}

/** What the gateway says of a condition, in the language of the line. */
function remarkOf({ remark }: HubMessage): Text {
  return remark ? { en: `: ${remark.en}`, ko: `: ${remark.ko}` } : { en: '', ko: '' };
}

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
  const grave = severityOf(message);
  const remark = remarkOf(message);
  return {
    en: `${alarm ? 'alarm' : 'condition'} ${step[0]}: ${en} at ${device}${grave.en}${late[0]}${test[0]}${remark.en}`,
    ko: `${alarm ? '알람' : '이상'} ${step[1]}: ${device} ${ko}${grave.ko}${late[1]}${test[1]}${remark.ko}`,
  };
}
