// The faults of the store.
import { faultTable } from '#base';

export const storeFaults = faultTable('store', {
  failed: {
    message: { en: 'The store could not commit', ko: '저장소에 기록하지 못했습니다' },
    hint: {
      en: 'Check the disk that holds the store: free space, file system errors (dmesg), permissions.',
      ko: '저장소가 있는 디스크의 여유 공간, 파일 시스템 오류(dmesg), 권한을 확인하십시오.',
    },
    retryable: true,
  },
  full: {
    message: { en: 'Too many calls wait for the store', ko: '저장소 대기열이 가득 찼습니다' },
    hint: {
      en: 'The disk is slower than the load. Look at `bongsu status`.',
      ko: '디스크가 부하보다 느립니다. `bongsu status`를 확인하십시오.',
    },
    retryable: true,
  },
  closed: {
    message: { en: 'The store is closed', ko: '저장소가 닫혔습니다' },
    hint: { en: 'The gateway is stopping. Try again when it runs.', ko: '게이트웨이가 종료 중입니다. 다시 시작된 뒤 시도하십시오.' },
  },
  unopened: {
    message: { en: 'The store cannot be opened', ko: '저장소를 열 수 없습니다' },
    hint: {
      en: 'Check that the folder exists, belongs to the gateway’s user and has free space.',
      ko: '폴더가 있는지, 게이트웨이 사용자의 것인지, 여유 공간이 있는지 확인하십시오.',
    },
  },
  newer: {
    message: { en: 'The store was written by a newer version', ko: '더 새로운 버전이 만든 저장소입니다' },
    hint: {
      en: 'Install that version again, or restore the backup made before the upgrade.',
      ko: '그 버전을 다시 설치하거나 업그레이드 전 백업을 복원하십시오.',
    },
  },
  unknown: {
    message: { en: 'No such procedure', ko: '없는 프로시저입니다' },
    hint: { en: 'This is a defect of the gateway: report it.', ko: '게이트웨이의 결함이므로 알려 주십시오.' },
  },
});
