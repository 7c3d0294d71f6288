// The law's grounds for showing a picture to somebody else, and what each one asks of the operator.
import type { Text } from '#base';

/** A legal ground. */
export interface Ground {
  readonly law: Text;
  /** Whether an official letter (공문) must exist; when it was not named at the request it is owed. */
  readonly letter: boolean;
  /** Whether the provision must be published in the official gazette or on the web site (개인정보 보호법 제18조④). */
  readonly publish: boolean;
}

const outside = (number: number, en: string, ko: string): Ground => ({
  law: { en: `PIPA art. 18(2)${number}: ${en}`, ko: `개인정보 보호법 제18조제2항제${number}호(${ko})` },
  letter: true,
  // 제18조④ names 2 to 6 and 8 to 10: an investigation (7) is not published.
  publish: number !== 7,
});

/** Grounds by the id that a request names. Source: 개인정보 보호법 제18조②, 재난 및 안전관리 기본법 제74조의3. */
export const grounds = {
  purpose: {
    law: { en: 'within the purpose of collection (PIPA art. 15, 25)', ko: '수집 목적 내 이용(개인정보 보호법 제15조·제25조)' },
    letter: false,
    publish: false,
  },
  'pipa-18-2-2': outside(2, 'another act provides for it', '다른 법률의 특별한 규정'),
  'pipa-18-2-3': outside(3, 'imminent danger to life, body or property', '급박한 생명·신체·재산의 이익'),
  'pipa-18-2-5': outside(5, 'decision of the protection commission', '보호위원회의 심의·의결'),
  'pipa-18-2-6': outside(6, 'treaty or international convention', '조약·국제협정의 이행'),
  'pipa-18-2-7': outside(7, 'investigation and prosecution of a crime', '범죄의 수사와 공소의 제기·유지'),
  'pipa-18-2-8': outside(8, 'work of a court', '법원의 재판업무'),
  'pipa-18-2-9': outside(9, 'execution of a sentence or protective measure', '형·감호·보호처분의 집행'),
  'pipa-18-2-10': outside(10, 'urgent need of public safety', '공공의 안전과 안녕을 위하여 긴급'),
  'disaster-74-3': {
    law: {
      en: 'Disaster and Safety Act art. 74-3: people hit or at risk',
      ko: '재난 및 안전관리 기본법 제74조의3(재난 피해자·위험에 처한 사람)',
    },
    letter: true,
    publish: false,
  },
} as const satisfies Record<string, Ground>;

export type GroundId = keyof typeof grounds;

export const groundIds = Object.keys(grounds) as [GroundId, ...GroundId[]];

/** Whether `text` names a ground. */
export function isGroundId(text: string): text is GroundId {
  return Object.hasOwn(grounds, text);
}
