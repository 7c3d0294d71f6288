// The words of the model in both languages: kinds, severities, steps and states, complete by type.
import type { Text } from '#base';
import type { AlarmKind, AlarmStep, ConditionKind, EntryClass, GrantEnd, GrantForm, Severity } from '#model';
import type { CameraState, RouteState, SensorState } from '../views.ts';

export const severityWords: Readonly<Record<Severity, Text>> = {
  critical: { en: 'critical', ko: '긴급' },
  major: { en: 'major', ko: '중대' },
  minor: { en: 'minor', ko: '경미' },
  warning: { en: 'warning', ko: '주의' },
};

export const stepWords: Readonly<Record<AlarmStep, Text>> = {
  raised: { en: 'raised', ko: '발생' },
  updated: { en: 'updated', ko: '갱신' },
  cleared: { en: 'cleared', ko: '해제' },
};

/** Why a step was taken, when not because the device said so. */
export const stepReasonWords: Readonly<Record<string, Text>> = {
  pulse: { en: 'a moment', ko: '순간 이벤트' },
  restated: { en: 'told again', ko: '다시 알림' },
  timeout: { en: 'timed out', ko: '시간 초과' },
  handling: { en: 'no alarm at this hour', ko: '이 시간대에는 알람 아님' },
  person: { en: 'by a person', ko: '사람이 해제' },
  maintenance: { en: 'maintenance ended', ko: '정비 종료' },
  flood: { en: 'summary of a flood', ko: '폭주 요약' },
  acknowledged: { en: 'acknowledged', ko: '확인' },
  shelved: { en: 'shelved', ko: '보류' },
  unshelved: { en: 'unshelved', ko: '보류 해제' },
  latched: { en: 'over, waits for `bongsu alarm clear`', ko: '종료됨, `bongsu alarm clear` 대기' },
};

export const quietFormWords: Readonly<Record<'shelf' | 'maintenance', Text>> = {
  shelf: { en: 'shelved', ko: '보류' },
  maintenance: { en: 'maintenance', ko: '정비 중' },
};

export const alarmWords: Readonly<Record<AlarmKind, Text>> = {
  smoke: { en: 'smoke', ko: '연기' },
  heat: { en: 'heat', ko: '열' },
  fire: { en: 'fire', ko: '화재' },
  'fire-panel': { en: 'fire panel', ko: '화재수신기' },
  gas: { en: 'gas', ko: '가스' },
  fall: { en: 'fall', ko: '쓰러짐' },
  'emergency-call': { en: 'emergency call', ko: '비상호출' },
  arson: { en: 'arson', ko: '방화' },
  drowning: { en: 'person in the water', ko: '익수자' },
  fight: { en: 'fight', ko: '싸움' },
  'missing-person': { en: 'missing person seen', ko: '실종자' },
  stalking: { en: 'stalking', ko: '스토킹' },
  crowding: { en: 'crowding', ko: '인파 밀집' },
  'no-activity': { en: 'no activity', ko: '활동 미감지' },
  intrusion: { en: 'intrusion', ko: '침입' },
  'hydrant-pressure-low': { en: 'hydrant pressure low', ko: '소화전 압력 저하' },
  'hydrant-parking': { en: 'hydrant blocked', ko: '소화전 주차' },
  flood: { en: 'flood', ko: '침수' },
  loitering: { en: 'loitering', ko: '배회' },
  'line-crossing': { en: 'line crossing', ko: '경계선 통과' },
  abandoned: { en: 'left object', ko: '방치 물체' },
  removed: { en: 'removed object', ko: '물체 사라짐' },
  tamper: { en: 'tamper', ko: '훼손' },
  'scene-change': { en: 'scene change', ko: '화면 변화' },
  'digital-input': { en: 'digital input', ko: '접점 입력' },
  sound: { en: 'sound', ko: '이상음' },
  'hydrant-leak': { en: 'hydrant leaks', ko: '소화전 누수' },
  'hydrant-freezing': { en: 'hydrant freezing', ko: '소화전 동결' },
  'structure-tilt': { en: 'structure tilts', ko: '구조물 기울기' },
  'structure-crack': { en: 'crack in a structure', ko: '구조물 균열' },
  'structure-vibration': { en: 'structure vibrates', ko: '구조물 진동' },
  'heavy-rain': { en: 'heavy rain', ko: '호우' },
  'power-failure': { en: 'power failure', ko: '정전' },
  'door-open': { en: 'door open', ko: '출입문 열림' },
  'air-quality': { en: 'bad air', ko: '대기질 나쁨' },
  'waste-full': { en: 'waste bin full', ko: '쓰레기통 가득 참' },
  motion: { en: 'motion', ko: '움직임' },
  unknown: { en: 'unknown', ko: '미분류' },
};

