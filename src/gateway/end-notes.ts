// How grants ended, in words: the ledger has them in English, a technician reads them in his own language.
import type { Text } from '#base';
import type { GrantEnd } from '#model';

/** What the gateway itself writes beside the end of a grant. */
export const endNotes = {
  restarted: 'the gateway was restarted',
  away: 'ended while the gateway was down',
  narrow: 'the line is too narrow for it now',
  removed: 'the device was removed',
  /** `service` has the place now. */
  goesFirst: (service: string): string => `${service} goes first`,
} as const;

const words: Readonly<Record<string, string>> = {
  [endNotes.restarted]: '게이트웨이가 다시 시작됨',
  [endNotes.away]: '게이트웨이가 꺼져 있는 동안 종료됨',
  [endNotes.narrow]: '회선이 좁아짐',
  [endNotes.removed]: '장치가 삭제됨',
  'never opened': '한 번도 열지 않음',
  'nothing was pushed in time': '제때 송출되지 않음',
};

const endWords: Readonly<Record<GrantEnd, Text>> = {
  expired: { en: 'its time was over', ko: '기간 만료' },
  closed: { en: 'the hub closed it', ko: '허브가 종료' },
  revoked: { en: 'revoked', ko: '회수' },
  failed: { en: 'failed', ko: '실패' },
  used: { en: 'its still was fetched', ko: '정지영상을 가져감' },
  preempted: { en: 'gave way', ko: '우선하는 영상에 자리를 내줌' },
};

/** A note in both languages; what a person or a camera said stays as it is. */
export function noteText(note: string): Text {
  const [, service] = /^([a-z0-9-]+) goes first$/.exec(note) ?? [];
  return { en: note, ko: service === undefined ? (words[note] ?? note) : `${service} 우선` };
}

/** How it ended, with the note. */
export function endText({ reason, note }: { readonly reason: GrantEnd; readonly note: string }): Text {
  const { en, ko } = endWords[reason];
  const said = noteText(note);
  return note === '' ? { en, ko } : { en: `${en}: ${said.en}`, ko: `${ko}: ${said.ko}` };
}
