// Rows of the national data sets as prepared records: every column goes where docs/open-data.md says, and what comes out may be registered.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Device } from '#model';
import { type OpenDataSet, openDataColumns, prepareRecord } from '../../src/registry/open-data.ts';
import { checkDevice } from '../../src/registry/validate.ts';

const hydrantHead =
  '시설번호,시설유형코드,시도명,시군구명,시군구코드,소재지도로명주소,소재지지번주소,위도,경도,상세위치,안전센터명,보호틀유무,사용가능여부,설치연도,배관깊이,출수압력,배관지름,관할기관명,관할기관전화번호,데이터기준일자';
const hydrantRow = '광산-1,1,광주광역시,광산구,29200,광주 도로 1,,35.1,126.8,앞,센터,N,Y,2020,1,5,100,광산소방서,062,2026-05-07';

function rowOf(head: string, row: string): Record<string, string> {
  const cells = row.split(',');
  return Object.fromEntries(head.split(',').map((name, index) => [name, cells[index] ?? '']));
}

/** The device that an import makes of it: it adds the id and how it is heard. */
function deviceOf({ name, purpose, place, record }: ReturnType<typeof prepareRecord>): Device {
  const identity = { maker: '', model: '', firmware: '', serial: '' };
  return { id: 'h-1', type: 'sensor', name, address: 'prepared', purpose, place, channels: [], identity, record };
}

describe('a prepared record', () => {
  it('of a hydrant has all that its row says', () => {
    const row = rowOf(hydrantHead, hydrantRow);
    const prepared = prepareRecord('hydrants', row);
    expect(prepared).toEqual({
      number: '광산-1',
      kind: '지상식소화전',
      template: 'hydrant',
      name: '지상식소화전 광산-1',
      purpose: '소방용수시설',
      place: { latitude: 35.1, longitude: 126.8, address: '광주 도로 1' },
      record: {
        premises: '앞',
        facts: {
          시도명: '광주광역시',
          시군구명: '광산구',
          시군구코드: '29200',
          안전센터명: '센터',
          보호틀유무: 'N',
          사용가능여부: 'Y',
          설치연도: '2020',
          배관깊이: '1',
          출수압력: '5',
          배관지름: '100',
          관할기관명: '광산소방서',
          관할기관전화번호: '062',
          데이터기준일자: '2026-05-07',
        },
      },
    });
    expect(checkDevice(deviceOf(prepared)).record).toEqual(prepared.record);
  });

  it('is the same from the programming interface', () => {
    const row = rowOf(hydrantHead, hydrantRow);
    const api = Object.fromEntries(openDataColumns.hydrants.map(([column, name]) => [name, row[column] ?? '']));
    expect(prepareRecord('hydrants', api)).toEqual(prepareRecord('hydrants', row));
  });

  it('of a bell names where it hangs and to whom it is linked', () => {
    const row = {
      관리번호: '7',
      안전비상벨관리번호: 'B-12',
      설치목적: '여성안심',
      설치장소유형: '화장실',
      설치위치: '1층 여자화장실',
      지번: '완주군 1',
      위도: '35.9',
      경도: '127.1',
      경찰연계유무: 'Y',
    };
    expect(prepareRecord('bells', row)).toEqual({
      number: 'B-12',
      kind: '화장실',
      template: 'emergency-button',
      name: '안전비상벨 B-12',
      purpose: '여성안심',
      place: { latitude: 35.9, longitude: 127.1, address: '완주군 1' },
      record: { premises: '1층 여자화장실', facts: { 관리번호: '7', 경찰연계유무: 'Y' } },
    });
    expect(prepareRecord('bells', { 관리번호: '7' })).toMatchObject({ number: '7', purpose: '안전비상벨', place: {} });
  });

  it.each([
    ['01', '지상식소화전', 'hydrant'],
    ['2', '지하식소화전', 'hydrant'],
    ['3', '급수탑', undefined],
    ['04', '저수조', undefined],
    ['5', '5', 'hydrant'],
    ['6', '비상소화장치', undefined],
    ['특수', '특수', undefined],
    ['', '', undefined],
  ])('of a hydrant with the code %s is %s', (code, kind, template) => {
    expect(prepareRecord('hydrants', { 시설유형코드: code })).toMatchObject({ kind, template });
  });

  it.each([
    ['35.1', '126.8', { latitude: 35.1, longitude: 126.8 }],
    ['126.8', '35.1', { latitude: 35.1, longitude: 126.8 }],
    ['0', '0', {}],
    ['', '', {}],
    ['356652.5', '213718.9', {}],
    ['35,1', '126.8', {}],
    ['35.1', '', {}],
  ])('of %s, %s stands at %o', (위도, 경도, place) => {
    expect(prepareRecord('bells', { 위도, 경도 }).place).toEqual(place);
  });

  it('may be registered, whatever the row', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 400 }).map((text) => text.replaceAll(/\p{Cc}/gu, ''));
    for (const set of ['hydrants', 'bells'] as const) {
      const names = openDataColumns[set].map(([column]) => column);
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom(...names), cell), (row) => {
          const { id, name } = checkDevice(deviceOf(prepareRecord(set, row)));
          expect([id, name !== '']).toEqual(['h-1', true]);
        }),
        { numRuns: 200 },
      );
    }
  });

  it.each<OpenDataSet>(['hydrants', 'bells'])('of %s: docs/open-data.md has the same columns', (set) => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/open-data.md'), 'utf8');
    const section = page.split(/^## /m).find((part) => part.includes(`(\`${set}\`)`)) ?? '';
    const rows = [...section.matchAll(/^\| (\S+) \| `(\w+)` \| (\S+) \|/gm)].map(([, column, api, field]) => [column, api, field]);
    expect(rows).toEqual(openDataColumns[set].map((column) => [...column]));
  });
});
