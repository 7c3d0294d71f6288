// What the schemas of the rooms say themselves, in English there, and here in Korean.
import type { Text } from '#base';

/** Sentences without anything in them that changes. */
const sentences: Readonly<Record<string, string>> = {
  'expected the five digits of the administrative code (시군구), in quotes': '시군구 행정구역 코드 다섯 자리를 따옴표로 묶어 쓰십시오',
  'expected 1 to 40 of a–z, 0–9 and hyphen': 'a–z, 0–9, 하이픈으로 1–40자여야 합니다',
  'expected mqtts://HOST:PORT or mqtt://HOST:PORT': 'mqtts://호스트:포트 또는 mqtt://호스트:포트 형식이어야 합니다',
  'expected a SHA-256 in base64: 44 characters': 'SHA-256 값을 base64 44자로 쓰십시오',
  'is older than minVersion': 'minVersion보다 낮은 버전입니다',
  'cert and key go together': 'cert와 key는 함께 써야 합니다',
  'two routes have one name; direct is that of uplink.url': '경로 이름이 겹칩니다. direct는 uplink.url의 이름입니다',
  'this name is kept for the hub itself': '허브 자신을 뜻하는 이름이라 쓸 수 없습니다',
  'expected https://HOST/PATH or http://HOST/PATH': 'https://호스트/경로 또는 http://호스트/경로 형식이어야 합니다',
  'this is no address': '주소가 아닙니다',
  'expected at least 16 characters': '16자 이상이어야 합니다',
  'two destinations have one name': '전송 대상 이름이 겹칩니다',
  'expected WIDTHxHEIGHT, as 1920x1080': '1920x1080처럼 가로x세로로 쓰십시오',
  'expected five cron fields, as 20 4 * * *': '20 4 * * *처럼 cron 항목 다섯 개로 쓰십시오',
  'expected five cron fields: 30 3 * * 0': '30 3 * * 0처럼 cron 항목 다섯 개로 쓰십시오',
  'expected segments between slashes': '슬래시(/)로 나눈 이름이어야 합니다',
  'expected 8 items at most': '8개 이하여야 합니다',
  "expected a time of day like '22:30', in quotes": "시각을 '22:30'처럼 따옴표로 묶어 쓰십시오",
  'expected HOST or HOST:PORT': '호스트 또는 호스트:포트 형식이어야 합니다',
  'expected 10.0.0.5, 10.0.0.0/22 or 10.0.0.10-10.0.0.90': '10.0.0.5, 10.0.0.0/22, 10.0.0.10-10.0.0.90 중 한 형식으로 쓰십시오',
  'at most 64 zones': '구역은 64개까지입니다',
  'expected CAMERA or CAMERA/CHANNEL': '카메라 또는 카메라/채널 형식이어야 합니다',
  'at most 64 facts': '항목은 64개까지입니다',
  'expected a port of 1 to 65535': '포트는 1–65535여야 합니다',
  'expected 1 to 60 of letters, digits, . _ -': '영문자, 숫자, . _ -로 1–60자여야 합니다',
  'expected a path like payload.events[0].type': 'payload.events[0].type 같은 경로여야 합니다',
  'at most 16 facts': '항목은 16개까지입니다',
  'expected a topic: levels between /, each a text, + (any one), {key} (once at most), or # (all that follows; last)':
    '토픽이어야 합니다: /로 나눈 단계마다 글자, +(아무 것이나 하나), {key}(한 번만), 또는 마지막에 #(그 뒤 전부)',
  'a password goes with a username': 'password는 username과 함께 써야 합니다',
  'a password has 8 characters or more': '비밀번호는 8자 이상이어야 합니다',
  'a user is there twice': '같은 사용자가 두 번 있습니다',
  'expected an address or a range like 192.168.10.0/24': '주소 또는 192.168.10.0/24 같은 범위여야 합니다',
  'expected http://HOST… or https://HOST…, without a login in it': '로그인 정보가 없는 http://호스트… 또는 https://호스트…여야 합니다',
  'expected the name of a header': '헤더 이름이어야 합니다',
  'expected a resource like Mobius/ae-fire/smoke': 'Mobius/ae-fire/smoke 같은 리소스여야 합니다',
  'a token has 16 to 128 of A–Z, a–z, 0–9, - _ ~ and dot': '토큰은 A–Z, a–z, 0–9, - _ ~ .으로 16–128자여야 합니다',
  'at most 16 headers': '헤더는 16개까지입니다',
  'a key has 16 to 256 bytes': '키는 16–256바이트여야 합니다',
  'a token has 16 to 256 printable characters without spaces': '토큰은 공백 없이 인쇄 가능한 16–256자여야 합니다',
  'expected either token or hmac': 'token과 hmac 중 하나만 써야 합니다',
  'expected a template, or a map with rules': 'template 또는 rules가 있는 map이 필요합니다',
  'devices and map.device go together': 'devices와 map.device는 함께 써야 합니다',
  'expected characters up to \\xff': '\\xff까지의 문자여야 합니다',
  "expected an offset like '+09:00'": "'+09:00' 같은 시차여야 합니다",
  'expected a–z, 0–9, hyphen and {group}': 'a–z, 0–9, 하이픈, {그룹}으로 쓰십시오',
  'no expression has a group of this name': '이 이름의 그룹이 있는 정규식이 없습니다',
  'expected a regular expression without look-around or back references': '전후방 탐색과 역참조가 없는 정규식이어야 합니다',
  'at most 24 named groups': '이름 있는 그룹은 24개까지입니다',
  'functions 1 and 2 read type bit, functions 3 and 4 a number': '기능 1, 2는 bit를, 기능 3, 4는 숫자를 읽습니다',
  'bit goes with the type uint16': 'bit는 uint16 형식과 함께 씁니다',
  'a 32-bit value needs two registers': '32비트 값에는 레지스터 두 개가 필요합니다',
  'at most 64 words': '단어는 64개까지입니다',
  'scale must not be 0': 'scale은 0이 아니어야 합니다',
  'expected the lower bound first': '작은 값을 먼저 써야 합니다',
  'expected modbus or path': 'modbus 또는 path가 필요합니다',
  'expected exactly one of equals, above, below': 'equals, above, below 중 하나만 써야 합니다',
  'count is larger than the number of parts': 'count가 조건의 수보다 큽니다',
  'expected exactly one of equals, above, below, between, rises, falls, stuckFor, atLeast':
    'equals, above, below, between, rises, falls, stuckFor, atLeast 중 하나만 써야 합니다',
  'margin goes with between': 'margin은 between과 함께 씁니다',
  'clearAt must not be above it': 'clearAt은 above보다 크지 않아야 합니다',
  'clearAt goes with above (at or under it) or below (at or over it)': 'clearAt은 above(그 이하) 또는 below(그 이상)와 함께 씁니다',
  'clearBetween goes with equals, above, below or between, and has no value that raises':
    'clearBetween은 equals, above, below, between과 함께 쓰며, 알람이 되는 값을 포함하지 않아야 합니다',
  'expected exactly one of alarm, fault': 'alarm과 fault 중 하나만 써야 합니다',
  'latch goes with alarm': 'latch는 alarm과 함께 씁니다',
  'quiet is not for critical alarms': 'quiet는 긴급 알람에 쓸 수 없습니다',
  'two points have the same name': '이름이 같은 측정점이 두 개 있습니다',
  'a rule names no point of this template': '규칙이 이 템플릿에 없는 측정점을 씁니다',
  'two rules raise the same thing on one channel': '두 규칙이 한 채널에서 같은 것을 알립니다',
  'expected rtsp://, rtsps://, rtmp:// or rtmps:// with host and path':
    '호스트와 경로가 있는 rtsp://, rtsps://, rtmp://, rtmps:// 주소여야 합니다',
  'a service id is there twice': '같은 서비스 ID가 두 번 있습니다',
  'expected an absolute path': '절대 경로여야 합니다',
};

