// What can be wrong with a camera: the room's faults, and the failures of a call in words for a technician.
import { BongsuError, faultTable, sameText, type Text, withHint } from '#base';

export const faults = faultTable('cameras', {
  'push-unlistenable': {
    message: { en: 'The door for pushes of cameras cannot be opened', ko: '카메라 이벤트 수신 포트를 열 수 없습니다' },
    hint: {
      en: 'Is the port of cameras.events.push taken (`ss -ltnp`), or the address not of this machine?',
      ko: 'cameras.events.push의 포트를 다른 프로그램이 쓰는지(`ss -ltnp`), 주소가 이 장비의 것인지 확인하십시오.',
    },
  },
  unknown: {
    message: { en: 'There is no such camera', ko: '그런 카메라가 없습니다' },
    hint: { en: 'See `bongsu camera list`.', ko: '`bongsu camera list`로 확인하십시오.' },
  },
  'not-ready': {
    message: { en: 'The camera has not told its streams yet', ko: '카메라의 영상 주소를 아직 알아내지 못했습니다' },
    hint: {
      en: 'It may be off or refuse the login: see `bongsu status`.',
      ko: '꺼져 있거나 로그인을 거부하고 있을 수 있습니다. `bongsu status`를 확인하십시오.',
    },
    retryable: true,
  },
  'no-stream': {
    message: { en: 'The camera has no such stream', ko: '카메라에 그런 영상이 없습니다' },
    hint: {
      en: 'See its channels with `bongsu camera list`, and its video profiles in its own web page.',
      ko: '`bongsu camera list`의 채널과 카메라 웹 화면의 영상 프로파일을 확인하십시오.',
    },
  },
  'not-onvif': {
    message: { en: 'This source has no ONVIF', ko: 'ONVIF가 없는 영상 소스입니다' },
    hint: { en: 'It was registered by its stream address alone.', ko: '영상 주소만으로 등록된 소스입니다.' },
  },
  quarantined: {
    message: { en: 'The camera is quarantined: it takes a factory password', ko: '초기 비밀번호를 받는 카메라라 격리되어 있습니다' },
    hint: {
      en: 'Change its password, then `bongsu credential audit --defaults`; or set cameras.factoryLogins to mark.',
      ko: '비밀번호를 바꾼 뒤 `bongsu credential audit --defaults`로 점검하거나 cameras.factoryLogins를 mark로 설정하십시오.',
    },
  },
  'no-still': {
    message: { en: 'The camera offers no still pictures', ko: '카메라가 정지영상을 제공하지 않습니다' },
    hint: { en: 'Use its stream instead.', ko: '대신 영상(stream)을 사용하십시오.' },
  },
  'look-runs': {
    message: { en: 'Cameras are being looked for already', ko: '이미 카메라를 검색하고 있습니다' },
    hint: { en: 'Wait until that look has ended.', ko: '진행 중인 검색이 끝난 뒤 다시 시도하십시오.' },
    retryable: true,
  },
  'range-bad': {
    message: { en: 'This is no range of addresses', ko: '주소 범위가 아닙니다' },
    hint: {
      en: 'Write 10.0.0.5, 10.0.0.0/22 or 10.0.0.10-10.0.0.90.',
      ko: '10.0.0.5, 10.0.0.0/22 또는 10.0.0.10-10.0.0.90 형식으로 입력하십시오.',
    },
  },
  'range-large': {
    message: { en: 'These are too many addresses for one look', ko: '한 번에 검색할 수 있는 주소 수를 넘었습니다' },
    hint: { en: 'At most 262,144 addresses (four /16).', ko: '최대 262,144개(/16 네 개)까지 가능합니다.' },
  },
});

/** How a call to a camera failed. */
export type FailureKind =
  | 'unreachable'
  | 'silent'
  | 'closed'
  | 'garbage'
  | 'too-large'
  | 'certificate'
  | 'fault'
  | 'login-refused'
  | 'login-missing'
  | 'factory-state';

/** A failed call: what, where, and how long it took. */
export interface Failure {
  readonly kind: FailureKind;
  /** Never a secret: an address, a call's name, an error code. At most 200 characters in each language. */
  readonly detail: Text;
  /** Whether a refused login was refused because the account is locked for now. */
  readonly isLocked?: boolean;
  /** Whether the camera was not asked at all, because a login was refused not long ago. */
  readonly isHeld?: boolean;
}

/** Makes a failure, its detail cut to size; a bare string is the same in both languages. */
export function failure(kind: FailureKind, detail: string | Text): Failure {
  const { ko, en } = typeof detail === 'string' ? sameText(detail) : detail;
  return { kind, detail: { ko: cut(ko), en: cut(en) } };
}

function cut(words: string): string {
  return words.length > 200 ? `${words.slice(0, 199)}…` : words;
}

