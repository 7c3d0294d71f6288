// What can go wrong in the relay, in words for a technician.
import { faultTable, type Text } from '#base';
import type { Look } from '#model';

/** Faults of the relay's door. */
export const streamsFaults = faultTable('streams', {
  'media-down': {
    message: { en: 'The media process is not running', ko: '미디어 프로세스가 실행 중이 아닙니다' },
    hint: {
      en: 'It is started again by itself within seconds; ask again. If it keeps dying, look into the log.',
      ko: '몇 초 안에 자동으로 다시 시작되니 다시 요청하십시오. 반복되면 로그를 확인하십시오.',
    },
    retryable: true,
  },
  'cannot-listen': {
    message: { en: 'Readers cannot be let in at this address', ko: '이 주소에서 접속을 받을 수 없습니다' },
    hint: {
      en: 'If another program has the port, end it or choose another one (streams.rtsp.port, streams.http.port). It is tried again every few seconds.',
      ko: '다른 프로그램이 포트를 쓰고 있으면 끝내거나 다른 포트(streams.rtsp.port, streams.http.port)를 지정하십시오. 몇 초마다 다시 시도합니다.',
    },
    retryable: true,
  },
  full: {
    message: { en: 'Too many addresses are open at the same time', ko: '동시에 열린 주소가 너무 많습니다' },
    hint: {
      en: 'Wait until grants end, or revoke some (bongsu grant revoke).',
      ko: '승인이 끝날 때까지 기다리거나 일부를 회수하십시오(bongsu grant revoke).',
    },
    retryable: true,
  },
  'too-late': {
    message: { en: 'The grant ended before its address could be opened', ko: '주소를 열기 전에 승인 시간이 끝났습니다' },
    hint: { en: 'Ask again, with a later end.', ko: '종료 시각을 더 늦게 하여 다시 요청하십시오.' },
  },
  'push-not-allowed': {
    message: { en: 'Pictures may not be pushed to this address', ko: '이 주소로는 영상을 보낼 수 없습니다' },
    hint: {
      en: 'Name it, or what it lies below, under streams.pushTo in the configuration.',
      ko: '설정의 streams.pushTo에 이 주소나 상위 주소를 등록하십시오.',
    },
  },
  'no-decoder': {
    message: {
      en: 'The camera offers no stills, and none can be made of its stream',
      ko: '카메라가 정지영상을 제공하지 않으며 영상에서도 만들 수 없습니다',
    },
    hint: {
      en: 'Install ffmpeg, or name it under streams.ffmpeg.',
      ko: 'ffmpeg를 설치하거나 streams.ffmpeg에 경로를 지정하십시오.',
    },
  },
  'unknown-grant': {
    message: { en: 'No address is open for this grant', ko: '이 승인에 대해 열린 주소가 없습니다' },
    hint: { en: 'It has ended or was never opened. Ask for a new one.', ko: '끝났거나 열린 적이 없습니다. 새로 요청하십시오.' },
  },
});

/** Why a camera's pictures do not come. */
export const sourceFailures = {
  unreachable: { en: 'the camera cannot be reached', ko: '카메라에 연결할 수 없습니다' },
  'login-refused': { en: 'the camera refuses the user name or password', ko: '카메라가 사용자 이름 또는 비밀번호를 거부합니다' },
  refused: { en: 'the camera refuses to send this stream', ko: '카메라가 이 영상의 전송을 거부합니다' },
  busy: {
    en: 'the camera has no room for another viewer or is not ready',
    ko: '카메라가 더 이상 연결을 받을 수 없거나 준비되지 않았습니다',
  },
  'no-video': {
    en: 'the camera offers no video that is relayed (H.264, H.265, JPEG)',
    ko: '카메라에 중계할 수 있는 영상(H.264, H.265, JPEG)이 없습니다',
  },
  silent: { en: 'the camera is connected but sends no picture', ko: '카메라가 연결되었지만 영상을 보내지 않습니다' },
  lost: { en: 'the camera closed the connection', ko: '카메라가 연결을 끊었습니다' },
  malformed: { en: 'the camera sends what cannot be read', ko: '카메라가 읽을 수 없는 데이터를 보냅니다' },
  timeout: { en: 'the camera does not answer in time', ko: '카메라가 제시간에 응답하지 않습니다' },
  changed: { en: 'the camera changed its picture format', ko: '카메라의 영상 형식이 바뀌었습니다' },
} as const satisfies Record<Extract<Look, { readonly result: 'failed' }>['reason'], Text>;

