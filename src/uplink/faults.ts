// What can go wrong between this gateway and the hub's broker, in words for the technician who must repair it.
import { faultTable } from '#base';

export const uplinkFaults = faultTable('uplink', {
  'identity-invalid': {
    message: { en: 'Site or gateway cannot be part of a topic', ko: '사이트 코드나 게이트웨이 이름을 토픽에 쓸 수 없습니다' },
    hint: {
      en: 'The site is the five-digit code, the gateway 1 to 40 of a–z, 0–9 and hyphen.',
      ko: '사이트는 시군구 코드 다섯 자리, 게이트웨이는 a–z, 0–9, 하이픈으로 1~40자입니다.',
    },
  },
  'tls-file': {
    message: { en: 'A certificate or key file cannot be read', ko: '인증서 또는 키 파일을 읽을 수 없습니다' },
    hint: {
      en: 'Check the paths under uplink.tls or destinations, and that the gateway’s user may read the files. It is tried again by itself.',
      ko: 'uplink.tls 또는 destinations의 경로와 파일 읽기 권한을 확인하십시오. 자동으로 다시 시도합니다.',
    },
    retryable: true,
  },
  'tls-refused': {
    message: { en: 'The TLS connection to the broker is not trusted', ko: '브로커와의 TLS 연결을 신뢰할 수 없습니다' },
    hint: {
      en: 'Check uplink.tls.ca, uplink.tls.servername, the dates of the certificates and this machine’s clock.',
      ko: 'uplink.tls.ca와 servername, 인증서 유효 기간, 이 장비의 시각을 확인하십시오.',
    },
    retryable: true,
  },
  'tls-settings': {
    message: { en: 'The cipher suites or versions of TLS cannot be used', ko: 'TLS 암호 모음이나 버전을 쓸 수 없습니다' },
    hint: {
      en: 'Check uplink.tls.ciphers, minVersion and maxVersion; `openssl ciphers` lists the names.',
      ko: 'uplink.tls의 ciphers, minVersion, maxVersion을 확인하십시오. 이름은 `openssl ciphers`로 볼 수 있습니다.',
    },
    retryable: true,
  },
  'pin-mismatch': {
    message: { en: 'The broker’s key is none of the pinned ones', ko: '브로커의 키가 고정된 키와 다릅니다' },
    hint: {
      en: 'Ask the hub’s operator whether the key was changed. If so, put the new value into uplink.tls.pins; if not, someone stands in between.',
      ko: '키가 바뀌었는지 허브 운영자에게 확인하십시오. 바뀌었으면 uplink.tls.pins를 고치고, 아니라면 중간에서 가로채는 자가 있는 것입니다.',
    },
    retryable: true,
  },
  unreachable: {
    message: { en: 'The broker cannot be reached', ko: '브로커에 연결할 수 없습니다' },
    hint: {
      en: 'Check uplink.url, the line or VPN, the firewall, and whether the broker runs.',
      ko: 'uplink.url, 회선이나 VPN, 방화벽, 브로커의 동작 여부를 확인하십시오.',
    },
    retryable: true,
  },
  'no-welcome': {
    message: { en: 'The broker accepts the connection but does not answer', ko: '브로커가 연결은 받지만 응답하지 않습니다' },
    hint: {
      en: 'Check that uplink.url names an MQTT broker, and mqtts or mqtt as it listens.',
      ko: 'uplink.url이 MQTT 브로커인지, mqtts와 mqtt 중 맞는 것인지 확인하십시오.',
    },
    retryable: true,
  },
  'closed-early': {
    message: { en: 'The broker closes the connection without a word', ko: '브로커가 응답 없이 연결을 끊습니다' },
    hint: {
      en: 'Look into the broker’s log: a missing client certificate, a wrong port or an overload look like this.',
      ko: '브로커 로그를 확인하십시오. 클라이언트 인증서 누락, 잘못된 포트, 과부하가 원인일 수 있습니다.',
    },
    retryable: true,
  },
  'login-refused': {
    message: { en: 'The broker refuses the login', ko: '브로커가 로그인을 거부했습니다' },
    hint: {
      en: 'Check uplink.username, uplink.password or the client certificate with the hub’s operator.',
      ko: 'uplink.username과 password 또는 클라이언트 인증서를 허브 운영자와 확인하십시오.',
    },
    retryable: true,
  },
  'version-refused': {
    message: { en: 'The broker refuses MQTT 5 and MQTT 3.1.1', ko: '브로커가 MQTT 5와 3.1.1을 모두 거부했습니다' },
    hint: { en: 'The hub’s broker must speak one of the two.', ko: '허브의 브로커가 둘 중 하나를 지원해야 합니다.' },
    retryable: true,
  },
  'broker-refused': {
    message: { en: 'The broker refuses the connection', ko: '브로커가 연결을 거부했습니다' },
    hint: {
      en: 'The reason code is the broker’s own. Ask the hub’s operator; it is tried again by itself.',
      ko: '이유 코드는 브로커가 준 것입니다. 허브 운영자에게 문의하십시오. 자동으로 다시 시도합니다.',
    },
    retryable: true,
  },
  'connection-lost': {
    message: { en: 'The connection to the broker is lost', ko: '브로커와의 연결이 끊어졌습니다' },
    hint: {
      en: 'It is made again by itself. When it is lost often, check the line or VPN, and whether another gateway uses the same client id.',
      ko: '자동으로 다시 연결합니다. 자주 끊어지면 회선이나 VPN을 확인하고, 다른 게이트웨이가 같은 클라이언트 ID를 쓰는지 확인하십시오.',
    },
    retryable: true,
  },
  'taken-over': {
    message: { en: 'Another client has taken this gateway’s session', ko: '다른 클라이언트가 이 게이트웨이의 세션을 가져갔습니다' },
    hint: {
      en: 'Two gateways use the same client id: give each its own site and gateway name.',
      ko: '두 게이트웨이가 같은 클라이언트 ID를 씁니다. 사이트와 게이트웨이 이름을 각각 다르게 하십시오.',
    },
    retryable: true,
  },
  'ack-timeout': {
    message: { en: 'The broker does not confirm messages', ko: '브로커가 메시지를 확인해 주지 않습니다' },
    hint: {
      en: 'The broker is overloaded or its disk is stuck. The connection is made again by itself.',
      ko: '브로커가 과부하이거나 디스크가 멈췄습니다. 자동으로 다시 연결합니다.',
    },
    retryable: true,
  },
  'packet-too-large': {
    message: { en: 'The broker sent a packet beyond 1 MiB', ko: '브로커가 1 MiB를 넘는 패킷을 보냈습니다' },
    hint: {
      en: 'Someone published far too large a command. Until the next connection no commands are heard; alarms flow.',
      ko: '지나치게 큰 명령이 발행되었습니다. 다음 연결까지 명령은 받지 않으며 알람은 계속 전송됩니다.',
    },
    retryable: true,
  },
  'qos-refused': {
    message: { en: 'The broker sends with QoS 2, which was never granted', ko: '브로커가 허용하지 않은 QoS 2로 보냅니다' },
    hint: {
      en: 'The broker disregards the subscription: ask the hub’s operator. Until the next connection no commands are heard; alarms flow.',
      ko: '브로커가 구독 조건을 지키지 않으므로 허브 운영자에게 문의하십시오. 다음 연결까지 명령은 받지 않으며 알람은 계속 전송됩니다.',
    },
    retryable: true,
  },
  'protocol-broken': {
    message: { en: 'The broker breaks the protocol', ko: '브로커가 프로토콜을 어깁니다' },
    hint: {
      en: 'Ask the hub’s operator about the broker’s limits and version; it is tried again by itself.',
      ko: '브로커의 제한 설정과 버전을 허브 운영자에게 문의하십시오. 자동으로 다시 시도합니다.',
    },
    retryable: true,
  },
  'commands-refused': {
    message: { en: 'The broker refuses the subscription to commands', ko: '브로커가 명령 구독을 거부했습니다' },
    hint: {
      en: 'Alarms flow, commands do not arrive. Ask the hub’s operator for the right to read command/#.',
      ko: '알람은 전송되지만 명령은 받지 못합니다. 허브 운영자에게 command/# 읽기 권한을 요청하십시오.',
    },
    retryable: true,
  },
});
