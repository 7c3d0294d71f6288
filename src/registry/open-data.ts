// What the national data sets of hydrants (소방용수시설) and emergency bells (안전비상벨) say of one row, as a sensor's record: prepared, not yet registered.
import type { Place, SensorRecord } from '#model';

export type OpenDataSet = 'hydrants' | 'bells';

/** A sensor as a row has it. What is missing for a device of the registry: an id (numbers are not unique) and how it is heard. */
export interface PreparedRecord {
  /** 시설번호, or 안전비상벨관리번호; not unique. Empty where the row has none. */
  readonly number: string;
  /** The kind as the set has it: 지상식소화전 …; a bell's 설치장소유형. A code that nobody knows stays as it is. */
  readonly kind: string;
  /** The shipped template that fits; none where the thing gives no signal of its own, or nobody knows. */
  readonly template: 'hydrant' | 'emergency-button' | undefined;
  readonly name: string;
  readonly purpose: string;
  /** Without coordinates where they are none of Korea. */
  readonly place: Place;
  readonly record: SensorRecord;
}

/** Where the value of a column goes. `facts`: under the column's own name. */
export type Field = 'number' | 'kind' | 'address' | 'lot-address' | 'latitude' | 'longitude' | 'premises' | 'purpose' | 'facts';

/** Column in the file, field of the programming interface, and what becomes of it. docs/open-data.md has the same table. */
export type Column = readonly [column: string, api: string, field: Field];

/** Columns by set; 소방용수시설 in the order of the portal's file. A file may lack some, and may have more: those are left out. */
export const openDataColumns = {
  hydrants: [
    ['시설번호', 'fcltyNo', 'number'],
    ['시설유형코드', 'fcltySeCode', 'kind'],
    ['시도명', 'ctprvnNm', 'facts'],
    ['시군구명', 'signguNm', 'facts'],
    ['시군구코드', 'signguCode', 'facts'],
    ['소재지도로명주소', 'rdnmadr', 'address'],
    ['소재지지번주소', 'lnmadr', 'lot-address'],
    ['위도', 'latitude', 'latitude'],
    ['경도', 'longitude', 'longitude'],
    ['상세위치', 'descLc', 'premises'],
    ['안전센터명', 'safeCnterNm', 'facts'],
    ['보호틀유무', 'prtcYn', 'facts'],
    ['사용가능여부', 'usePsbltyYn', 'facts'],
    ['설치연도', 'installationYear', 'facts'],
    ['배관깊이', 'pipeDepth', 'facts'],
    ['출수압력', 'waterPressr', 'facts'],
    ['배관지름', 'pipeDiameter', 'facts'],
    ['관할기관명', 'institutionNm', 'facts'],
    ['관할기관전화번호', 'institutionPhoneNumber', 'facts'],
    ['데이터기준일자', 'referenceDate', 'facts'],
  ],
  bells: [
    ['관리번호', 'MNG_NO', 'facts'],
    ['안전비상벨관리번호', 'SFTY_EMRGNCBLL_MNG_NO', 'number'],
    ['설치목적', 'INSTL_PRPS', 'purpose'],
    ['설치장소유형', 'INSTL_PLC_TYPE', 'kind'],
    ['설치위치', 'INSTL_PSTN', 'premises'],
    ['도로명', 'LCTN_ROAD_NM_ADDR', 'address'],
    ['지번', 'LCTN_LOTNO_ADDR', 'lot-address'],
    ['위도', 'WGS84_LAT', 'latitude'],
    ['경도', 'WGS84_LOT', 'longitude'],
    ['연계방식', 'LINK_MTH', 'facts'],
    ['경찰연계유무', 'POLC_LINK_EN', 'facts'],
    ['경비업체연계유무', 'SECCO_LINK_EN', 'facts'],
    ['관리사무소연계유무', 'MNGOFC_LINK_EN', 'facts'],
    ['부가기능', 'EXTRA_FWK', 'facts'],
    ['설치연도', 'SFTY_EMRGNCBLL_INSTL_YR', 'facts'],
    ['최종점검일자', 'LAST_CHCK_YMD', 'facts'],
    ['최종점검결과구분', 'LAST_CHCK_RSLT_SE', 'facts'],
    ['관리기관명', 'MNG_INST_NM', 'facts'],
    ['관리기관전화번호', 'MNG_INST_TELNO', 'facts'],
    ['데이터기준일자', 'DAT_CRTR_YMD', 'facts'],
  ],
} as const satisfies Readonly<Record<OpenDataSet, readonly Column[]>>;

