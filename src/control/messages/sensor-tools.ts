// What `bongsu sensor record`, `sensor grammar test` and `sensor template test` say, in Korean and English.
export const sensorToolMessages = {
  'help.sensor.record': {
    en: 'record every byte of a line with its time, for a grammar; nothing is sent, and no gateway need run',
    ko: '회선에 들어오는 모든 바이트를 시각과 함께 기록 (보내는 것은 없고 게이트웨이 없이도 동작)',
  },
  'help.sensor.record.port': { en: 'serial port, or HOST:PORT of a serial server', ko: '시리얼 포트 또는 시리얼 서버의 호스트:포트' },
  'help.sensor.record.out': { en: 'new file for the recording', ko: '기록할 새 파일' },
  'help.sensor.record.baud': { en: 'bits a second', ko: '통신 속도(bps)' },
  'help.sensor.record.parity': { en: 'parity: none, even or odd', ko: '패리티: none, even, odd' },
  'help.sensor.record.stopBits': { en: 'stop bits: 1 or 2', ko: '정지 비트: 1 또는 2' },
  'help.sensor.record.dataBits': { en: 'data bits: 7 or 8', ko: '데이터 비트: 7 또는 8' },
  'help.sensor.record.for': {
    en: 'end after this time: 10m, 8h; left out: until Ctrl-C',
    ko: '이 시간이 지나면 종료: 10m, 8h (생략하면 Ctrl-C까지)',
  },
  'help.sensor.record.maxSize': { en: 'end at this size of the file', ko: '파일이 이 크기가 되면 종료' },
  'help.sensor.grammar': { en: 'grammars of text lines', ko: '문자열 문법' },
  'help.sensor.template': { en: 'templates of sensors', ko: '센서 템플릿' },
  'help.sensor.grammar.test': {
    en: 'play a recording through a grammar, and show what would be said',
    ko: '기록을 문법으로 재생하여 알릴 내용을 표시',
  },
  'help.sensor.template.test': {
    en: 'play a recording through a template, and show what would be said',
    ko: '기록을 템플릿으로 재생하여 알릴 내용을 표시',
  },
  'help.sensor.grammar.name': { en: 'file (YAML) or name of a shipped grammar', ko: '문법 파일(YAML) 또는 내장 문법 이름' },
  'help.sensor.template.name': { en: 'file (YAML) or name of a shipped template', ko: '템플릿 파일(YAML) 또는 내장 템플릿 이름' },
  'help.sensor.against': { en: 'recording of `sensor record`', ko: '`sensor record`로 만든 기록' },
  'help.sensor.template.grammar': {
    en: 'grammar of the recorded lines, file or name; left out: the recording holds JSON messages or values',
    ko: '기록된 문자열의 문법 파일 또는 이름 (생략하면 JSON 메시지나 값의 기록)',
  },
  'usage.size': { en: 'expected a size like 64MiB', ko: '64MiB처럼 크기를 지정하십시오' },
  'record.progress': { en: 'recording: {bytes} bytes, line lost {losses} time(s)', ko: '기록 중: {bytes}바이트, 회선 끊김 {losses}회' },
  'record.done': {
    en: '{bytes} bytes in {chunks} pieces recorded into {out}; the line was lost {losses} time(s). Try: bongsu sensor grammar test NAME --against {out}',
    ko: '{bytes}바이트({chunks}조각)를 {out}에 기록했습니다. 회선 끊김 {losses}회. 다음 명령: bongsu sensor grammar test 이름 --against {out}',
  },
  'rehearse.unknown': { en: 'not understood', ko: '해석 불가' },
  'rehearse.summary': {
    en: '{lines} line(s), {unknown} not understood, {dropped} byte(s) outside of whole lines',
    ko: '{lines}줄, 해석 불가 {unknown}줄, 줄이 되지 못한 {dropped}바이트',
  },
} as const;
