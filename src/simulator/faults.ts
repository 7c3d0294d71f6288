// What can go wrong when a simulated site is opened, in both languages.
import { faultTable } from '#base';

const table = faultTable('simulator', {
  'script-missing': {
    message: { en: 'The program "script" was not found', ko: '"script" 프로그램을 찾을 수 없습니다' },
    hint: {
      en: 'A simulated serial line needs it. Install the Debian package bsdutils, or leave Modbus RTU sensors out.',
      ko: '가상 직렬 회선에 필요합니다. Debian 패키지 bsdutils를 설치하거나 Modbus RTU 센서를 빼십시오.',
    },
  },
  'pty-failed': {
    message: { en: 'A pseudo terminal could not be opened', ko: '가상 단말을 열 수 없습니다' },
    hint: {
      en: 'Check that /dev/pts is mounted and that the limit of pseudo terminals is not reached.',
      ko: '/dev/pts가 마운트되어 있는지, 가상 단말 한도에 이르지 않았는지 확인하십시오.',
    },
    retryable: true,
  },
  'port-taken': {
    message: { en: 'The simulator cannot listen', ko: '시뮬레이터가 포트를 열 수 없습니다' },
    hint: {
      en: 'Another program has the port. End it, choose another base port, or leave the base port out.',
      ko: '다른 프로그램이 포트를 쓰고 있습니다. 그 프로그램을 끝내거나 다른 기준 포트를 고르거나 기준 포트를 빼십시오.',
    },
    retryable: true,
  },
  'personality-unknown': {
    message: { en: 'There is no such kind of camera', ko: '그런 종류의 카메라가 없습니다' },
    hint: {
      en: 'Name kinds of the list, with commas between them, or `all` for each in turn.',
      ko: '목록에 있는 종류를 쉼표로 나열하거나, 차례로 모두 쓰려면 `all`을 쓰십시오.',
    },
  },
  'sensor-unknown': {
    message: { en: 'There is no such kind of sensor', ko: '그런 종류의 센서가 없습니다' },
    hint: {
      en: 'Name kinds of the list, with commas between them, or `all` for each in turn.',
      ko: '목록에 있는 종류를 쉼표로 나열하거나, 차례로 모두 쓰려면 `all`을 쓰십시오.',
    },
  },
  'address-bad': {
    message: { en: 'The first address of the cameras is none', ko: '카메라의 첫 주소가 올바르지 않습니다' },
    hint: {
      en: 'Give an IPv4 address such as 127.77.0.1; addresses outside 127/8 must be those of this machine or network namespace.',
      ko: '127.77.0.1 같은 IPv4 주소를 쓰십시오. 127/8 밖의 주소는 이 장비나 네트워크 네임스페이스의 것이어야 합니다.',
    },
  },
  'config-unwritable': {
    message: { en: 'The configuration for this site cannot be written', ko: '이 현장에 맞는 설정을 쓸 수 없습니다' },
    hint: {
      en: 'Name an empty or new folder with a short path that you may write to. What `bongsu simulate` did not write itself it leaves alone.',
      ko: '쓰기 권한이 있고 경로가 짧은 빈 폴더나 새 폴더를 지정하십시오. `bongsu simulate`가 직접 쓰지 않은 파일은 덮어쓰지 않습니다.',
    },
  },
  'story-invalid': {
    message: { en: 'The script cannot be played', ko: '시나리오를 실행할 수 없습니다' },
    hint: {
      en: 'Each step is written like {at: 3s, do: smoke, device: smoke-1}. Correct the steps that are named.',
      ko: '각 단계는 {at: 3s, do: smoke, device: smoke-1}처럼 씁니다. 표시된 단계를 고치십시오.',
    },
  },
  'outcome-late': {
    message: { en: 'The gateway did not answer the command in time', ko: '게이트웨이가 명령에 제때 답하지 않았습니다' },
    hint: {
      en: 'Check that the gateway is connected to this hub and that its site and name are those of the command.',
      ko: '게이트웨이가 이 허브에 연결되어 있는지, 지역 코드와 이름이 명령과 같은지 확인하십시오.',
    },
    retryable: true,
  },
  'reader-failed': {
    message: { en: 'The stream cannot be read', ko: '영상을 읽을 수 없습니다' },
    hint: {
      en: 'Check that the address is fresh: a stream token opens once within 60 seconds.',
      ko: '주소가 새것인지 확인하십시오. 영상 토큰은 60초 안에 열어야 합니다.',
    },
    retryable: true,
  },
});

/** Makes a fault of this room. */
export const fault = table.fault;
