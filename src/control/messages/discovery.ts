// What `bongsu discover` says, in Korean and English.
import type { Text } from '#base';
import type { FindingMeaning, FindingProblem } from '../discovery-operations.ts';

export const discoveryMessages = {
  'help.discover': {
    en: 'look for cameras: by multicast on the local networks, and at every address of RANGES',
    ko: '카메라 검색: 로컬 네트워크는 멀티캐스트로, 주소 범위는 주소마다 확인',
  },
  'help.discover.ranges': {
    en: '10.0.0.5, 10.0.0.0/22 or 10.0.0.10-10.0.0.90; none: those of the configuration',
    ko: '10.0.0.5, 10.0.0.0/22 또는 10.0.0.10-10.0.0.90, 생략하면 설정의 범위',
  },
  'help.discover.list': { en: 'show what was found before, without looking', ko: '검색하지 않고 지금까지 찾은 목록만 표시' },
  'help.discover.resume': { en: 'go on with the look that was broken off last', ko: '마지막으로 중단한 검색을 이어서 진행' },
  'help.discover.noMulticast': { en: 'ask the addresses alone, nobody by multicast', ko: '멀티캐스트 없이 주소만 확인' },
  'help.discover.add': { en: 'register each new camera that takes the login of --user', ko: '--user로 로그인되는 새 카메라를 모두 등록' },
  'help.discover.sets': {
    en: 'with --add: register without a login of its own; the sets of logins are tried',
    ko: '--add와 함께: 개별 로그인 없이 등록하고 로그인 세트를 사용',
  },
  'help.discover.proposals': { en: 'show what a person has to decide', ko: '사람이 결정할 제안 표시' },
  'help.discover.accept': { en: 'do what proposal N says', ko: 'N번 제안을 받아들임' },
  'help.discover.refuse': { en: 'refuse proposal N; it is not made again', ko: 'N번 제안을 거절 (다시 제안하지 않음)' },
  'usage.discoverOne': {
    en: 'Say only one of --list, --proposals, --accept and --refuse, and no ranges with it',
    ko: '--list, --proposals, --accept, --refuse는 하나만, 주소 범위 없이 지정하십시오',
  },
  'usage.discoverAdd': {
    en: '--add goes with --user and a password, or with --sets, and these with --add alone',
    ko: '--add는 --user와 비밀번호 또는 --sets와 함께 지정하고, 이들은 --add와만 쓸 수 있습니다',
  },
  'discover.progress': {
    en: '{percent} % of {total} addresses, {found} found; Ctrl-C ends, `bongsu discover --resume` goes on',
    ko: '주소 {total}개 중 {percent} %, {found}대 찾음. 중단: Ctrl-C, 이어서: `bongsu discover --resume`',
  },
  'discover.listening': { en: '{found} found; waiting for answers', ko: '{found}대 찾음, 응답 대기 중' },
  'discover.none': { en: 'Nothing was found.', ko: '찾은 것이 없습니다.' },
  'discover.usable': { en: 'usable', ko: '사용 가능' },
  'discover.registered': { en: '{state}; is {id}', ko: '{state}, {id}(으)로 등록됨' },
  'discover.clockOff': { en: 'clock off by {offset}', ko: '시각 오차 {offset}' },
  'discover.summary': {
    en: '{found} found ({usable} usable) among {addresses} addresses in {seconds} s.',
    ko: '주소 {addresses}개에서 {found}대(사용 가능 {usable}대)를 {seconds}초 만에 찾았습니다.',
  },
  'discover.summaryHeard': {
    en: '{found} found ({usable} usable) by multicast in {seconds} s; no addresses were asked.',
    ko: '멀티캐스트로 {found}대(사용 가능 {usable}대)를 {seconds}초 만에 찾았습니다. 주소 범위는 확인하지 않았습니다.',
  },
  'discover.brokenOff': {
    en: 'The look was broken off: `bongsu discover --resume` goes on.',
    ko: '검색이 중단되었습니다. `bongsu discover --resume`으로 이어서 진행하십시오.',
  },
  'discover.meanings': {
    en: 'New {fresh}, known {known}, moved {moved}, replaced {replaced}.',
    ko: '신규 {fresh}대, 기존 {known}대, 주소 변경 {moved}대, 교체 {replaced}대.',
  },
  'discover.followed': { en: 'Followed to a new address: {ids}', ko: '바뀐 주소로 따라간 카메라: {ids}' },
  'discover.proposed': {
    en: '{n} wait for a decision: `bongsu discover --proposals`',
    ko: '결정을 기다리는 제안 {n}건: `bongsu discover --proposals`',
  },
  'discover.why': { en: '{n} × {what}. {hint}', ko: '{n}대: {what}. {hint}' },
  'discover.added': { en: 'Registered {id} at {address}.', ko: '{address}의 카메라를 {id}(으)로 등록했습니다.' },
  'discover.notAdded': { en: 'Not registered: {address}: {why}. {hint}', ko: '등록하지 않음: {address}: {why}. {hint}' },
  'discover.noProposal': { en: 'No proposal waits.', ko: '결정을 기다리는 제안이 없습니다.' },
  'discover.proposalReplaced': { en: 'another camera stands in its place', ko: '같은 자리에 다른 카메라가 있음' },
  'discover.proposalMoved': { en: 'it seems to have moved', ko: '주소가 바뀐 것으로 보임' },
  'discover.accepted': { en: 'Proposal {id} is done: {device}.', ko: '{id}번 제안을 반영했습니다: {device}.' },
  'discover.refused': { en: 'Proposal {id} is refused.', ko: '{id}번 제안을 거절했습니다.' },
  'column.mac': { en: 'MAC', ko: 'MAC 주소' },
  'column.meaning': { en: 'MEANING', ko: '구분' },
  'column.lastSeen': { en: 'LAST SEEN', ko: '최근 확인' },
  'column.number': { en: 'NO', ko: '번호' },
  'column.before': { en: 'BEFORE', ko: '이전' },
  'column.after': { en: 'NOW', ko: '현재' },
} as const satisfies Record<string, Text>;

