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
  'batch-invalid': {
    message: {
      en: 'A batch of readings is empty, too large or of several kinds',
      ko: '측정값 묶음이 비었거나 너무 크거나 종류가 섞여 있습니다',
    },
    hint: { en: 'This is a defect of the gateway: report it.', ko: '게이트웨이의 결함이므로 알려 주십시오.' },
  },
  'readings-full': {
    message: { en: 'Readings come faster than they are stored', ko: '측정값이 저장되는 속도보다 빨리 들어옵니다' },
    hint: {
      en: 'Look at the disk (bongsu status), or measure less often.',
      ko: '디스크 상태를 확인하거나(bongsu status) 측정 주기를 늘리십시오.',
    },
    retryable: true,
  },
  full: {
    message: { en: 'The store is full of alarms that must not give way', ko: '저장소가 삭제할 수 없는 알람으로 가득 찼습니다' },
    hint: {
      en: 'Restore the line to the hub, or raise store.limit on a larger disk. New alarms are sent from memory meanwhile.',
      ko: '허브 회선을 복구하거나 더 큰 디스크에서 store.limit을 늘리십시오. 그동안 새 알람은 메모리에서 바로 전송됩니다.',
    },
    retryable: true,
  },
});
