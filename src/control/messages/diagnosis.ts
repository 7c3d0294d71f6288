// What `bongsu camera test` and `bongsu camera show` say, in Korean and English.
import type { Text } from '#base';
import type { TestResult, TestStep } from '../diagnosis-operations.ts';

export const testStepWords: Readonly<Record<TestStep, Text>> = {
  address: { en: 'Address', ko: '주소' },
  neighbour: { en: 'Neighbour (ARP)', ko: '이웃(ARP)' },
  port: { en: 'Port (TCP)', ko: '포트(TCP)' },
  web: { en: 'ONVIF (HTTP)', ko: 'ONVIF(HTTP)' },
  clock: { en: 'Clock', ko: '시각' },
  login: { en: 'Login', ko: '로그인' },
  services: { en: 'Services', ko: '서비스' },
  profiles: { en: 'Video profiles', ko: '영상 프로파일' },
  stream: { en: 'Stream (RTSP)', ko: '영상 연결(RTSP)' },
  picture: { en: 'First frame', ko: '첫 화면' },
  events: { en: 'Events', ko: '이벤트' },
};

export const testResultWords: Readonly<Record<TestResult, Text>> = {
  ok: { en: 'ok', ko: '정상' },
  warning: { en: 'WARNING', ko: '주의' },
  failed: { en: 'FAILED', ko: '실패' },
  skipped: { en: '-', ko: '-' },
};

export const diagnosisMessages = {
  'help.camera.test': {
    en: 'test a camera step by step and say what is wrong and what to do; --all: every camera',
    ko: '카메라를 단계별로 시험하고 원인과 조치를 알림. --all: 모든 카메라',
  },
  'help.camera.test.all': { en: 'every camera, with a summary by cause', ko: '모든 카메라를 시험하고 원인별로 요약' },
  'help.camera.show': { en: 'show all that is known of a camera', ko: '카메라의 모든 정보 표시' },
  'help.group': {
    en: 'name of the switch behind which it stands: what is lost together is told as one (a–z, 0–9, hyphen)',
    ko: '연결된 스위치 이름: 함께 끊기면 하나로 알림 (a–z, 0–9, 하이픈)',
  },
  'usage.testOne': { en: 'Name one camera, or say --all.', ko: '카메라 하나를 지정하거나 --all을 사용하십시오.' },
  'column.cause': { en: 'CAUSE', ko: '원인' },
  'column.count': { en: 'CAMERAS', ko: '카메라 수' },
  'test.well': { en: 'Camera {id}: nothing is wrong.', ko: '카메라 {id}: 이상이 없습니다.' },
  'test.wrong': { en: 'Camera {id}: {message}', ko: '카메라 {id}: {message}' },
  'test.progress': { en: '{done} of {total} cameras tested', ko: '카메라 {total}대 중 {done}대 시험 완료' },
  'test.summary': { en: '{well} of {total} cameras are well.', ko: '카메라 {total}대 중 {well}대가 정상입니다.' },
  'test.cause': { en: '{count} camera(s), {result}: {message}', ko: '{count}대, {result}: {message}' },
  'test.more': { en: '{names} and {n} more', ko: '{names} 외 {n}대' },
  'test.brokenOff': { en: 'The test was broken off.', ko: '시험이 중단되었습니다.' },
  'show.name': { en: 'Name', ko: '이름' },
  'show.address': { en: 'Address', ko: '주소' },
  'show.group': { en: 'Group', ko: '그룹' },
  'show.purpose': { en: 'Purpose', ko: '설치목적' },
  'show.premises': { en: 'Premises', ko: '건물·장소' },
  'show.zone': { en: 'Zone', ko: '경계구역' },
  'show.cameras': { en: 'Cameras', ko: '연결 카메라' },
  'show.place': { en: 'Place', ko: '설치 위치' },
  'show.identity': { en: 'Device', ko: '장비' },
  'show.mac': { en: 'MAC', ko: '이더넷 주소(MAC)' },
  'show.state': { en: 'State', ko: '상태' },
  'show.stateSince': { en: '{state} since {time}', ko: '{state}, {time}부터' },
  'show.login': { en: 'Login', ko: '로그인' },
  'show.loginBy': { en: '{user}, by {by}', ko: '{user}({by} 방식)' },
  'show.clock': { en: 'Clock', ko: '시각' },
  'show.clockOff': { en: '{seconds} s off', ko: '오차 {seconds}초' },
  'show.certificate': { en: 'Certificate until', ko: '인증서 만료' },
  'show.services': { en: 'Services', ko: '서비스' },
  'show.features': { en: 'Features', ko: '기능' },
  'show.ports': { en: '{relays} relay outputs, {inputs} digital inputs', ko: '릴레이 출력 {relays}개, 접점 입력 {inputs}개' },
  'show.microphone': { en: 'microphone ON', ko: '마이크 켜짐' },
  'show.channel': { en: 'Channel {n}', ko: '채널 {n}' },
  'show.pullPoint': { en: 'Pull point', ko: '이벤트 구독' },
  'show.counters': { en: 'Since the start', ko: '시작 후' },
  'show.counted': {
    en: '{pulls} pulls, {messages} messages; subscriptions: {created} made, {resumed} resumed',
    ko: '조회 {pulls}회, 메시지 {messages}건, 구독 생성 {created}회, 재개 {resumed}회',
  },
  'show.conditions': { en: 'Conditions ({n})', ko: '이상 ({n}건)' },
  'show.troubles': { en: 'Last troubles ({n})', ko: '최근 문제 ({n}건)' },
  'show.trouble': { en: '{from} to {to}, {count} times: {message}', ko: '{from} ~ {to}, {count}회: {message}' },
} as const satisfies Record<string, Text>;