export type SourceFailureReason = keyof typeof sourceFailures;

/** What a technician can do about a failure, where its reason does not tell. */
const sourceHints = {
  'basic-only': {
    en: 'the camera asks for Basic, which would send the password in clear: switch it to Digest, or set streams.allowBasic where its network is safe',
    ko: '카메라가 비밀번호를 그대로 보내는 Basic 인증만 요구합니다. 카메라를 Digest로 바꾸거나, 안전한 망이면 streams.allowBasic을 켜십시오',
  },
} as const satisfies Record<string, Text>;

/** What is wrong, where the sentence of its reason would not say it. */
const ownWords = {
  'no-flv': {
    en: 'this stream has no place in FLV, which carries H.264 and H.265: ask for RTSP',
    ko: '이 영상은 H.264와 H.265만 담는 FLV로 보낼 수 없습니다. RTSP로 요청하십시오',
  },
  'no-still': {
    en: 'no still can be made of this stream, only of H.264 and H.265',
    ko: '이 영상으로는 정지영상을 만들 수 없습니다(H.264, H.265만 가능)',
  },
  'flv-unsafe': {
    en: 'what this camera sends stops the making of FLV for all: ask for RTSP',
    ko: '이 카메라가 보내는 데이터가 모든 FLV 변환을 멈추게 합니다. RTSP로 요청하십시오',
  },
  'too-fast': {
    en: 'the camera sends more packets or pictures than any camera has to',
    ko: '카메라가 비정상적으로 많은 패킷이나 영상을 보냅니다',
  },
  'held-back': {
    en: 'the camera refused the user name or password less than a minute ago, and is not asked again yet',
    ko: '카메라가 1분 이내에 사용자 이름 또는 비밀번호를 거부하여 아직 다시 요청하지 않습니다',
  },
} as const satisfies Record<string, Text>;

/** A failure with what the camera said, without any secret. */
export interface SourceFailure {
  readonly reason: SourceFailureReason;
  /** A status line, an errno; at most 120 characters, may be empty. */
  readonly detail: string;
  readonly hint?: keyof typeof sourceHints;
  /** Said in place of the reason's own sentence. */
  readonly words?: keyof typeof ownWords;
}

/** A failure as a sentence, in English or Korean. */
export function failureText(failure: SourceFailure): Text {
  const tail = failure.detail === '' ? '' : ` (${failure.detail})`;
  const text = failure.words ? ownWords[failure.words] : sourceFailures[failure.reason];
  const hint = failure.hint && sourceHints[failure.hint];
  const end = (language: keyof Text): string => tail + (hint ? `: ${hint[language]}` : '');
  return { en: text.en + end('en'), ko: text.ko + end('ko') };
}

/** Why pictures could not be pushed. */
const pushFailures = {
  unreachable: { en: 'the address cannot be reached', ko: '주소에 연결할 수 없습니다' },
  untrusted: { en: 'its certificate leads to no known authority', ko: '인증서를 신뢰할 수 없습니다' },
  'login-refused': { en: 'it refuses the user name or password', ko: '사용자 이름 또는 비밀번호를 거부합니다' },
  refused: { en: 'it refuses to take the stream', ko: '영상 수신을 거부합니다' },
  lost: { en: 'it closed the connection', ko: '연결을 끊었습니다' },
} as const satisfies Record<string, Text>;

/** A failure of a push, with a status line or an errno; never an address. */
export interface PushFailure {
  readonly reason: keyof typeof pushFailures;
  readonly detail: string;
}

/** A failure of a push as a sentence. */
export function pushFailureText({ reason, detail }: PushFailure): Text {
  const tail = detail === '' ? '' : ` (${detail})`;
  return { en: pushFailures[reason].en + tail, ko: pushFailures[reason].ko + tail };
}
