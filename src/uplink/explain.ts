// Refusals in words for a technician: what a code of the broker (MQTT 5 §3.4.2.1) or of a webhook's receiver (RFC 9110 §15.5) means, and what to do.
import type { Text } from '#base';

/** What a refusal means, and what to do about it. */
export interface Explanation {
  readonly message: Text;
  readonly hint: Text;
}

const retry: Text = {
  en: 'Then `bongsu outbox dead retry ID`.',
  ko: '그 뒤 `bongsu outbox dead retry ID`로 다시 보내십시오.',
};
const lookAtIt: Explanation['hint'] = {
  en: 'Look at it with `bongsu outbox dead show ID`, and ask the operator of the other side what its log says. It can be retried, or dropped with a reason.',
  ko: '`bongsu outbox dead show ID`로 내용을 확인하고 상대 운영자에게 로그를 문의하십시오. 다시 보내거나(retry) 사유를 남기고 포기(drop)할 수 있습니다.',
};
const notAllowed: Explanation = {
  message: { en: 'The receiver does not allow it', ko: '받는 쪽이 허용하지 않습니다' },
  hint: {
    en: `Compare the secret and the address under destinations with the receiver's. ${retry.en}`,
    ko: `destinations의 비밀값과 주소를 받는 쪽과 맞추십시오. ${retry.ko}`,
  },
};
const notThere: Explanation = {
  message: { en: 'The receiver has nothing at this address', ko: '받는 쪽의 그 주소에 아무것도 없습니다' },
  hint: { en: `Correct the url under destinations. ${retry.en}`, ko: `destinations의 url을 바로잡으십시오. ${retry.ko}` },
};
const unreadable: Explanation = {
  message: { en: 'The receiver does not understand it', ko: '받는 쪽이 내용을 이해하지 못합니다' },
  hint: lookAtIt,
};

const explanations: ReadonlyMap<number, Explanation> = new Map([
  [
    0x80,
    {
      message: { en: 'The broker closes the connection when it gets it', ko: '브로커가 이 메시지를 받으면 연결을 끊습니다' },
      hint: {
        en: `Ask the hub's operator what the broker's log says: a missing right to publish under bongsu/v1/SITE/GATEWAY/#, or a size limit, does this. ${retry.en}`,
        ko: `허브 운영자에게 브로커 로그를 문의하십시오. bongsu/v1/지역/게이트웨이/# 발행 권한이 없거나 크기 제한을 넘으면 이렇게 됩니다. ${retry.ko}`,
      },
    },
  ],
  [0x83, { message: { en: 'The broker refuses it for a reason of its own', ko: '브로커가 자체 사유로 거부했습니다' }, hint: lookAtIt }],
  [
    0x87,
    {
      message: { en: 'The broker does not allow it', ko: '브로커가 허용하지 않습니다' },
      hint: {
        en: `Ask the hub's operator for the right to publish under bongsu/v1/SITE/GATEWAY/#. ${retry.en}`,
        ko: `허브 운영자에게 bongsu/v1/지역/게이트웨이/# 발행 권한을 요청하십시오. ${retry.ko}`,
      },
    },
  ],
  [
    0x90,
    {
      message: { en: 'Its topic cannot be, or the broker does not take it', ko: '토픽이 될 수 없거나 브로커가 받지 않는 토픽입니다' },
      hint: lookAtIt,
    },
  ],
  [
    0x95,
    {
      message: { en: 'It is too large for the broker', ko: '브로커가 받기에 너무 큽니다' },
      hint: {
        en: `Ask the hub's operator to raise the broker's packet limit. ${retry.en}`,
        ko: `허브 운영자에게 브로커의 패킷 크기 제한을 늘려 달라고 요청하십시오. ${retry.ko}`,
      },
    },
  ],
  [
    0x99,
    {
      message: { en: 'What it carries cannot be sent, or the broker does not take it', ko: '내용을 보낼 수 없거나 브로커가 받지 않습니다' },
      hint: lookAtIt,
    },
  ],
  [400, unreadable],
  [401, notAllowed],
  [403, notAllowed],
  [404, notThere],
  [405, notThere],
  [410, notThere],
  [
    413,
    {
      message: { en: 'It is too large for the receiver', ko: '받는 쪽이 받기에 너무 큽니다' },
      hint: {
        en: `Ask the receiver's operator to raise its limit. ${retry.en}`,
        ko: `받는 쪽 운영자에게 크기 제한을 늘려 달라고 요청하십시오. ${retry.ko}`,
      },
    },
  ],
  [415, unreadable],
  [422, unreadable],
]);

const unknown: Explanation = { message: { en: 'It was refused for good', ko: '최종적으로 거부되었습니다' }, hint: lookAtIt };

/** What a refusal with this code means: below 256 an MQTT reason code, above an HTTP status. */
export function explainRefusal(code: number): Explanation {
  return explanations.get(code) ?? unknown;
}
