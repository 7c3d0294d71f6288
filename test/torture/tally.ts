// What arrived at the hub, held against what the gateway has answered for.
import type { Senders } from './senders.ts';

/** The count of one ordeal. All but `delivered` are zero when the gateway keeps its word. */
export interface Verdict {
  /** Messages that arrived, each counted once. */
  readonly delivered: number;
  /** Answered messages of which nothing arrived. */
  readonly answeredButLost: number;
  /** Messages that arrived under more than one event id: what a hub that drops known ids still sees twice. */
  readonly duplicatesAfterId: number;
  /** Ends of alarms that came before their onset, or of another alarm than it: a fresh alarm may overtake, the steps of one may not. */
  readonly orderBroken: number;
}

/** Takes what arrives. */
export interface Tally {
  /** Event ids that arrived. */
  readonly received: number;
  /** One message as it came; what is no alarm of the senders is passed over. */
  take(topic: string, payload: Uint8Array): void;
  /** Messages answered for that have not arrived; `kept` are those that wait at the gateway for a person. */
  missing(senders: Senders, kept?: ReadonlySet<string>): readonly string[];
  judge(senders: Senders, kept?: ReadonlySet<string>): Verdict;
}

interface AlarmEvent {
  readonly id: string;
  readonly alarmid: string;
  readonly data: { readonly detail: { readonly message?: string }; readonly reason?: string };
}

export function openTally(): Tally {
  const ids = new Set<string>();
  /** The alarm of each message that arrived. */
  const messages = new Map<string, string>();
  let duplicatesAfterId = 0;
  /** Onsets that had not come when the end came. */
  const skipped: string[] = [];
  const missing: Tally['missing'] = (senders, kept) =>
    [...senders.answered].flatMap(([device, count]) =>
      Array.from({ length: count }, (_, number) => `${device}.${number}`).filter((name) => !messages.has(name) && !kept?.has(name)),
    );
  return {
    get received() {
      return ids.size;
    },
    take(topic, payload) {
      if (!topic.includes('/alarm/fall/radar-')) return;
      const { id, alarmid, data } = JSON.parse(Buffer.from(payload).toString('utf8')) as AlarmEvent;
      const name = data.detail.message ?? '';
      if (ids.has(id)) return;
      ids.add(id);
      // What stands may be told again, and says so.
      if (data.reason === 'restated') return void (messages.has(name) || messages.set(name, alarmid));
      if (messages.has(name)) duplicatesAfterId += 1;
      messages.set(name, alarmid);
      const [device = '', number = ''] = name.split('.');
      const onset = `${device}.${Number(number) - 1}`;
      if (Number(number) % 2 === 1 && messages.get(onset) !== alarmid) skipped.push(onset);
    },
    missing,
    judge: (senders, kept) => ({
      delivered: messages.size,
      answeredButLost: missing(senders, kept).length,
      duplicatesAfterId,
      orderBroken: skipped.filter((onset) => !kept?.has(onset)).length,
    }),
  };
}