const words: Readonly<Record<FailureKind, { readonly message: Text; readonly hint: Text }>> = {
  unreachable: {
    message: { en: 'The camera cannot be reached', ko: '카메라에 연결할 수 없습니다' },
    hint: {
      en: 'Check power, cable and address; `ping` it from the gateway.',
      ko: '전원, 케이블, 주소를 확인하고 게이트웨이에서 ping으로 점검하십시오.',
    },
  },
  silent: {
    message: { en: 'The camera does not answer in time', ko: '카메라가 제시간에 응답하지 않습니다' },
    hint: {
      en: 'Is it the right port? If so, restart the camera.',
      ko: '포트가 맞는지 확인하고, 맞으면 카메라를 재시작하십시오.',
    },
  },
  closed: {
    message: { en: 'The camera closes the connection', ko: '카메라가 연결을 끊습니다' },
    hint: {
      en: 'Check that ONVIF is enabled and that not too many clients use the camera.',
      ko: 'ONVIF가 켜져 있는지, 접속자가 너무 많지 않은지 확인하십시오.',
    },
  },
  garbage: {
    message: { en: 'The camera gives an answer that is not ONVIF', ko: '카메라의 응답이 ONVIF 형식이 아닙니다' },
    hint: {
      en: 'Is this the address of the ONVIF service? If it is, update the firmware.',
      ko: 'ONVIF 서비스 주소가 맞는지 확인하고, 맞으면 펌웨어를 갱신하십시오.',
    },
  },
  'too-large': {
    message: { en: 'The camera gives an answer that is too large', ko: '카메라의 응답이 너무 큽니다' },
    hint: {
      en: 'If the device has very many channels, raise cameras.maxReply.',
      ko: '채널이 매우 많은 장비이면 cameras.maxReply를 늘리십시오.',
    },
  },
  certificate: {
    message: { en: 'The camera shows another certificate than before', ko: '카메라의 인증서가 이전과 다릅니다' },
    hint: {
      en: 'Nothing was sent to it. If the camera was replaced or its certificate renewed, remove and add it again; otherwise find out who answers at its address.',
      ko: '아무것도 보내지 않았습니다. 카메라를 교체했거나 인증서를 갱신했으면 삭제 후 다시 등록하고, 아니면 그 주소에서 누가 응답하는지 확인하십시오.',
    },
  },
  fault: {
    message: { en: 'The camera refuses the request', ko: '카메라가 요청을 거부합니다' },
    hint: {
      en: 'Check the rights of the ONVIF user and the number of event subscribers.',
      ko: 'ONVIF 사용자의 권한과 이벤트 구독 수를 확인하십시오.',
    },
  },
  'login-refused': {
    message: { en: 'The camera refuses the user name or password', ko: '카메라가 사용자 이름 또는 비밀번호를 거부합니다' },
    hint: {
      en: 'Check the ONVIF user on the camera. It is not tried again at once, so that the account is not locked.',
      ko: '카메라의 ONVIF 사용자를 확인하십시오. 계정이 잠기지 않도록 바로 다시 시도하지 않습니다.',
    },
  },
  'login-missing': {
    message: { en: 'The camera wants a user name and password', ko: '카메라가 사용자 이름과 비밀번호를 요구합니다' },
    hint: { en: 'Enter the login of an ONVIF user of the camera.', ko: '카메라 ONVIF 사용자의 이름과 비밀번호를 등록하십시오.' },
  },
  'factory-state': {
    message: { en: 'The camera serves nobody yet', ko: '카메라가 초기 설정 전이라 요청을 받지 않습니다' },
    hint: {
      en: 'Set its first password in its web page (Hanwha: required before ONVIF works) and enable ONVIF.',
      ko: '카메라 웹 화면에서 최초 비밀번호를 설정하고(한화: 설정 전에는 ONVIF 불가) ONVIF를 켜십시오.',
    },
  },
};

/** A failure as a condition tells it: what it means with its hint, and apart from it where, which is for the site's own people. */
export function tellOf(failed: Failure): { readonly message: Text; readonly detail: string } {
  const { message, hint } = words[failed.kind];
  return { message: withHint(message, hint), detail: failed.detail.en };
}

/** What a kind of failure means, and what can be done about it. */
export function wordsOf(kind: FailureKind): { readonly message: Text; readonly hint: Text } {
  return words[kind];
}

/** A failure as the fault of an act: where it happened is apart from what strangers may read. */
export function faultOf(failed: Failure): BongsuError {
  const { message, hint } = words[failed.kind];
  return new BongsuError('cameras.act-failed', { message, hint, retryable: true }, { detail: failed.detail.en });
}

/** What a failure means, where, and what can be done about it: for whoever stands at the gateway. */
export function explain(failed: Failure): { readonly message: Text; readonly hint: Text } {
  const { message, hint } = words[failed.kind];
  return { message: { en: `${message.en}: ${failed.detail.en}`, ko: `${message.ko}: ${failed.detail.ko}` }, hint };
}
