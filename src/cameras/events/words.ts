// Words that vendors of intelligent cameras agree on where the standard has no topic: a segment that is one of them, in English or Korean, means that kind.
import type { AlarmKind } from '#model';
import type { TopicMeaning } from './subject.ts';

/** KISA's events of intelligent CCTV (배회, 침입, 유기, 쓰러짐, 싸움, 방화, 실종자, 익수자, 화재), and fire and smoke, which have no standard topic. */
const words: readonly (readonly [AlarmKind, string])[] = [
  ['arson', 'arson|방화'],
  ['fire', 'fire|flame|화재|불꽃'],
  ['smoke', 'smoke|연기'],
  ['drowning', 'drown(?:ing|ed)?|익수자?'],
  ['fall', 'fall(?:ing|en)?(?:down)?|falldown|collapse|쓰러짐|낙상'],
  ['fight', 'fight(?:ing)?|violence|싸움|폭행|폭력'],
  ['missing-person', 'missing(?:person)?|실종자?'],
  ['stalking', 'stalk(?:ing|er)?|스토킹'],
  ['crowding', 'crowd(?:ing|ed)?|overcrowding|인파|밀집|인파밀집'],
  ['loitering', 'loiter(?:ing|er)?|배회'],
  ['intrusion', 'intrusion|intruder|trespass(?:ing|er)?|침입'],
  ['line-crossing', 'line(?:cross(?:ing|ed)?)|tripwire|월담|경계선'],
  ['abandoned', 'abandon(?:ed|ment)?(?:object)?|leftobject|유기|방치'],
  ['removed', 'removed?(?:object)?|objectremoval|도난'],
];

/** Anything that a vendor puts around such a word: `…FireAlarm`, `IsFallDetected`, `쓰러짐감지`. */
const table = words.map(([alarm, word]) => ({
  alarm,
  whole: new RegExp(`^(?:is|object)?(?:${word})(?:alarm|event|detect(?:ion|or|ed)?|감지|이벤트|알람)?$`, 'i'),
}));
/** Vendors prefix these two with names of their own (`VendorFireAlarm`). */
const endings = [
  { alarm: 'fire', ending: /fire(?:alarm|detect(?:ion|or|ed)?)$/i },
  { alarm: 'smoke', ending: /smoke(?:alarm|detect(?:ion|or|ed)?)?$/i },
] as const;

/** What a topic's own words mean. The last segment that is one of them holds; undefined when none is. */
export function wordsMeaning(topic: string): TopicMeaning | undefined {
  for (const segment of topic.split('/').toReversed()) {
    const plain = segment.replace(/[\s_-]/g, '');
    const alarm = table.find(({ whole }) => whole.test(plain))?.alarm ?? endings.find(({ ending }) => ending.test(plain))?.alarm;
    if (alarm) return { topic, about: { alarm }, state: statesFor(plain, alarm) };
  }
  return undefined;
}

/** What names of object classes mean: fire and smoke among them are what they say. */
export function classMeaning(text: string): AlarmKind | undefined {
  if (/\bfire\b|\bflame\b/i.test(text)) return 'fire';
  return /\bsmoke\b/i.test(text) ? 'smoke' : undefined;
}

/** Names are compared without regard to case. */
function statesFor(segment: string, alarm: AlarmKind): readonly string[] {
  const stem = segment.replace(/^is(?=[A-Z])/, '').replace(/(?:Alarm|Event|Detect(?:ion|or|ed)?)$/, '');
  const own = [segment, stem, alarm.replaceAll('-', ''), `${alarm.replaceAll('-', '')}Alarm`].map((word) => `Is${word}`);
  return ['State', ...own, stem, 'Active', 'Value', 'AlarmActive', 'IsAlarm'];
}
