// The faults of the sensors room.
import { faultTable } from '#base';

export const sensorsFaults = faultTable('sensors', {
  'template-unknown': {
    message: { en: 'No such template', ko: '정의되지 않은 템플릿입니다' },
    hint: {
      en: '`bongsu sensor template list` shows the names, shipped and of this site.',
      ko: '`bongsu sensor template list`에서 내장·현장 템플릿 이름을 확인하십시오.',
    },
  },
  'template-unusable': {
    message: { en: 'The template cannot be used', ko: '템플릿을 사용할 수 없습니다' },
    hint: {
      en: 'Correct the file at the line that is named, and look at it with `bongsu sensor template show FILE`.',
      ko: '표시된 줄을 고친 뒤 `bongsu sensor template show 파일`로 확인하십시오.',
    },
  },
  'map-unknown': {
    message: { en: 'No such map of messages', ko: '정의되지 않은 메시지 맵입니다' },
    hint: {
      en: 'Correct the name under map, or write the map there: config.example.yaml shows one.',
      ko: 'map의 이름을 고치거나 그 자리에 맵을 직접 쓰십시오. 예는 config.example.yaml에 있습니다.',
    },
  },
  'template-unfit': {
    message: { en: 'Nothing can fill the template where it stands', ko: '이 위치에서 사용할 수 없는 템플릿입니다' },
    hint: {
      en: 'A unit of a bus needs a template with modbus points, a sender of messages one with paths: `bongsu sensor template show NAME`.',
      ko: '버스의 장치에는 modbus 측정점이, 메시지를 보내는 센서에는 path 측정점이 있는 템플릿이 필요합니다: `bongsu sensor template show 이름`.',
    },
  },
  'port-missing': {
    message: { en: 'The serial port is not there', ko: '시리얼 포트가 없습니다' },
    hint: {
      en: 'Plug in the adapter, and compare the name with `ls -l /dev/serial/by-id`.',
      ko: '어댑터를 연결하고 `ls -l /dev/serial/by-id`의 이름과 설정을 비교하십시오.',
    },
    retryable: true,
  },
  'port-forbidden': {
    message: { en: 'The serial port may not be opened', ko: '시리얼 포트를 열 권한이 없습니다' },
    hint: {
      en: 'Put the account of the service into the group of the port, mostly dialout (`usermod -aG dialout bongsu`), and restart it.',
      ko: '서비스 계정을 포트의 그룹(대개 dialout)에 넣고(`usermod -aG dialout bongsu`) 서비스를 다시 시작하십시오.',
    },
    retryable: true,
  },
  'port-busy': {
    message: { en: 'Another program holds the serial port', ko: '다른 프로그램이 시리얼 포트를 사용 중입니다' },
    hint: { en: 'End it: `fuser -v PORT` names it.', ko: '`fuser -v 포트`로 프로그램을 찾아 종료하십시오.' },
    retryable: true,
  },
  'port-failed': {
    message: { en: 'The serial port cannot be opened', ko: '시리얼 포트를 열 수 없습니다' },
    hint: { en: 'Check that the name is that of a serial port, and its speed.', ko: '포트 이름과 통신 속도 설정을 확인하십시오.' },
    retryable: true,
  },
  'host-unreachable': {
    message: { en: 'The Modbus TCP device accepts no connection', ko: 'Modbus TCP 장치에 연결할 수 없습니다' },
    hint: {
      en: 'Check power, cable, address and port; some devices accept one connection only.',
      ko: '전원, 케이블, 주소와 포트를 확인하십시오. 접속을 하나만 받는 장치도 있습니다.',
    },
    retryable: true,
  },
  'serial-server-unreachable': {
    message: { en: 'The serial server accepts no connection', ko: '시리얼 서버에 연결할 수 없습니다' },
    hint: {
      en: 'Check power, cable, address and port; many serial servers accept one connection only.',
      ko: '전원, 케이블, 주소와 포트를 확인하십시오. 접속을 하나만 받는 시리얼 서버가 많습니다.',
    },
    retryable: true,
  },
  'line-listen-failed': {
    message: { en: 'The line cannot listen', ko: '라인 수신을 시작할 수 없습니다' },
    hint: {
      en: 'Another program may hold the port (`ss -lntup`), or the address is not on this machine.',
      ko: '다른 프로그램이 포트를 쓰고 있거나(`ss -lntup`), 이 장비에 없는 주소입니다.',
    },
    retryable: true,
  },
  'grammar-unknown': {
    message: { en: 'No such grammar', ko: '정의되지 않은 문법입니다' },
    hint: {
      en: '`bongsu sensor grammar list` shows the names, shipped and of this site; a file is given with its path, as ./panel.yaml.',
      ko: '`bongsu sensor grammar list`에서 내장·현장 문법 이름을 확인하십시오. 파일은 ./panel.yaml처럼 경로로 지정하십시오.',
    },
  },
  'grammar-unusable': {
    message: { en: 'The grammar cannot be used', ko: '문법을 사용할 수 없습니다' },
    hint: {
      en: 'Correct it at the line that is named; try it with `bongsu sensor grammar test`.',
      ko: '표시된 줄을 고치고 `bongsu sensor grammar test`로 확인하십시오.',
    },
  },
  'recording-unusable': {
    message: { en: 'The recording cannot be used', ko: '기록 파일을 사용할 수 없습니다' },
    hint: {
      en: 'Give a file that `bongsu sensor record` has written, or a new name to write to.',
      ko: '`bongsu sensor record`로 만든 파일을, 기록할 때는 새 파일 이름을 지정하십시오.',
    },
  },
  'line-lost': {
    message: { en: 'The line to the bus is gone', ko: '버스와의 연결이 끊어졌습니다' },
    hint: { en: 'Check the adapter or the device and its cable.', ko: '어댑터 또는 장치와 케이블을 확인하십시오.' },
    retryable: true,
  },
  'bus-unknown': {
    message: { en: 'No such Modbus bus', ko: '설정에 없는 Modbus 버스입니다' },
    hint: {
      en: 'Its name is the id under sensors.buses; `bongsu sensor list` shows it.',
      ko: 'sensors.buses의 id입니다. `bongsu sensor list`로 확인하십시오.',
    },
  },
  'bus-closed': {
    message: { en: 'The bus is not connected', ko: '버스가 연결되어 있지 않습니다' },
    hint: {
      en: '`bongsu status` says why; try again when it works.',
      ko: '`bongsu status`로 원인을 확인하고 연결된 뒤 다시 시도하십시오.',
    },
    retryable: true,
  },
  'bus-crowded': {
    message: { en: 'Too many questions wait for this bus', ko: '이 버스에 대기 중인 요청이 너무 많습니다' },
    hint: { en: 'Wait until a scan or another person is done.', ko: '진행 중인 검색이나 다른 작업이 끝난 뒤 다시 시도하십시오.' },
    retryable: true,
  },
  'unit-silent': {
    message: { en: 'The unit does not answer', ko: '장치가 응답하지 않습니다' },
    hint: {
      en: 'Check its power, wires and unit id; after a write, read the register before writing again.',
      ko: '전원, 배선, 국번을 확인하십시오. 쓰기였다면 다시 쓰기 전에 값을 읽어 확인하십시오.',
    },
    retryable: true,
  },
  'unit-refused': {
    message: { en: 'The unit refuses', ko: '장치가 거부합니다' },
    hint: {
      en: 'Compare table, address and count with its manual: an address there may begin at 1, here it begins at 0.',
      ko: '테이블, 주소, 개수를 설명서와 비교하십시오. 설명서 주소는 1부터, 여기서는 0부터일 수 있습니다.',
    },
  },
  'values-invalid': {
    message: { en: 'These values do not fit there', ko: '이 값을 그 위치에 쓰거나 읽을 수 없습니다' },
    hint: {
      en: 'Coils take 0 and 1; numbers must fit --as; at most 125 registers are read and 123 written at once; only coil and holding can be written.',
      ko: '코일은 0과 1, 숫자는 --as 형식에 맞아야 합니다. 한 번에 읽기 125개, 쓰기 123개까지이며 coil과 holding만 쓸 수 있습니다.',
    },
  },
  'write-forbidden': {
    message: { en: 'Writing to this bus is not allowed', ko: '이 버스에는 쓰기가 허용되지 않습니다' },
    hint: {
      en: 'Set writable: true for the bus in the configuration, and restart.',
      ko: '설정에서 이 버스에 writable: true를 지정하고 다시 시작하십시오.',
    },
  },
  'point-unknown': {
    message: { en: 'The sensor has no such point', ko: '센서에 그런 측정점이 없습니다' },
    hint: { en: '`bongsu sensor list` shows its points and values.', ko: '`bongsu sensor list`에서 측정점과 값을 확인하십시오.' },
  },
  'point-not-measured': {
    message: { en: 'The point is a state and no measure', ko: '측정값이 아닌 상태값입니다' },
    hint: { en: 'Only a point with a number can be calibrated.', ko: '숫자로 측정하는 값만 교정할 수 있습니다.' },
  },
  'listen-failed': {
    message: { en: 'The HTTP listener for senders cannot listen', ko: 'HTTP 수신을 시작할 수 없습니다' },
    hint: {
      en: 'Another program may hold the port (`ss -ltnp`), or the address is not on this machine.',
      ko: '다른 프로그램이 포트를 쓰고 있거나(`ss -ltnp`), 이 장비에 없는 주소입니다.',
    },
    retryable: true,
  },
  'tls-unusable': {
    message: {
      en: 'The certificate or key of the HTTP listener cannot be used',
      ko: 'HTTP 수신의 인증서 또는 개인키를 사용할 수 없습니다',
    },
    hint: { en: 'Check that both are PEM and belong together.', ko: '둘 다 PEM 형식이고 서로 맞는지 확인하십시오.' },
    retryable: true,
  },
  'broker-unreachable': {
    message: { en: 'The MQTT broker accepts no connection', ko: 'MQTT 브로커에 연결할 수 없습니다' },
    hint: {
      en: 'Check that it runs, and its address and port; it may ask for TLS (mqtts).',
      ko: '브로커가 실행 중인지, 주소와 포트가 맞는지 확인하십시오. TLS(mqtts)만 받는 브로커일 수 있습니다.',
    },
    retryable: true,
  },
  'broker-tls': {
    message: { en: 'The TLS of an MQTT broker does not come about', ko: 'MQTT 브로커의 TLS 연결이 이루어지지 않습니다' },
    hint: {
      en: 'Check the certificates: PEM, not expired, the right authority, and the name in it that of the address.',
      ko: '인증서가 PEM 형식인지, 만료되지 않았는지, 발급기관과 이름이 맞는지 확인하십시오.',
    },
    retryable: true,
  },
  'broker-refused': {
    message: { en: 'The MQTT broker refuses the login', ko: 'MQTT 브로커가 로그인을 거부합니다' },
    hint: {
      en: 'Compare user, password and client identifier with what the broker knows.',
      ko: '사용자, 비밀번호, 클라이언트 식별자를 브로커의 설정과 비교하십시오.',
    },
    retryable: true,
  },
  'subscription-refused': {
    message: { en: 'The MQTT broker refuses a subscription', ko: 'MQTT 브로커가 구독을 거부합니다' },
    hint: {
      en: 'The broker’s rules must let this user read the topic.',
      ko: '브로커의 권한 설정에서 이 사용자의 토픽 읽기를 허용하십시오.',
    },
    retryable: true,
  },
  'broker-lost': {
    message: { en: 'The connection to the MQTT broker is gone', ko: 'MQTT 브로커와의 연결이 끊어졌습니다' },
    hint: {
      en: 'Check the broker and the line. Does it happen every second, another client has the same client identifier.',
      ko: '브로커와 통신선을 확인하십시오. 계속 반복되면 같은 클라이언트 식별자를 쓰는 다른 클라이언트가 있습니다.',
    },
    retryable: true,
  },
  'broker-listen': {
    message: { en: 'The gateway’s MQTT broker cannot listen', ko: '게이트웨이의 MQTT 브로커가 수신을 시작할 수 없습니다' },
    hint: {
      en: 'Another program may hold the port (`ss -ltnp`), or the address is not on this machine.',
      ko: '다른 프로그램이 포트를 쓰고 있거나(`ss -ltnp`), 이 장비에 없는 주소입니다.',
    },
    retryable: true,
  },
  'cloud-unreachable': {
    message: { en: 'The platform does not answer', ko: '플랫폼이 응답하지 않습니다' },
    hint: {
      en: 'Check the line, the address and the firewall; try it with `curl -v URL` on this machine.',
      ko: '회선, 주소, 방화벽을 확인하고 이 장비에서 `curl -v URL`로 시험하십시오.',
    },
    retryable: true,
  },
  'cloud-tls': {
    message: { en: 'The TLS of the platform does not come about', ko: '플랫폼의 TLS 연결이 이루어지지 않습니다' },
    hint: {
      en: 'Check the authority (tls.ca), the clock, and that the certificate is not expired and has the name of the address.',
      ko: '발급기관 파일(tls.ca), 시계, 인증서의 만료 여부와 이름을 확인하십시오.',
    },
    retryable: true,
  },
  'cloud-refused': {
    message: { en: 'The platform refuses us', ko: '플랫폼이 접근을 거부합니다' },
    hint: {
      en: 'Compare the key, password or origin with what the platform has issued; it may have expired.',
      ko: '키, 비밀번호 또는 origin을 플랫폼에서 발급한 것과 비교하십시오. 만료되었을 수도 있습니다.',
    },
    retryable: true,
  },
  'cloud-answer': {
    message: { en: 'The platform’s answer cannot be used', ko: '플랫폼의 응답을 사용할 수 없습니다' },
    hint: {
      en: 'Look at it with `curl URL`, and compare the paths of the configuration with it.',
      ko: '`curl URL`로 응답을 보고 설정의 경로와 비교하십시오.',
    },
    retryable: true,
  },
  'cloud-too-large': {
    message: { en: 'The platform’s answer is too large', ko: '플랫폼의 응답이 너무 큽니다' },
    hint: {
      en: 'Ask for less at a time (a limit in the URL, a cursor), or raise maxBody.',
      ko: '한 번에 적게 요청하도록(URL의 개수 제한, cursor) 하거나 maxBody를 늘리십시오.',
    },
    retryable: true,
  },
  'cloud-redirect': {
    message: { en: 'The platform sends us to another host', ko: '플랫폼이 다른 호스트로 보냅니다' },
    hint: {
      en: 'Our key goes to no host that is not configured: correct the address, if the new one is right.',
      ko: '설정에 없는 호스트로는 키를 보내지 않습니다. 새 주소가 맞으면 설정을 고치십시오.',
    },
    retryable: true,
  },
  'container-missing': {
    message: { en: 'The platform has no such container', ko: '플랫폼에 해당 컨테이너가 없습니다' },
    hint: {
      en: 'Correct its name in the configuration: from the CSE base on, like Mobius/ae-fire/smoke.',
      ko: '설정의 컨테이너 이름을 CSE 이름부터(예: Mobius/ae-fire/smoke) 다시 확인하십시오.',
    },
    retryable: true,
  },
  'subscription-unverified': {
    message: {
      en: 'The platform does not reach us to verify our subscription',
      ko: '플랫폼이 구독 확인을 위해 이 장비에 접속하지 못합니다',
    },
    hint: {
      en: 'Check notify, sensors.onem2m.listen and the firewall between: the platform must reach this machine.',
      ko: 'notify, sensors.onem2m.listen과 방화벽을 확인하십시오. 플랫폼에서 이 장비로 접속할 수 있어야 합니다.',
    },
    retryable: true,
  },
});
