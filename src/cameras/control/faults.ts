// Why a camera is not moved, switched or set, and what can be done about it.
import { faultTable } from '#base';

export const faults = faultTable('cameras', {
  'ptz-never': {
    message: { en: 'This camera is not moved by the gateway', ko: '이 카메라는 게이트웨이에서 움직이지 않도록 설정되어 있습니다' },
    hint: {
      en: 'Only the site can allow it: `bongsu camera ptz ID policy idle-only`.',
      ko: '현장에서만 허용할 수 있습니다: `bongsu camera ptz ID policy idle-only`.',
    },
  },
  'ptz-held': {
    message: { en: 'Somebody else is moving this camera', ko: '다른 사람이 이 카메라를 움직이고 있습니다' },
    hint: { en: '`bongsu camera ptz ID` shows who; try again later.', ko: '`bongsu camera ptz ID`로 확인하고 나중에 다시 시도하십시오.' },
    retryable: true,
  },
  'ptz-not-idle': {
    message: {
      en: 'The camera does not rest, or does not say that it does',
      ko: '카메라가 움직이는 중이거나 정지 여부를 알려주지 않습니다',
    },
    hint: {
      en: "Its policy is idle-only: it belongs to the centre's operators while it moves.",
      ko: '정책이 idle-only이므로 움직이는 동안은 관제요원이 우선입니다.',
    },
    retryable: true,
  },
  'ptz-foreign': {
    message: { en: 'Somebody at the centre has moved the camera meanwhile', ko: '그 사이 관제센터에서 카메라를 움직였습니다' },
    hint: { en: "The hold is over; it is the operators' turn.", ko: '제어권이 끝났습니다. 관제요원이 우선입니다.' },
    retryable: true,
  },
  'ptz-over': {
    message: { en: 'It was stopped before it moved', ko: '움직이기 전에 정지되었습니다' },
    hint: { en: 'Ask again.', ko: '다시 요청하십시오.' },
    retryable: true,
  },
  'ptz-none': {
    message: { en: 'This channel does not move', ko: '이 채널은 움직이는 카메라가 아닙니다' },
    hint: {
      en: '`bongsu camera show ID` shows its channels; most cameras stand still.',
      ko: '`bongsu camera show ID`로 채널을 확인하십시오. 대부분은 고정형 카메라입니다.',
    },
  },
  'relays-off': {
    message: { en: 'This gateway does not switch relay outputs', ko: '이 게이트웨이는 릴레이 출력을 조작하지 않도록 설정되어 있습니다' },
    hint: { en: 'Allow it with cameras.control.relays.', ko: 'cameras.control.relays로 허용하십시오.' },
  },
  'relay-unknown': {
    message: { en: 'The camera has no such relay output', ko: '카메라에 그런 릴레이 출력이 없습니다' },
    hint: { en: '`bongsu camera relay ID` lists them.', ko: '`bongsu camera relay ID`로 확인하십시오.' },
  },
  'clock-by-ntp': {
    message: { en: 'The camera takes its time from an NTP server', ko: '카메라가 NTP 서버로 시각을 맞추고 있습니다' },
    hint: {
      en: 'Correct its NTP server: a time that is set by hand would switch NTP off.',
      ko: '카메라의 NTP 서버를 고치십시오. 시각을 직접 설정하면 NTP가 꺼집니다.',
    },
  },
  'own-clock-unset': {
    message: { en: "The gateway's own clock was never set", ko: '게이트웨이의 시각이 설정되지 않았습니다' },
    hint: { en: 'Set it first.', ko: '게이트웨이의 시각을 먼저 맞추십시오.' },
  },
  'act-failed': {
    message: { en: 'The camera did not do it', ko: '카메라가 수행하지 못했습니다' },
    hint: { en: 'See `bongsu camera list` for its state.', ko: '`bongsu camera list`로 카메라 상태를 확인하십시오.' },
    retryable: true,
  },
});
