// What `bongsu credential …`, `bongsu camera login` and `bongsu camera refresh` say, in Korean and English.
export const loginMessages = {
  'help.credential': { en: 'logins for many cameras', ko: '여러 카메라의 로그인 관리' },
  'help.credential.list': { en: 'list the sets of logins in the order in which they are tried', ko: '로그인 세트 목록 (시도 순서)' },
  'help.credential.add': {
    en: 'enter a set of logins for cameras that have none of their own',
    ko: '자체 로그인이 없는 카메라에 쓸 로그인 세트 등록',
  },
  'help.credential.remove': { en: 'remove a set', ko: '로그인 세트 삭제' },
  'help.credential.audit': {
    en: 'show which cameras were found to take a factory password; with --defaults try them',
    ko: '제조사 초기 비밀번호 점검 결과 표시, --defaults를 주면 점검 시작',
  },
  'help.credential.defaults': {
    en: "try the makers' factory passwords, at most one failed login at a camera in cameras.loginRetry",
    ko: '제조사 초기 비밀번호를 시도 (카메라당 cameras.loginRetry 동안 실패 1회 이하)',
  },
  'help.discover.auditDefaults': {
    en: "then audit all registered cameras for their makers' factory passwords: bongsu credential audit",
    ko: '검색 뒤 등록된 모든 카메라의 초기 비밀번호 점검: bongsu credential audit',
  },
  'help.credential.camera': { en: 'this camera only', ko: '이 카메라만' },
  'help.credential.name': { en: 'name of the set: a–z, 0–9, hyphen', ko: '세트 이름: a–z, 0–9, 하이픈' },
  'help.credential.range': { en: 'for cameras in this range; may be repeated', ko: '이 주소 범위의 카메라용 (여러 번 가능)' },
  'help.credential.maker': { en: 'for cameras of this maker; may be repeated', ko: '이 제조사의 카메라용 (여러 번 가능)' },
  'help.credential.mac': {
    en: 'for MAC addresses that begin so: 00:09:18; may be repeated',
    ko: '이렇게 시작하는 MAC용: 00:09:18 (여러 번 가능)',
  },
  'help.credential.position': { en: 'place in the order, the smallest first', ko: '시도 순서 (작은 수부터)' },
  'help.camera.login': { en: 'replace the login of a camera', ko: '카메라 로그인 변경' },
  'help.camera.login.none': { en: 'it has none of its own any more; the sets are tried', ko: '자체 로그인을 지우고 로그인 세트를 시도' },
  'help.camera.refresh': { en: 'ask a camera anew what it is and can do', ko: '카메라 정보와 기능을 다시 확인' },
  'help.rtsp': {
    en: 'address of a source without ONVIF, also of a VMS: rtsp://…; repeated: one channel each',
    ko: 'ONVIF가 없는 소스(VMS 포함)의 주소 rtsp://…, 반복하면 채널 추가',
  },
  'help.rtspSub': { en: 'address of its sub stream, in the same order', ko: '보조 영상 주소 (같은 순서)' },
  'column.user': { en: 'USER', ko: '사용자' },
  'column.ranges': { en: 'RANGES', ko: '주소 범위' },
  'column.makers': { en: 'MAKERS', ko: '제조사' },
  'column.macs': { en: 'MAC', ko: 'MAC 주소' },
  'column.camera': { en: 'CAMERA', ko: '카메라' },
  'column.tried': { en: 'TRIED', ko: '시도' },
  'credential.none': { en: 'No set of logins is entered.', ko: '등록된 로그인 세트가 없습니다.' },
  'credential.added': { en: 'Set {name} is entered.', ko: '로그인 세트 {name}을(를) 등록했습니다.' },
  'credential.removed': { en: 'Set {name} is removed.', ko: '로그인 세트 {name}을(를) 삭제했습니다.' },
  'credential.loginMissing': { en: 'Name the user with --user.', ko: '--user로 사용자 이름을 지정하십시오.' },
  'credential.audits': {
    en: '{n} camera(s) are audited in the background. See how far it is: bongsu credential audit',
    ko: '카메라 {n}대를 백그라운드에서 점검합니다. 진행 확인: bongsu credential audit',
  },
  'credential.noAudit': { en: 'No audit was asked for since the start.', ko: '시작한 뒤 점검한 적이 없습니다.' },
  'credential.quarantined': { en: 'Quarantined: {cameras}', ko: '격리된 카메라: {cameras}' },
  'camera.loginSet': {
    en: 'The login of {id} is replaced; it is tried as soon as it may.',
    ko: '{id}의 로그인을 바꾸었습니다. 가능한 대로 시도합니다.',
  },
  'camera.loginGone': { en: '{id} has no login of its own any more.', ko: '{id}의 자체 로그인을 지웠습니다.' },
  'camera.refreshed': {
    en: '{id}: {model}, firmware {firmware}, {channels} channel(s).',
    ko: '{id}: {model}, 펌웨어 {firmware}, 채널 {channels}개.',
  },
  'camera.addressOrRtsp': {
    en: 'Give either --address or --rtsp, and no more --rtsp-sub than --rtsp.',
    ko: '--address와 --rtsp 중 하나만 주고, --rtsp-sub는 --rtsp보다 많을 수 없습니다.',
  },
} as const;

/** States of a camera in the audit of factory logins. */
export const auditStateWords = {
  waiting: { en: 'under way', ko: '진행 중' },
  clean: { en: 'takes none', ko: '정상' },
  'factory-login': { en: 'TAKES A FACTORY PASSWORD', ko: '초기 비밀번호 사용' },
  open: { en: 'WANTS NO PASSWORD', ko: '비밀번호 없음' },
  locked: { en: 'account locked, not audited', ko: '계정 잠김, 점검 못함' },
  unreachable: { en: 'did not answer', ko: '응답 없음' },
} as const;
