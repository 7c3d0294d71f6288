// What `bongsu camera topics` and `bongsu camera detections` say, in Korean and English.
export const eventMessages = {
  'help.camera.topics': {
    en: 'show what cameras say: topics of their events, those that nobody understands first',
    ko: '카메라 이벤트 토픽 목록 (해석하지 못한 것부터)',
  },
  'help.camera.topics.samples': { en: 'with a message of each that is not understood, as XML', ko: '해석하지 못한 메시지의 XML 예시 포함' },
  'help.camera.topics.offered': {
    en: 'ask the camera which topics it offers; those that it has not said yet have 0 messages',
    ko: '카메라가 제공하는 토픽도 물어봄 (아직 보내지 않은 것은 0회)',
  },
  'topics.offeredOne': { en: '--offered asks one camera: name it', ko: '--offered는 카메라 ID를 함께 지정하십시오' },
  'help.camera.detections': {
    en: 'show what cameras saw that is kept here and not sent (cameras.events.handling)',
    ko: '보내지 않고 여기에 보관한 감지 목록 (cameras.events.handling)',
  },
  'help.camera.detections.kind': { en: 'of this kind only: motion, relay, reboot …', ko: '이 종류만: motion, relay, reboot …' },
  'column.topic': { en: 'TOPIC', ko: '토픽' },
  'column.meaning': { en: 'MEANING', ko: '의미' },
  'column.messages': { en: 'MESSAGES', ko: '횟수' },
  'column.cameras': { en: 'CAMERAS', ko: '카메라 수' },
  'column.zone': { en: 'ZONE', ko: '구역' },
  'topics.none': { en: 'No camera has said anything since the start.', ko: '시작한 뒤 카메라 이벤트가 없습니다.' },
  'topics.unknown': { en: 'not understood', ko: '해석 불가' },
  'topics.unclear': { en: 'value not understood', ko: '값 해석 불가' },
  'topics.quiet': { en: 'known, nothing to tell', ko: '알려진 토픽, 알릴 것 없음' },
  'topics.sample': { en: '{topic}, from {device} at {time}:', ko: '{topic}, {device}에서 {time}에 받음:' },
  'topics.hint': {
    en: 'What is not understood can be given a meaning: cameras.events.rules in the configuration.',
    ko: '해석하지 못한 토픽은 설정의 cameras.events.rules로 의미를 정할 수 있습니다.',
  },
  'topics.breaks': {
    en: 'Not heard {count} times since the start, {length} in all; last from {from} to {to}. What it told then as a mere moment is missing.',
    ko: '시작한 뒤 {count}번, 모두 {length} 동안 받지 못했습니다. 마지막: {from} ~ {to}. 그동안의 순간 이벤트는 없습니다.',
  },
  'detections.none': { en: 'Nothing is kept.', ko: '보관한 감지가 없습니다.' },
  'detections.active': { en: 'begins', ko: '시작' },
  'detections.inactive': { en: 'ends', ko: '종료' },
  'detections.timeout': { en: 'ends (timed out)', ko: '종료 (시간 초과)' },
  'detections.pulse': { en: 'a moment', ko: '순간' },
} as const;

/** What cameras tell that is never an alarm. */
export const factWords = {
  relay: { en: 'relay output', ko: '릴레이 출력' },
  reboot: { en: 'restarted', ko: '카메라 재시작' },
} as const;
