// Conditions: the health of devices and of the gateway. Each is told once when it begins and once when it ends, across restarts.
import type { Database } from 'better-sqlite3';
import { sameText, type Text } from '#base';
import type { Condition } from '#model';
import type { ProcedureWorld } from '#store';
import type { Counts } from './counts.ts';
import { alarmsTopic } from './steps.ts';

const maxMessageLength = 500;
const maxDetailLength = 300;
const maxListed = 20_000;

type ConditionKey = readonly [device: string, channel: string, kind: string];

export type Conditions = ReturnType<typeof openConditions>;

/** Opens the procedures of conditions. */
export function openConditions(db: Database, world: ProcedureWorld, counts: Counts) {
  const insert = db.prepare<[string, string, string, string, number, string, string]>(
    'INSERT INTO alarm_condition (device, channel, kind, severity, time, message, detail) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const remove = db.prepare<[string, string, string]>('DELETE FROM alarm_condition WHERE device = ? AND channel = ? AND kind = ?');
  const list = db.prepare<[number], Omit<Condition, 'message'> & { message: string }>(
    `SELECT device, channel, kind, 'raised' AS state, severity, time, message, detail FROM alarm_condition ORDER BY device, channel, kind LIMIT ?`,
  );
  const listAfter = db.prepare<[string, string, string, number], Omit<Condition, 'message' | 'detail'> & { message: string }>(
    `SELECT device, channel, kind, 'raised' AS state, severity, time, message FROM alarm_condition
     WHERE (device, channel, kind) > (?, ?, ?) AND kind <> 'store-damaged' ORDER BY device, channel, kind LIMIT ?`,
  );
  return {
    /** Tells what stands once more, up to `limit` in the order of their keys, behind `after`; answers the last, undefined when there was none. */
    restate(after: ConditionKey, limit: number): ConditionKey | undefined {
      const found = listAfter.all(...after, limit);
      for (const { message, ...rest } of found) world.append({ class: 'condition', value: { ...rest, message: textOf(message) } });
      const last = found.at(-1);
      return last && [last.device, last.channel, last.kind];
    },
    /**
     * Raises what does not stand and clears what does; all else is `unchanged` and is not told. A standing condition keeps its first message.
     * The detail is stored and goes into no entry.
     */
    condition(step: Condition): 'raised' | 'cleared' | 'unchanged' {
      const { device, channel, kind, state, severity, time } = step;
      const message: Text = { ko: cut(step.message.ko, maxMessageLength), en: cut(step.message.en, maxMessageLength) };
      const { changes } =
        state === 'raised'
          ? insert.run(device, channel, kind, severity, time, JSON.stringify(message), cut(step.detail ?? '', maxDetailLength))
          : remove.run(device, channel, kind);
      if (changes === 0) return 'unchanged';
      counts.add('conditions', state === 'raised' ? 1 : -1);
      world.append({ class: 'condition', value: { device, channel, kind, state, severity, time, message } });
      world.announce(alarmsTopic);
      return state;
    },
    /** What stands, by device, at most 20,000. */
    openConditions: (): readonly Condition[] => list.all(maxListed).map(({ message, ...rest }) => ({ ...rest, message: textOf(message) })),
  };
}

/** The message of a row; of one that damage has changed, what stands there: the condition is told all the same. */
function textOf(message: string): Text {
  try {
    const text = JSON.parse(message) as Text;
    if (typeof text.ko === 'string' && typeof text.en === 'string') return text;
  } catch {
    // It is told as it is.
  }
  return sameText(message);
}

function cut(words: string, length: number): string {
  return words.slice(0, length).toWellFormed();
}