export const findingMeaningWords: Readonly<Record<FindingMeaning, Text>> = {
  new: { en: 'new', ko: '신규' },
  known: { en: 'known', ko: '기존' },
  moved: { en: 'moved', ko: '주소 변경' },
  replaced: { en: 'replaced', ko: '교체' },
};

/** Why a host that was found cannot be used as it is, and what to do. */
export const findingProblemWords: Readonly<Record<FindingProblem, { readonly what: Text; readonly hint: Text }>> = {
  'needs-password': {
    what: { en: 'needs a password', ko: '비밀번호 필요' },
    hint: {
      en: 'Register it with an ONVIF user: `bongsu camera add`, or `bongsu discover --add --user …`.',
      ko: 'ONVIF 사용자로 등록하십시오: `bongsu camera add` 또는 `bongsu discover --add --user …`.',
    },
  },
  'login-refused': {
    what: { en: 'refuses the login', ko: '로그인 거부' },
    hint: { en: 'Check the ONVIF user on the camera.', ko: '카메라의 ONVIF 사용자를 확인하십시오.' },
  },
  locked: {
    what: { en: 'locked after failed logins', ko: '로그인 실패로 잠김' },
    hint: {
      en: 'Wait (often 5 to 30 minutes) or restart it; find out who tries wrong passwords.',
      ko: '5~30분 기다리거나 재시작하고, 잘못된 비밀번호를 쓰는 장비를 찾으십시오.',
    },
  },
  'factory-state': {
    what: { en: 'factory state', ko: '초기 설정 전' },
    hint: {
      en: 'Set its first password in its web page and enable ONVIF.',
      ko: '카메라 웹 화면에서 최초 비밀번호를 설정하고 ONVIF를 켜십시오.',
    },
  },
  'clock-wrong': {
    what: { en: 'clock wrong', ko: '시각 오류' },
    hint: { en: 'Set its clock or its NTP server.', ko: '카메라의 시각 또는 NTP 서버를 설정하십시오.' },
  },
  'not-onvif': {
    what: { en: 'not ONVIF', ko: 'ONVIF 아님' },
    hint: {
      en: 'If it is a camera, enable ONVIF in its web page; else use its RTSP address.',
      ko: '카메라이면 웹 화면에서 ONVIF를 켜고, ONVIF가 없으면 RTSP 주소로 등록하십시오.',
    },
  },
  silent: {
    what: { en: 'does not answer', ko: '응답 없음' },
    hint: {
      en: 'It was seen, but its service does not answer: restart it, or look whether too many clients use it.',
      ko: '발견되었으나 서비스가 응답하지 않습니다. 재시작하거나 접속자가 너무 많은지 확인하십시오.',
    },
  },
};
