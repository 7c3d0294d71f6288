// What can be wrong with a camera, step by step, in words for a technician with what to do: one table for the screen, the summary and the tests.
import type { Text } from '#base';
import { type FailureKind, wordsOf } from '../faults.ts';
import { type PictureCause, pictureWords } from '../watch/index.ts';

/** What is said of one cause. */
export interface CauseWords {
  readonly message: Text;
  readonly hint: Text;
}

const own = {
  'address-bad': {
    message: { en: 'The registered address is no address of a camera', ko: '등록된 주소가 카메라 주소 형식이 아닙니다' },
    hint: {
      en: 'Remove the camera and add it with 10.0.0.5, 10.0.0.5:8080, http://host:port/path or rtsp://host/path.',
      ko: '카메라를 삭제하고 10.0.0.5, 10.0.0.5:8080, http://host:port/path 또는 rtsp://host/path 형식으로 다시 등록하십시오.',
    },
  },
  'no-neighbour': {
    message: {
      en: 'Nobody in this network has the address of the camera (no answer to ARP)',
      ko: '이 네트워크에 카메라 주소를 가진 장비가 없습니다(ARP 응답 없음)',
    },
    hint: {
      en: 'The camera is off, unplugged, or has another address: look at the lamps of its switch port and PoE, then `bongsu discover` to find where it is now.',
      ko: '카메라가 꺼졌거나 케이블이 빠졌거나 주소가 바뀌었습니다. 스위치 포트와 PoE 표시등을 확인하고 `bongsu discover`로 현재 주소를 찾으십시오.',
    },
  },
  'other-device': {
    message: {
      en: 'Another device than before has this address (its MAC differs)',
      ko: '이 주소의 장비가 이전과 다릅니다(MAC 주소 불일치)',
    },
    hint: {
      en: 'If the camera was replaced, register it again. If not, two devices have the same address: give one of them another.',
      ko: '카메라를 교체했으면 다시 등록하십시오. 아니면 주소가 중복된 것이니 한쪽 주소를 바꾸십시오.',
    },
  },
  'group-lost': {
    message: {
      en: 'This camera and most others behind its switch cannot be reached',
      ko: '이 카메라와 같은 스위치의 카메라 대부분이 연결되지 않습니다',
    },
    hint: {
      en: 'Look at the switch, its power and its uplink first, not at the camera.',
      ko: '카메라가 아니라 스위치와 그 전원, 상위 회선을 먼저 확인하십시오.',
    },
  },
  'no-answer': {
    message: { en: 'The address of the camera does not answer at all', ko: '카메라 주소에서 아무 응답이 없습니다' },
    hint: {
      en: 'Check power, cable, switch and the way there; if other cameras of the same place are silent too, it is the switch or the line. A firewall may drop the port.',
      ko: '전원, 케이블, 스위치, 중간 경로를 확인하십시오. 같은 곳의 다른 카메라도 응답이 없으면 스위치나 회선 문제입니다. 방화벽이 포트를 막을 수도 있습니다.',
    },
  },
  'no-route': {
    message: { en: 'This gateway has no way to the address of the camera', ko: '게이트웨이에서 카메라 주소로 가는 경로가 없습니다' },
    hint: {
      en: 'Look with `ip route get ADDRESS`: the interface of the cameras is down, or a route is missing.',
      ko: '`ip route get 주소`로 확인하십시오. 카메라망 인터페이스가 꺼졌거나 경로가 빠져 있습니다.',
    },
  },
  'port-closed': {
    message: { en: 'The device is there, but nobody listens at this port', ko: '장비는 있으나 이 포트에서 서비스가 동작하지 않습니다' },
    hint: {
      en: 'Wrong port, or ONVIF/RTSP is switched off: look in the web page of the camera, and register it with the right port. After a power failure wait two minutes.',
      ko: '포트가 틀렸거나 ONVIF/RTSP가 꺼져 있습니다. 카메라 웹 화면에서 확인하고 맞는 포트로 등록하십시오. 정전 직후이면 2분 뒤 다시 시험하십시오.',
    },
  },
  'clock-wrong': {
    message: { en: 'The clock of the camera is wrong', ko: '카메라 시각이 틀립니다' },
    hint: {
      en: 'Set an NTP server and the right time zone on the camera. Times of alarms are corrected meanwhile, and logins are made by its own clock.',
      ko: '카메라에 NTP 서버와 시간대를 설정하십시오. 그동안 알람 시각은 보정하고, 로그인은 카메라 시각에 맞춰 합니다.',
    },
  },
  'clock-untold': {
    message: { en: 'The camera does not tell its time', ko: '카메라가 시각을 알려 주지 않습니다' },
    hint: {
      en: 'Set its date and time once in its web page; if it still tells none, update its firmware.',
      ko: '카메라 웹 화면에서 날짜와 시각을 한 번 설정하고, 그래도 없으면 펌웨어를 갱신하십시오.',
    },
  },
  locked: {
    message: { en: 'The camera has locked the account for now', ko: '카메라가 계정을 일시적으로 잠갔습니다' },
    hint: {
      en: 'Somebody failed to log in too often: look for an old password in VMS, recorders and apps. It opens by itself after some minutes, or by a restart.',
      ko: '로그인 실패가 많았습니다. VMS, 녹화기, 앱에 남은 옛 비밀번호를 찾으십시오. 몇 분 뒤 저절로 풀리며, 재시작해도 풀립니다.',
    },
  },
  'login-held': {
    message: { en: 'The login was refused lately and is not tried again yet', ko: '최근 로그인이 거부되어 아직 다시 시도하지 않습니다' },
    hint: {
      en: 'So that the camera does not lock the account. Correct the password on the camera or in the registration, then test again after the time that is shown.',
      ko: '계정 잠금을 막기 위해서입니다. 카메라 또는 등록된 비밀번호를 바로잡고 표시된 시간 뒤에 다시 시험하십시오.',
    },
  },
  'no-channels': {
    message: { en: 'The camera tells no video profile', ko: '카메라에 영상 프로파일이 없습니다' },
    hint: {
      en: 'Make a profile with H.264 or H.265 video in its web page; on a recorder assign the cameras to channels; the user may also lack the right to see them.',
      ko: '카메라 웹 화면에서 H.264 또는 H.265 프로파일을 만드십시오. 녹화기이면 채널에 카메라를 지정하고, 사용자의 보기 권한도 확인하십시오.',
    },
  },
  'no-stream-address': {
    message: { en: 'The camera tells no RTSP address for a channel', ko: '카메라가 채널의 RTSP 주소를 알려 주지 않습니다' },
    hint: {
      en: 'Enable RTSP on the camera and restart it; if it stays so, register the stream itself with rtsp://.',
      ko: '카메라에서 RTSP를 켜고 재시작하십시오. 계속되면 rtsp:// 주소로 직접 등록하십시오.',
    },
  },
  'relay-down': {
    message: { en: 'The media process of this gateway cannot look now', ko: '게이트웨이의 영상 프로세스가 지금 확인할 수 없습니다' },
    hint: {
      en: 'That is no fault of the camera: see `bongsu status`, and test again in a minute.',
      ko: '카메라 문제가 아닙니다. `bongsu status`를 확인하고 1분 뒤 다시 시험하십시오.',
    },
  },
  'no-events': {
    message: { en: 'The camera has no ONVIF events', ko: '카메라가 ONVIF 이벤트를 지원하지 않습니다' },
    hint: {
      en: 'Its pictures work, its alarms cannot be heard. If it should have events, enable them in its web page or update its firmware.',
      ko: '영상은 되지만 알람은 받을 수 없습니다. 이벤트가 있어야 하면 웹 화면에서 켜거나 펌웨어를 갱신하십시오.',
    },
  },
  'events-refused': {
    message: { en: 'The camera refuses to tell its events', ko: '카메라가 이벤트 구독을 거부합니다' },
    hint: {
      en: 'Usually its places for subscribers are taken (old VMS, other gateways): remove those or restart the camera; the user must have the right to events.',
      ko: '대개 구독 자리가 가득 찬 것입니다(이전 VMS, 다른 게이트웨이). 정리하거나 카메라를 재시작하고, 사용자의 이벤트 권한을 확인하십시오.',
    },
  },
  'events-silent': {
    message: {
      en: 'The camera takes the subscription but does not answer when it is asked for events',
      ko: '구독은 되지만 이벤트 조회에 응답하지 않습니다',
    },
    hint: { en: 'Restart the camera; if it stays so, update its firmware.', ko: '카메라를 재시작하고, 계속되면 펌웨어를 갱신하십시오.' },
  },
} as const satisfies Record<string, CauseWords>;

/** The cause of a finding. Those of calls and of pictures have their words where supervision has them. */
export type Cause = keyof typeof own | FailureKind | `picture-${PictureCause}`;

const pictureCauses = Object.keys(pictureWords) as PictureCause[];
const callCauses: readonly FailureKind[] = [
  'unreachable',
  'silent',
  'closed',
  'garbage',
  'too-large',
  'certificate',
  'fault',
  'login-refused',
  'login-missing',
  'factory-state',
];

/** All causes with their words. */
export const causeWords: Readonly<Record<Cause, CauseWords>> = Object.assign(
  {},
  own,
  ...callCauses.map((kind) => ({ [kind]: wordsOf(kind) })),
  ...pictureCauses.map((cause) => ({ [`picture-${cause}`]: pictureWords[cause] })),
);
