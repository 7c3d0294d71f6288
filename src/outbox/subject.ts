// What an entry is about: entries of one subject travel strictly one after the other, so that no step overtakes an earlier one.
import type { EntryBody } from '#model';

/**
 * The subject of `body`: an alarm by its id, a condition by its point, a device, a grant. Undefined for heads of the audit chain, which
 * carry their row's number, and for readings, which carry their times: they may arrive in any order.
 */
export function subjectOf(body: EntryBody): string | undefined {
  switch (body.class) {
    case 'alarm':
      return body.value.alarmId;
    case 'condition':
      return `condition/${body.value.device}/${body.value.channel}/${body.value.kind}`;
    case 'inventory':
      return `device/${body.value.device.id}`;
    case 'grant':
      return `grant/${body.value.grant}`;
    case 'gap':
      return `gap/${body.value.class}`;
    case 'audit':
    case 'reading':
      return undefined;
  }
}
