// The faults of the outbox.
import { faultTable } from '#base';

export const outboxFaults = faultTable('outbox', {
  'unknown-destination': {
    message: { en: 'No such destination', ko: '없는 전송 대상입니다' },
    hint: { en: 'Name one of the configured destinations.', ko: '설정에 있는 전송 대상의 이름을 쓰십시오.' },
  },
  'too-many-destinations': {
    message: { en: 'Too many destinations', ko: '전송 대상이 너무 많습니다' },
    hint: { en: 'Configure at most 16 destinations, each name once.', ko: '전송 대상은 이름이 겹치지 않게 16개까지만 설정하십시오.' },
  },
  'entry-too-large': {
    message: { en: 'An outbox entry exceeds 256 KiB', ko: '전송할 항목이 256 KiB를 넘습니다' },
    hint: { en: 'This is a defect of the gateway: report it.', ko: '게이트웨이의 결함이므로 알려 주십시오.' },
  },
});
