// The faults of the registry.
import { faultTable } from '#base';

export const registryFaults = faultTable('registry', {
  exists: {
    message: { en: 'A device with this id is already registered', ko: '이미 등록된 장치 ID입니다' },
    hint: { en: 'Choose another id, or remove the device first.', ko: '다른 ID를 쓰거나 먼저 장치를 삭제하십시오.' },
  },
  unknown: {
    message: { en: 'No such device', ko: '등록되지 않은 장치입니다' },
    hint: { en: '`bongsu camera list` shows what is registered.', ko: '`bongsu camera list`로 등록된 장치를 확인하십시오.' },
  },
  invalid: {
    message: { en: 'The device cannot be registered as described', ko: '장치 정보가 올바르지 않습니다' },
    hint: {
      en: 'An id has 1 to 40 of a–z, 0–9 and hyphen; a name up to 100 characters; coordinates are degrees of WGS 84.',
      ko: 'ID는 영문 소문자·숫자·하이픈 1~40자, 이름은 100자 이내, 좌표는 WGS 84 도 단위입니다.',
    },
  },
  'no-proposal': {
    message: { en: 'There is no such open proposal', ko: '결정을 기다리는 제안이 아닙니다' },
    hint: { en: '`bongsu discover --proposals` shows what waits.', ko: '`bongsu discover --proposals`로 대기 중인 제안을 확인하십시오.' },
  },
  full: {
    message: { en: 'The registry is full (10,000 devices)', ko: '등록 한도(10,000대)에 이르렀습니다' },
    hint: { en: 'Remove devices that are gone, or use a second gateway.', ko: '철거된 장치를 삭제하거나 게이트웨이를 추가하십시오.' },
  },
  'set-exists': {
    message: { en: 'There is a set of logins of this name already', ko: '같은 이름의 로그인 세트가 있습니다' },
    hint: { en: 'Choose another name, or remove that set first.', ko: '다른 이름을 쓰거나 그 세트를 먼저 삭제하십시오.' },
  },
  'set-unknown': {
    message: { en: 'There is no set of logins of this name', ko: '그런 이름의 로그인 세트가 없습니다' },
    hint: { en: 'See `bongsu credential list`.', ko: '`bongsu credential list`로 확인하십시오.' },
  },
  'sets-full': {
    message: { en: 'There are too many sets of logins (200)', ko: '로그인 세트 한도(200개)에 이르렀습니다' },
    hint: { en: 'Remove sets that are no longer needed.', ko: '쓰지 않는 세트를 삭제하십시오.' },
  },
});
