// The faults of the stories themselves; those of a room are in its own table.
import { faultTable } from '#base';

export const faults = faultTable('gateway', {
  'scope-wrong': {
    message: { en: 'This says of no camera whether it is meant', ko: '어느 카메라용인지 알 수 없는 값입니다' },
    hint: {
      en: 'Ranges are 10.0.0.0/22 or 10.0.0.10-10.0.0.90, MACs begin in pairs of digits: 00:09:18.',
      ko: '주소 범위는 10.0.0.0/22 또는 10.0.0.10-10.0.0.90, MAC은 00:09:18처럼 두 자리씩 입력하십시오.',
    },
  },
  'look-failed': {
    message: { en: 'The picture cannot be shown', ko: '영상을 보여줄 수 없습니다' },
    hint: {
      en: 'See `bongsu status` for the relay and `bongsu camera list` for the camera.',
      ko: '`bongsu status`와 `bongsu camera list`로 중계와 카메라 상태를 확인하십시오.',
    },
    retryable: true,
  },
  'grant-over': {
    message: { en: 'The grant ended before the picture was open', ko: '영상이 열리기 전에 승인이 끝났습니다' },
    hint: { en: 'Ask for a new one.', ko: '새로 요청하십시오.' },
  },
  'still-failed': {
    message: { en: 'The picture could not be taken', ko: '정지영상을 가져오지 못했습니다' },
    hint: { en: 'See `bongsu camera list` for the state of the camera.', ko: '`bongsu camera list`로 카메라 상태를 확인하십시오.' },
    retryable: true,
  },
  'memory-full': {
    message: { en: 'The store fails and the memory is full of alarms', ko: '저장소 장애로 메모리에 알람이 가득 찼습니다' },
    hint: { en: 'Repair the disk: see `bongsu status`.', ko: '디스크를 복구하십시오. `bongsu status`를 확인하십시오.' },
    retryable: true,
  },
  'command-failed': {
    message: { en: 'The command failed', ko: '명령을 처리하지 못했습니다' },
    hint: { en: 'The log of the gateway says why.', ko: '게이트웨이 로그에서 원인을 확인하십시오.' },
  },
  'not-a-camera': {
    message: { en: 'There is no such camera', ko: '그런 카메라가 없습니다' },
    hint: { en: '`bongsu camera list` shows the ids.', ko: '`bongsu camera list`로 ID를 확인하십시오.' },
  },
  'no-channel': {
    message: { en: 'The camera has no such channel', ko: '카메라에 그런 채널이 없습니다' },
    hint: { en: '`bongsu camera show ID` lists its channels.', ko: '`bongsu camera show ID`로 채널을 확인하십시오.' },
  },
  'no-broken-look': {
    message: { en: 'No look for cameras was broken off', ko: '중단된 카메라 검색이 없습니다' },
    hint: { en: 'Begin one: `bongsu discover [RANGES]`.', ko: '`bongsu discover [범위]`로 새로 시작하십시오.' },
  },
  'address-fixed': {
    message: {
      en: 'The address of a source by RTSP cannot be changed, nor one be made of an ONVIF camera',
      ko: 'RTSP 영상원의 주소는 바꿀 수 없고, ONVIF 카메라를 RTSP 영상원으로 바꿀 수도 없습니다',
    },
    hint: {
      en: 'Remove the camera and add it again: `bongsu camera add --rtsp …` or `--address …`.',
      ko: '삭제한 뒤 `bongsu camera add --rtsp …` 또는 `--address …`로 다시 등록하십시오.',
    },
  },
  'alarm-unknown': {
    message: { en: 'There is no such alarm', ko: '그런 알람이 없습니다' },
    hint: { en: '`bongsu alarm search` shows the ids.', ko: '`bongsu alarm search`로 ID를 확인하십시오.' },
  },
  'device-unknown': {
    message: { en: 'There is no such device', ko: '그런 장치가 없습니다' },
    hint: {
      en: '`bongsu camera list` and `bongsu sensor list` show the ids.',
      ko: '`bongsu camera list`와 `bongsu sensor list`로 ID를 확인하십시오.',
    },
  },
  'not-calibrated': {
    message: { en: 'The point is not calibrated', ko: '교정되지 않은 측정점입니다' },
    hint: { en: '`bongsu sensor calibrate` shows what is.', ko: '`bongsu sensor calibrate`로 교정 목록을 확인하십시오.' },
  },
  'calibration-empty': {
    message: { en: 'Nothing is said of the calibration', ko: '교정값이 없습니다' },
    hint: { en: 'Give --measured, or --scale and --offset.', ko: '--measured 또는 --scale, --offset을 지정하십시오.' },
  },
  'no-value': {
    message: { en: 'The sensor shows no value of this point now', ko: '지금 이 측정점의 값이 없습니다' },
    hint: {
      en: 'Wait until it answers, or give --scale and --offset.',
      ko: '센서가 응답할 때까지 기다리거나 --scale, --offset을 지정하십시오.',
    },
  },
  'letter-unknown': {
    message: { en: 'There is no such dead letter', ko: '그런 거부 항목이 없습니다' },
    hint: { en: '`bongsu outbox dead list` shows the numbers.', ko: '`bongsu outbox dead list`로 번호를 확인하십시오.' },
  },
  'too-many-quiets': {
    message: { en: 'Too many shelves and maintenances hold already', ko: '보류와 정비가 너무 많습니다' },
    hint: { en: '`bongsu alarm shelved` lists them; end some.', ko: '`bongsu alarm shelved`로 확인하고 일부를 끝내십시오.' },
  },
  refused: {
    message: { en: 'The request was refused', ko: '요청이 거부되었습니다' },
    hint: {
      en: 'The reason is on the ledger. Ask whoever configured `access.services`.',
      ko: '사유는 대장에 기록되었습니다. `access.services` 설정 담당자에게 문의하십시오.',
    },
  },
});