/** 시설유형코드; the portal writes 1 and 01. 5 is not told anywhere but as another form of hydrant. */
const hydrantKinds: Readonly<Record<string, string>> = {
  1: '지상식소화전',
  2: '지하식소화전',
  3: '급수탑',
  4: '저수조',
  6: '비상소화장치',
};
const hydrantCodes = ['1', '2', '5'];
const setNames = { hydrants: '소방용수시설', bells: '안전비상벨' } as const;
/** Longest text of a record, and of a fact, as the registry takes them. */
const maxText = 100;
const maxFact = 200;
/** Degrees that lie in Korea, islands too. Both axes are apart, so that exchanged ones are known. */
const korea = { latitude: [32, 40], longitude: [123, 133] } as const;

/** One row: column to text, under the names of the file or of the programming interface. Never throws: what cannot be is left out, what is too long is cut. */
export function prepareRecord(set: OpenDataSet, row: Readonly<Record<string, string>>): PreparedRecord {
  const columns: readonly Column[] = openDataColumns[set];
  const textOf = ([column, api]: Column): string => own(row, column) || own(row, api);
  const first = (field: Field): string => {
    const column = columns.find((each) => each[2] === field);
    return column ? textOf(column) : '';
  };
  const code = first('kind').replace(/^0+(?=\d)/, '');
  const kind = set === 'hydrants' ? own(hydrantKinds, code) || code : first('kind');
  const number = first('number') || (set === 'bells' ? own(row, '관리번호') || own(row, 'MNG_NO') : '');
  const facts = columns
    .filter((each) => each[2] === 'facts' && textOf(each) !== '')
    .map((each) => [each[0], textOf(each).slice(0, maxFact)] as const);
  const premises = first('premises').slice(0, maxText);
  return {
    number: number.slice(0, maxText),
    kind: kind.slice(0, maxText),
    template: set === 'bells' ? 'emergency-button' : hydrantCodes.includes(code) ? 'hydrant' : undefined,
    name: `${set === 'bells' ? setNames.bells : kind || setNames.hydrants} ${number}`.trim().slice(0, maxText),
    purpose: (first('purpose') || setNames[set]).slice(0, maxText),
    place: placeOf({ latitude: first('latitude'), longitude: first('longitude'), address: first('address') || first('lot-address') }),
    record: { ...(premises !== '' && { premises }), ...(facts.length > 0 && { facts: Object.fromEntries(facts) }) },
  };
}

function own(row: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(row, key) ? (row[key] ?? '').trim() : '';
}

/** Coordinates that are exchanged are put right; 0,0 and those in metres of another system are none. */
function placeOf({ latitude, longitude, address }: Readonly<Record<'latitude' | 'longitude' | 'address', string>>): Place {
  const [north, east] = [latitude, longitude].map((text) => (text === '' ? Number.NaN : Number(text)));
  const within = (value: number | undefined, [low, high]: readonly [number, number]): value is number =>
    value !== undefined && value >= low && value <= high;
  const where = address === '' ? {} : { address: address.slice(0, maxFact) };
  if (within(north, korea.latitude) && within(east, korea.longitude)) return { latitude: north, longitude: east, ...where };
  if (within(east, korea.latitude) && within(north, korea.longitude)) return { latitude: east, longitude: north, ...where };
  return where;
}
