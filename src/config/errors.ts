// The faults of config: what stops a start beside the problems of the file itself.
import { faultTable } from '#base';

export const configFaults = faultTable('config', {
  'key-unusable': {
    message: { en: 'The store key cannot be used', ko: '저장소 키를 쓸 수 없습니다' },
    hint: {
      en: 'It is a file of 64 hexadecimal digits or 32 bytes, mode 0600, in a folder of the gateway’s user. Restore it from the backup: with another key, stored passwords cannot be read.',
      ko: '64자리 16진수 또는 32바이트이고 권한이 0600이며 게이트웨이 사용자의 폴더에 있어야 합니다. 백업에서 되돌리십시오. 다른 키로는 저장된 비밀번호를 읽을 수 없습니다.',
    },
  },
});