/** Sentences with something of the site in them; `$1` is the first such thing. */
const patterns: readonly (readonly [english: RegExp, korean: string])[] = [
  [/^expected (\S+) … (\S+), written like (\S+)$/, '$1 … $2 범위를 $3처럼 단위를 붙여 쓰십시오'],
  [/^expected one of (.+)$/, '$1 중 하나여야 합니다'],
  [/^expected at most (\d+) bytes$/, '$1바이트 이하여야 합니다'],
  [/^expected '(\d{5})', the code since 2024$/, "2024년부터 쓰는 코드 '$1'이어야 합니다"],
  [/^the expression has no group (\w+)$/, '정규식에 $1 그룹이 없습니다'],
];

/** Whether a sentence has its Korean. */
export function isSaid(message: string): boolean {
  return Object.hasOwn(sentences, message) || patterns.some(([english]) => english.test(message));
}

/** What a room's schema says itself, in both languages; the schema language's own words for a wrong form become the form. */
export function saidText(message: string, form?: string): Text {
  const sentence = Object.hasOwn(sentences, message) ? sentences[message] : undefined;
  if (sentence !== undefined) return { en: message, ko: sentence };
  const fitting = patterns.find(([english]) => english.test(message));
  if (fitting) return { en: message, ko: message.replace(...fitting) };
  if (form !== undefined)
    return { en: `this has a wrong form; expected ${form}`, ko: `형식이 올바르지 않습니다. 다음 형식이어야 합니다: ${form}` };
  return { en: message, ko: `값이 올바르지 않습니다: ${message}` };
}
