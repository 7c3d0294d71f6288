// What the verbs at buses and for work on sensors say, in Korean and English.
import type { Text } from '#base';
import type { Result } from '../contract.ts';

export const scanWords: Readonly<Record<Result<'sensor.scan'>['result'], Text>> = {
  found: { en: 'answers', ko: '응답' },
  silent: { en: 'silent', ko: '무응답' },
  garbled: { en: 'GARBLED: speed, parity or two units of one id', ko: '깨짐: 통신 속도, 패리티 또는 국번 중복' },
};

export const sensorBusMessages = {
  'help.sensor.scan': {
    en: 'look for Modbus units on a bus, while it goes on working; Ctrl-C ends',
    ko: '버스 운용을 계속하면서 Modbus 장치를 검색 (종료: Ctrl-C)',
  },
  'help.sensor.bus': { en: 'bus, by its id under sensors.buses', ko: '버스(sensors.buses의 id)' },
  'help.sensor.scan.from': { en: 'first unit id', ko: '첫 국번' },
  'help.sensor.scan.to': { en: 'last unit id', ko: '마지막 국번' },
  'help.sensor.scan.timeout': { en: 'how long each may take to answer, 20ms to 10s', ko: '장치별 응답 대기 시간(20ms~10s)' },
  'help.sensor.read': { en: 'read registers or bits of a unit', ko: '장치의 레지스터 또는 비트 읽기' },
  'help.sensor.unit': { en: 'unit id, 1 to 247', ko: '국번(1~247)' },
  'help.sensor.register': {
    en: 'address as it is sent, from 0: 40001 of a manual is --table holding 0',
    ko: '전송되는 주소(0부터). 설명서의 40001은 --table holding 0',
  },
  'help.sensor.count': { en: 'how many values', ko: '값의 개수' },
  'help.sensor.table': { en: 'table: coil, discrete, input or holding', ko: '테이블: coil, discrete, input, holding' },
  'help.sensor.as': { en: 'how a number is written', ko: '숫자 형식' },
  'help.sensor.wordOrder': { en: 'which register of a 32-bit value comes first', ko: '32비트 값의 워드 순서' },
  'help.sensor.write': {
    en: 'write to a unit, where the configuration allows it (writable: true); on the audit',
    ko: '장치에 쓰기. 설정(writable: true)이 허용할 때만 가능하며 감사에 기록',
  },
  'help.sensor.values': { en: 'values, one or several; a coil takes 0 and 1', ko: '값(여러 개 가능). 코일은 0과 1' },
  'help.sensor.writeTable': { en: 'table: coil or holding', ko: '테이블: coil, holding' },
  'help.sensor.multiple': {
    en: 'use the function for several values (15, 16) for one too',
    ko: '값이 하나여도 다중 쓰기 기능(15, 16) 사용',
  },
  'help.sensor.yes': { en: 'do it', ko: '실행 확인' },
  'help.sensor.watch': { en: 'show values and states as they change, until Ctrl-C', ko: '값과 상태를 바뀔 때마다 표시 (종료: Ctrl-C)' },
  'help.sensor.watch.every': { en: 'time between two looks, 200ms to 60s', ko: '확인 간격(200ms~60s)' },
  'help.sensor.id': { en: 'id of the sensor', ko: '센서 ID' },
  'help.sensor.calibrate': {
    en: 'put the values of a point right; without options: show what is calibrated',
    ko: '측정값 교정. 옵션 없이: 교정 목록 표시',
  },
  'help.sensor.point': { en: 'point, as `sensor list` names it', ko: '측정점(`sensor list`에 표시됨)' },
  'help.sensor.measured': { en: 'what a reference instrument shows now', ko: '기준 계측기의 현재 값' },
  'help.sensor.scale': { en: 'factor', ko: '배율' },
  'help.sensor.offset': { en: 'added after the factor, in the unit of the point', ko: '배율 적용 뒤 더할 값(측정점 단위)' },
  'help.sensor.undo': { en: 'take the last calibration of the point back', ko: '마지막 교정을 되돌림' },
  'help.sensor.bypass': {
    en: 'begin or end work on a sensor: its alarms are marked as tests meanwhile, not lost',
    ko: '센서 작업을 시작하거나 끝냄: 그동안의 알람은 시험으로 표시되며 버려지지 않음',
  },
  'usage.unit': { en: 'expected a unit id, 1 to 247', ko: '국번 1~247을 지정하십시오' },
  'usage.scanRange': { en: '--from must not be above --to', ko: '--from이 --to보다 클 수 없습니다' },
  'usage.unitPlace': {
    en: 'expected a unit id and an address, decimal or 0x…: bongsu sensor read BUS 7 0x10',
    ko: '국번과 주소를 10진수 또는 0x…로 지정하십시오: bongsu sensor read 버스 7 0x10',
  },
  'usage.writeValues': { en: 'expected one or several numbers', ko: '숫자를 하나 이상 지정하십시오' },
  'usage.writeYes': {
    en: 'This writes to unit {unit} on {bus}, {table} {address}: {values}. It may switch something. Say --yes to do it',
    ko: '{bus} 버스 국번 {unit}의 {table} {address}에 {values}을(를) 씁니다. 설비가 동작할 수 있습니다. 실행하려면 --yes를 지정하십시오',
  },
  'usage.calibrate': {
    en: 'Say ID, --point, --reason, and one of: --measured, --scale/--offset, --undo',
    ko: 'ID, --point, --reason과 함께 --measured, --scale/--offset, --undo 중 하나를 지정하십시오',
  },
  'scan.unit': { en: 'unit {unit}: {result}  {device}', ko: '국번 {unit}: {result}  {device}' },
  'scan.progress': { en: 'unit {unit} of {to}, {found} found', ko: '국번 {unit}/{to}, {found}개 발견' },
  'scan.done': { en: '{found} unit(s) answer of {asked} asked.', ko: '{asked}개 국번 중 {found}개가 응답했습니다.' },
  'scan.broken': { en: 'Ended early: {found} unit(s) answer of {asked} asked.', ko: '중단됨: {asked}개 국번 중 {found}개가 응답했습니다.' },
  'write.done': { en: 'Written. Read back: {values}', ko: '썼습니다. 다시 읽은 값: {values}' },
  'write.differs': {
    en: 'The unit confirmed it, but reads back {values}. Some registers take effect later, or act and fall back.',
    ko: '장치가 확인했지만 다시 읽은 값은 {values}입니다. 나중에 반영되거나 동작 후 되돌아가는 레지스터일 수 있습니다.',
  },
  'write.unread': {
    en: 'Written: the unit confirmed it. It cannot be read back.',
    ko: '썼습니다. 장치가 확인했으나 다시 읽을 수 없습니다.',
  },
  'calibrate.done': { en: '{id} {point} is now {rule} {unit}', ko: '{id} {point} 교정 적용: {rule} {unit}' },
  'calibrate.undone': { en: 'Taken back. {id} {point} is now {rule}', ko: '되돌렸습니다. {id} {point}: {rule}' },
  'calibrate.none': {
    en: 'Taken back. {id} {point} is not calibrated any more.',
    ko: '되돌렸습니다. {id} {point}에 적용된 교정이 없습니다.',
  },
  'calibrate.nothing': { en: 'Nothing is calibrated.', ko: '교정된 항목이 없습니다.' },
  'bypass.noSensor': {
    en: 'No such sensor: {id}. `bongsu sensor list` shows the ids',
    ko: '그런 센서가 없습니다: {id}. `bongsu sensor list`로 확인하십시오',
  },
  'column.raw': { en: 'RAW', ko: '원시값' },
  'column.value': { en: 'VALUE', ko: '값' },
  'column.point': { en: 'POINT', ko: '측정점' },
  'column.rule': { en: 'VALUE IS', ko: '교정식' },
} as const;
