// Why pictures do not come, in words for a technician, with what to do; the same words for a condition and for `bongsu camera test`.
import type { Text } from '#base';
import type { Look } from '#model';

type FailedLook = Extract<Look, { readonly result: 'failed' }>;

/** Why pictures do not come. */
export type PictureCause = FailedLook['reason'] | 'basic-only';

/** The cause of a failed look. */
export function pictureCauseOf({ reason, basicOnly }: FailedLook): PictureCause {
  return basicOnly ? 'basic-only' : reason;
}

/** The words of each cause. */
export const pictureWords: Readonly<Record<PictureCause, { readonly message: Text; readonly hint: Text }>> = {
  unreachable: {
    message: { en: 'Nobody answers at the RTSP port of the camera', ko: '카메라의 RTSP 포트에서 응답이 없습니다' },
    hint: {
      en: 'Enable RTSP on the camera, see which port it says for it, and let that port (554) through every firewall on the way.',
      ko: '카메라에서 RTSP를 켜고 포트 번호를 확인한 뒤, 중간 방화벽에서 그 포트(554)를 허용하십시오.',
    },
  },
  'login-refused': {
    message: { en: 'The camera refuses the login for its pictures', ko: '카메라가 영상(RTSP) 로그인을 거부합니다' },
    hint: {
      en: 'On some cameras ONVIF users and RTSP users are two lists: enter the same name and password in both, with the right to watch.',
      ko: 'ONVIF 사용자와 RTSP 사용자가 따로인 카메라가 있습니다. 양쪽에 같은 이름과 비밀번호를 등록하고 영상 보기 권한을 주십시오.',
    },
  },
  'basic-only': {
    message: {
      en: 'The camera wants the password in clear (Basic) for its pictures, and it was not sent',
      ko: '카메라가 영상(RTSP)에 비밀번호를 그대로 보내는 Basic 인증만 요구하여 보내지 않았습니다',
    },
    hint: {
      en: 'Switch the RTSP authentication of the camera to Digest; where its network is safe, streams.allowBasic can be set instead.',
      ko: '카메라의 RTSP 인증을 Digest로 바꾸십시오. 안전한 망이면 streams.allowBasic을 켤 수 있습니다.',
    },
  },
  refused: {
    message: { en: 'The camera refuses to send this stream', ko: '카메라가 이 영상의 전송을 거부합니다' },
    hint: {
      en: 'The profile may have been deleted, or the user may not watch: look at the video profiles and the rights of the user in its web page.',
      ko: '영상 프로파일이 삭제되었거나 사용자에게 보기 권한이 없을 수 있습니다. 카메라 웹 화면에서 확인하십시오.',
    },
  },
  busy: {
    message: { en: 'The camera has no room for another viewer', ko: '카메라가 더 이상 영상 접속을 받지 않습니다' },
    hint: {
      en: 'Close other viewers (VMS, recorders, old connections) or raise the number of sessions on the camera; if it stays, restart it.',
      ko: '다른 접속(VMS, 녹화기, 남은 세션)을 줄이거나 카메라의 최대 접속 수를 늘리고, 계속되면 재시작하십시오.',
    },
  },
  'no-video': {
    message: { en: 'The stream has no H.264, H.265 or JPEG video', ko: '영상에 H.264, H.265, JPEG 비디오가 없습니다' },
    hint: { en: 'Set the video codec of the profile to H.264 or H.265.', ko: '프로파일의 비디오 코덱을 H.264 또는 H.265로 설정하십시오.' },
  },
  silent: {
    message: { en: 'The camera opens the stream but sends no picture', ko: '카메라가 영상을 열었지만 화면을 보내지 않습니다' },
    hint: {
      en: 'Look at its picture in its own web page. If there is none, its encoder hangs: restart it. If there is one, something on the way holds large packets back (MTU, VPN).',
      ko: '카메라 웹 화면에서 영상을 확인하십시오. 없으면 인코더가 멈춘 것이니 재시작하고, 있으면 중간 경로의 큰 패킷 차단(MTU, VPN)을 점검하십시오.',
    },
  },
  lost: {
    message: { en: 'The camera closes the connection before a picture comes', ko: '화면이 오기 전에 카메라가 연결을 끊습니다' },
    hint: {
      en: 'Usually too many viewers or a firmware that is ill: close other viewers, restart it, update its firmware.',
      ko: '접속이 너무 많거나 펌웨어 문제일 수 있습니다. 다른 접속을 줄이고 재시작한 뒤 펌웨어를 갱신하십시오.',
    },
  },
  malformed: {
    message: { en: 'The camera sends what is not RTSP', ko: '카메라가 RTSP가 아닌 데이터를 보냅니다' },
    hint: {
      en: 'Is it the right port? If so, update the firmware of the camera.',
      ko: '포트가 맞는지 확인하고, 맞으면 카메라 펌웨어를 갱신하십시오.',
    },
  },
  timeout: {
    message: { en: 'The camera does not answer over RTSP in time', ko: '카메라가 RTSP로 제시간에 응답하지 않습니다' },
    hint: {
      en: 'It may be overloaded, or its line too thin: lower the bit rate, close other viewers, restart it.',
      ko: '카메라 과부하이거나 회선이 느릴 수 있습니다. 비트레이트와 접속 수를 줄이고 재시작하십시오.',
    },
  },
  changed: {
    message: { en: 'The camera changed its picture format meanwhile', ko: '그 사이 카메라의 영상 형식이 바뀌었습니다' },
    hint: { en: 'Try again.', ko: '다시 시도하십시오.' },
  },
};
