// The order in which entries give way when room is short (invariant 2), and what they are counted under.
import type { EntryBody } from '#model';

/** Turns of what the hub is owed to give way, the first first. Everything else of it never does: critical and major alarms, grants, inventory, audit, gaps, and the conditions
 * about the store itself. */
export const turns = [1, 2, 3, 4] as const;

/** What tells the hub why things are missing must not be missing. */
const toldWhenFull: ReadonlySet<string> = new Set(['outbox-full', 'store-damaged', 'store-failing']);

/** Whether it is written as long as there is any room at all. */
export function isToldWhenFull(body: EntryBody): boolean {
  return body.class === 'condition' && toldWhenFull.has(body.value.kind);
}

/** 1 readings, 2 conditions, 3 alarms of warning, 4 minor alarms; 0 never. */
export function turnToGiveWay(body: EntryBody): number {
  switch (body.class) {
    case 'reading':
      return 1;
    case 'condition':
      return isToldWhenFull(body) ? 0 : 2;
    case 'alarm':
      return body.value.severity === 'warning' ? 3 : body.value.severity === 'minor' ? 4 : 0;
    case 'inventory':
    case 'grant':
    case 'audit':
    case 'gap':
      return 0;
  }
}

/** The kind that an entry is counted under in a gap; of the SQL expression `kindInSql` the same. */
export function kindOf(body: EntryBody): string {
  switch (body.class) {
    case 'reading':
      return body.value[0]?.kind ?? body.class;
    case 'alarm':
    case 'condition':
      return body.value.kind;
    case 'inventory':
    case 'grant':
    case 'audit':
    case 'gap':
      return body.class;
  }
}

/** A damaged value has none: its class stands for it. */
export const kindInSql = `CASE WHEN NOT json_valid(value) THEN class
  ELSE CASE class WHEN 'reading' THEN value ->> '$[0].kind' WHEN 'alarm' THEN value ->> '$.kind' WHEN 'condition' THEN value ->> '$.kind' ELSE class END END`;