export const conditionWords: Readonly<Record<ConditionKind, Text>> = {
  'camera-lost': { en: 'camera lost', ko: '카메라 연결 끊김' },
  'camera-login-refused': { en: 'camera login refused', ko: '카메라 로그인 거부' },
  'camera-fault': { en: 'camera fault', ko: '카메라 이상' },
  'microphone-on': { en: 'microphone on', ko: '마이크 켜짐' },
  'factory-login': { en: 'factory password', ko: '공장 초기 비밀번호' },
  'camera-replaced': { en: 'camera replaced or moved', ko: '카메라 교체·이동 확인' },
  'camera-login-failures': { en: 'failed logins at a camera', ko: '카메라 로그인 실패' },
  'events-missed': { en: 'camera events may be missing', ko: '카메라 이벤트 누락 가능' },
  'sensor-silent': { en: 'sensor silent', ko: '센서 무응답' },
  'sensor-fault': { en: 'sensor fault', ko: '센서 이상' },
  'battery-low': { en: 'battery low', ko: '배터리 부족' },
  'power-fault': { en: 'power fault', ko: '전원 이상' },
  'bus-fault': { en: 'bus fault', ko: '통신선 이상' },
  'camera-no-picture': { en: 'camera sends no picture', ko: '카메라 영상 수신 불가' },
  'camera-group-lost': { en: 'group of cameras lost', ko: '카메라 그룹 연결 끊김' },
  'video-loss': { en: 'video loss', ko: '영상 없음' },
  'storage-failure': { en: 'camera storage failure', ko: '카메라 저장장치 이상' },
  'clock-wrong': { en: 'clock wrong', ko: '시각 오류' },
  'media-down': { en: 'picture relay down', ko: '영상 중계 중단' },
  'disk-low': { en: 'disk low', ko: '디스크 부족' },
  'store-log-held': { en: 'log of the store grows', ko: '저장소 로그 증가' },
  'store-failing': { en: 'store failing', ko: '저장소 이상' },
  'store-damaged': { en: 'store was damaged', ko: '저장소 손상' },
  'confirmation-by-broker': { en: 'broker confirms for the hub', ko: '브로커만 수신 확인' },
  'dead-letters': { en: 'dead letters', ko: '최종 거부된 메시지' },
  'hub-not-listening': { en: 'no hub listens', ko: '허브 수신 없음' },
  'outbox-full': { en: 'outbox full', ko: '전송 대기 가득 참' },
  'route-down': { en: 'route to the hub down', ko: '허브 경로 장애' },
  'destination-down': { en: 'destination down', ko: '전송 대상 장애' },
  'certificate-expiring': { en: 'certificate expiring', ko: '인증서 만료 임박' },
  'alarm-flood': { en: 'flood of alarms', ko: '알람 폭주' },
};

/** Why the store fails. */
export const storeReasonWords: Readonly<Record<'hung' | 'full' | 'io', Text>> = {
  hung: { en: 'the disk does not answer', ko: '디스크 무응답' },
  full: { en: 'no room left', ko: '공간 부족' },
  io: { en: 'the disk fails', ko: '디스크 오류' },
};

export const routeStateWords: Readonly<Record<RouteState, Text>> = {
  'in-use': { en: 'in use', ko: '사용 중' },
  ready: { en: 'works', ko: '정상' },
  failing: { en: 'FAILS', ko: '장애' },
  untried: { en: 'not tried', ko: '확인 전' },
};

/** Whose word says that the hub has an alarm. */
export const confirmationWords: Readonly<Record<'broker' | 'hub', Text>> = {
  hub: { en: 'the hub itself', ko: '허브가 직접 확인' },
  broker: { en: 'the broker alone', ko: '브로커만 확인' },
};

export const entryClassWords: Readonly<Record<EntryClass, Text>> = {
  alarm: { en: 'alarm', ko: '알람' },
  condition: { en: 'condition', ko: '이상' },
  inventory: { en: 'inventory', ko: '장치' },
  grant: { en: 'grant', ko: '승인' },
  audit: { en: 'audit', ko: '감사' },
  reading: { en: 'readings', ko: '측정값' },
  gap: { en: 'gap', ko: '누락 보고' },
};

export const cameraStateWords: Readonly<Record<CameraState, Text>> = {
  online: { en: 'online', ko: '정상' },
  connecting: { en: 'connecting', ko: '연결 중' },
  lost: { en: 'lost', ko: '연결 끊김' },
  'login-refused': { en: 'login refused', ko: '로그인 거부' },
  fault: { en: 'fault', ko: '이상' },
};

export const sensorStateWords: Readonly<Record<SensorState, Text>> = {
  ok: { en: 'ok', ko: '정상' },
  waiting: { en: 'not heard yet', ko: '수신 전' },
  fault: { en: 'fault', ko: '이상' },
  silent: { en: 'silent', ko: '무응답' },
};

export const grantFormWords: Readonly<Record<GrantForm, Text>> = {
  stream: { en: 'stream', ko: '영상' },
  still: { en: 'still', ko: '정지영상' },
};

export const grantEndWords: Readonly<Record<GrantEnd | 'open', Text>> = {
  open: { en: 'open', ko: '유효' },
  expired: { en: 'expired', ko: '기간 만료' },
  closed: { en: 'closed', ko: '종료' },
  revoked: { en: 'revoked', ko: '회수' },
  failed: { en: 'failed', ko: '실패' },
  used: { en: 'used', ko: '사용됨' },
  preempted: { en: 'gave way', ko: '우선순위 양보' },
};
