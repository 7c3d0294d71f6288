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
  hung: {
    message: { en: 'The disk does not answer', ko: '디스크가 응답하지 않습니다' },
    hint: {
      en: 'Look at the disk: dmesg, smartctl, a controller that resets. The store goes on by itself when the disk answers; what was called may still be committed then.',
      ko: '디스크 상태(dmesg, smartctl, 컨트롤러 재설정)를 확인하십시오. 디스크가 응답하면 저장소는 스스로 다시 동작하며, 요청한 내용이 그때 기록될 수 있습니다.',
    },
    retryable: true,
  },
  'full-disk': {
    message: { en: 'There is no room left in the store', ko: '저장소에 남은 공간이 없습니다' },
    hint: {
      en: 'Free space on the disk, or raise store.limit. See `bongsu status`.',
      ko: '디스크 공간을 확보하거나 store.limit 값을 늘리십시오. `bongsu status`를 참고하십시오.',
    },
    retryable: true,
  },
  io: {
    message: { en: 'The disk failed to read or write', ko: '디스크 읽기 또는 쓰기에 실패했습니다' },
    hint: {
      en: 'Look at the disk (dmesg, smartctl) and replace it soon. The store opens its file again by itself.',
      ko: '디스크(dmesg, smartctl)를 확인하고 빨리 교체하십시오. 저장소는 스스로 파일을 다시 엽니다.',
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
  backup: {
    message: { en: 'The backup failed', ko: '백업하지 못했습니다' },
    hint: {
      en: 'Name a file that does not exist yet, in a folder that the gateway’s user may write, with room for the whole store.',
      ko: '게이트웨이 사용자가 쓸 수 있고 저장소 전체를 담을 공간이 있는 폴더에, 아직 없는 파일 이름을 지정하십시오.',
    },
  },
  'backup-exists': {
    message: { en: 'A file of this name exists already', ko: '같은 이름의 파일이 이미 있습니다' },
    hint: { en: 'Name a file that does not exist yet.', ko: '아직 없는 파일 이름을 지정하십시오.' },
  },
  'not-a-store': {
    message: { en: 'This is a database, but no store of a gateway', ko: '데이터베이스이지만 게이트웨이의 저장소가 아닙니다' },
    hint: {
      en: 'Name a file that `bongsu outbox backup` made.',
      ko: '`bongsu outbox backup`으로 만든 파일을 지정하십시오.',
    },
  },
  'no-backup': {
    message: { en: 'This is not a sound backup', ko: '온전한 백업 파일이 아닙니다' },
    hint: {
      en: 'Take another backup; `bongsu outbox backup` makes them.',
      ko: '다른 백업을 사용하십시오. 백업은 `bongsu outbox backup`으로 만듭니다.',
    },
  },
  unreadable: {
    message: { en: 'The backup cannot be read', ko: '백업 파일을 읽을 수 없습니다' },
    hint: {
      en: 'Check the name of the file, and that you may read it and its folder.',
      ko: '파일 이름이 맞는지, 그 파일과 폴더를 읽을 권한이 있는지 확인하십시오.',
    },
  },
  'in-use': {
    message: { en: 'The store is in use', ko: '저장소가 사용 중입니다' },
    hint: { en: 'Stop the gateway first: systemctl stop bongsu.', ko: '먼저 게이트웨이를 중지하십시오: systemctl stop bongsu.' },
  },
  unknown: {
    message: { en: 'No such procedure', ko: '없는 프로시저입니다' },
    hint: { en: 'This is a defect of the gateway: report it.', ko: '게이트웨이의 결함이므로 알려 주십시오.' },
  },
});
