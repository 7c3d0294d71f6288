// What `bongsu stream` says, in Korean and English.
import type { Text } from '#base';
import type { PathView, SessionView, WhyStep } from '../stream-operations.ts';

export const pathStateWords: Readonly<Record<PathView['state'], Text>> = {
  idle: { en: 'closed', ko: '닫힘' },
  opening: { en: 'opening', ko: '여는 중' },
  ready: { en: 'flowing', ko: '수신 중' },
  stalled: { en: 'STALLED', ko: '끊김' },
  closing: { en: 'closing', ko: '닫는 중' },
};

export const transportWords: Readonly<Record<SessionView['transport'], Text>> = {
  tcp: { en: 'RTSP/TCP', ko: 'RTSP/TCP' },
  udp: { en: 'RTSP/UDP', ko: 'RTSP/UDP' },
  'http-flv': { en: 'HTTP-FLV', ko: 'HTTP-FLV' },
  'ws-flv': { en: 'WS-FLV', ko: 'WS-FLV' },
  'rtsp-push': { en: 'RTSP push', ko: 'RTSP 송출' },
  'rtmp-push': { en: 'RTMP push', ko: 'RTMP 송출' },
};

export const whyStepWords: Readonly<Record<WhyStep, Text>> = {
  registered: { en: 'Registered', ko: '등록' },
  reachable: { en: 'Camera', ko: '카메라' },
  address: { en: 'Stream address', ko: '영상 주소' },
  relay: { en: 'Relay', ko: '중계' },
  source: { en: 'Source', ko: '영상 수신' },
  grant: { en: 'Grant', ko: '승인' },
  readers: { en: 'Readers', ko: '수신자' },
  line: { en: 'Line', ko: '회선' },
  tokens: { en: 'Wrong tokens', ko: '틀린 토큰' },
};

export const streamMessages = {
  'help.stream': { en: 'pictures on their way', ko: '중계 중인 영상' },
  'help.stream.list': { en: 'show cameras that are open, and who gets their pictures', ko: '열린 카메라와 영상 수신자 표시' },
  'help.stream.watch': { en: 'the same again and again, until Ctrl-C', ko: 'Ctrl-C까지 계속 새로 표시' },
  'help.stream.watch.every': { en: 'time between two looks, 1s to 60s', ko: '표시 간격(1s~60s)' },
  'help.stream.watch.for': { en: 'end after this time: 30s, 10m', ko: '이 시간이 지나면 종료: 30s, 10m' },
  'help.stream.kick': {
    en: 'end one session at once; the grant too when nobody else looks by it',
    ko: '세션 하나를 즉시 종료. 다른 수신자가 없으면 승인도 종료',
  },
  'help.stream.session': { en: 'session, as `stream list` names it', ko: '세션(`stream list`에 표시됨)' },
  'help.stream.why': { en: 'say why a camera does not play, and what to do', ko: '카메라 영상이 나오지 않는 이유와 조치를 알림' },
  'usage.every': { en: 'expected 1s to 60s', ko: '1s~60s로 지정하십시오' },
  'stream.down': { en: 'The media process is NOT running.', ko: '중계 프로세스가 실행 중이 아닙니다.' },
  'stream.silent': {
    en: 'The media process does NOT answer: it is started again within some ten seconds.',
    ko: '중계 프로세스가 응답하지 않습니다. 10여 초 안에 자동으로 다시 시작됩니다.',
  },
  'stream.none': { en: 'No camera is open, nobody gets pictures.', ko: '열린 카메라와 영상 수신자가 없습니다.' },
  'stream.at': { en: '{time}: {cameras} open, {readers} reader(s)', ko: '{time}: 열린 영상 {cameras}, 수신자 {readers}' },
  'stream.failure': { en: '{path} failed last at {time}: {text}', ko: '{path} 최근 실패 {time}: {text}' },
  'stream.kicked': { en: 'Session {session} is ended, and grant {grant} with it.', ko: '세션 {session} 및 승인 {grant} 종료됨.' },
  'stream.cut': {
    en: 'Session {session} is ended. Others look by grant {grant}, which stands: its address opens again. To end it: bongsu grant revoke {grant}',
    ko: '세션 {session} 종료됨. 승인 {grant}은(는) 다른 수신자가 있어 유효하며 같은 주소로 다시 접속할 수 있습니다. 끝내려면: bongsu grant revoke {grant}',
  },
  'stream.plays': {
    en: 'Nothing stands in the way. Test the camera itself: bongsu camera test {id}',
    ko: '막는 것이 없습니다. 카메라 자체를 시험하려면: bongsu camera test {id}',
  },
  'column.path': { en: 'STREAM', ko: '영상' },
  'column.codec': { en: 'CODEC', ko: '코덱' },
  'column.size': { en: 'SIZE', ko: '해상도' },
  'column.rate': { en: 'KBIT/S', ko: '속도(kbit/s)' },
  'column.readers': { en: 'READERS', ko: '수신자' },
  'column.frames': { en: 'FRAMES', ko: '프레임' },
  'column.bytes': { en: 'BYTES', ko: '용량' },
  'column.lost': { en: 'LOST', ko: '손실' },
  'column.dropped': { en: 'DISCARDED', ko: '폐기' },
  'column.jitter': { en: 'JITTER', ko: '지터' },
  'column.firstFrame': { en: 'FIRST FRAME', ko: '첫 화면' },
  'column.session': { en: 'SESSION', ko: '세션' },
  'column.transport': { en: 'OVER', ko: '방식' },
  'column.peer': { en: 'READER', ko: '수신 주소' },
  'column.left': { en: 'LEFT', ko: '남은 시간' },
} as const;
