// Why a picture is not shown: every reason with its code, what it means and what to do, in both languages.
import { faultTable, type Text } from '#base';

const complete = {
  en: 'Send the grant with service, incident, recipient (agency, person), ground and until.',
  ko: '승인 요청에 service, incident, recipient(agency, person), ground, until을 모두 넣으십시오.',
};
const configured = {
  en: 'Look at `access.services` in the configuration and at the services of this hub connection.',
  ko: '설정의 `access.services`와 이 허브 연결에 허용된 서비스를 확인하십시오.',
};
const again = {
  en: 'Ask again with an end that the service allows; a grant can be extended later.',
  ko: '서비스가 허용하는 종료 시각으로 다시 요청하십시오. 나중에 연장할 수 있습니다.',
};

export const refusals = faultTable('access', {
  'grant-missing': { message: { en: 'The request carries no grant', ko: '승인 요청(grant)이 없습니다' }, hint: complete },
  'service-missing': { message: { en: 'The request names no service', ko: '서비스가 없습니다' }, hint: complete },
  'incident-missing': { message: { en: 'The request names no incident', ko: '사건번호가 없습니다' }, hint: complete },
  'recipient-missing': {
    message: { en: 'The request does not name agency and person', ko: '제공받는 기관과 담당자가 없습니다' },
    hint: complete,
  },
  'ground-missing': { message: { en: 'The request names no legal ground', ko: '법적 근거가 없습니다' }, hint: complete },
  'end-missing': { message: { en: 'The request names no end', ko: '종료 시각이 없습니다' }, hint: complete },
  malformed: {
    message: { en: 'A field of the request has a wrong form', ko: '요청 항목의 형식이 올바르지 않습니다' },
    hint: {
      en: 'Texts are 1 to 100 characters (a reason 500) without control characters; until is RFC 3339 with its offset.',
      ko: '문자열은 제어 문자 없이 1~100자(사유 500자), until은 시간대가 붙은 RFC 3339 형식입니다.',
    },
  },
  'emergency-reason-missing': {
    message: { en: 'An emergency needs its reason', ko: '긴급 요청에는 사유가 있어야 합니다' },
    hint: { en: 'Send emergency: { reason }, or leave emergency out.', ko: 'emergency: { reason }을 넣거나 emergency를 빼십시오.' },
  },
  'service-not-allowed': {
    message: { en: 'This connection cannot claim that service', ko: '이 연결에 허용되지 않은 서비스입니다' },
    hint: configured,
  },
  'ground-unknown': { message: { en: 'No such legal ground', ko: '알 수 없는 법적 근거입니다' }, hint: configured },
  'ground-not-allowed': {
    message: { en: 'The service cannot use that legal ground', ko: '이 서비스가 쓸 수 없는 법적 근거입니다' },
    hint: configured,
  },
  'camera-unknown': {
    message: { en: 'There is no such camera or channel', ko: '그런 카메라나 채널이 없습니다' },
    hint: {
      en: 'Ask for `inventory.list`: it names every camera with its channels.',
      ko: '`inventory.list`로 카메라와 채널을 확인하십시오.',
    },
  },
  'end-past': { message: { en: 'The end has passed', ko: '종료 시각이 이미 지났습니다' }, hint: again },
  'too-long': {
    message: { en: 'The end is beyond the longest time of the service', ko: '서비스의 최대 허용 시간을 넘습니다' },
    hint: again,
  },
  'too-many': {
    message: { en: 'Too many grants are open', ko: '유효한 승인이 너무 많습니다' },
    hint: { en: 'End grants that are done with: `bongsu grant list`.', ko: '필요 없는 승인을 회수하십시오: `bongsu grant list`.' },
    retryable: true,
  },
  'line-full': {
    message: {
      en: 'The line to the hub is full of streams that go before this one',
      ko: '이 영상보다 우선하는 영상으로 허브 회선이 가득 찼습니다',
    },
    hint: {
      en: 'Ask for quality sub if that fits, or end streams that are done with. The line: `uplink.bandwidth`.',
      ko: '여유가 있으면 보조 영상(sub)을 요청하거나 필요 없는 영상을 끝내십시오. 회선 설정: `uplink.bandwidth`.',
    },
    retryable: true,
  },
  'line-too-narrow': {
    message: {
      en: 'The line to the hub cannot carry this stream, not even alone',
      ko: '허브 회선으로는 이 영상 하나도 보낼 수 없습니다',
    },
    hint: {
      en: 'Ask for quality sub if that fits, lower the bit rate of the camera, or correct `uplink.bandwidth`.',
      ko: '여유가 있으면 보조 영상(sub)을 요청하거나 카메라 비트레이트를 낮추거나 `uplink.bandwidth`를 바로잡으십시오.',
    },
  },
  'push-not-allowed': {
    message: { en: 'Pictures may not be pushed to this address', ko: '이 주소로는 영상을 보낼 수 없습니다' },
    hint: {
      en: 'Name it, or what it lies below, under `streams.pushTo` in the configuration.',
      ko: '설정의 `streams.pushTo`에 이 주소나 상위 주소를 등록하십시오.',
    },
  },
  'grant-unknown': {
    message: { en: 'This asker has no such open grant', ko: '요청자에게 유효한 해당 승인이 없습니다' },
    hint: { en: 'It may have ended. Ask for a new one.', ko: '이미 종료되었을 수 있습니다. 새로 요청하십시오.' },
  },
  'end-not-later': {
    message: { en: 'The new end is not later than the present one', ko: '새 종료 시각이 현재 종료 시각보다 늦지 않습니다' },
    hint: again,
  },
});

/** Why: the part of the code after `access.`. */
export type RefusalReason = keyof typeof refusals.entries;

/** What a code says and what is to be done; the code itself where it is of an older version. */
export function wordsOf(code: string): { readonly text: Text; readonly hint: Text } {
  const [, entry] = Object.entries(refusals.entries).find(([reason]) => code === `access.${reason}`) ?? [];
  return { text: entry?.message ?? { en: code, ko: code }, hint: entry?.hint ?? complete };
}
