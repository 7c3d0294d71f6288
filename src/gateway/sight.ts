// The gateway's own sight: looks at cameras through the media process, where their frames stay, each written on the audit before it happens.
import type { Access } from '#access';
import type { Sight } from '#cameras';
import type { Streams } from '#streams';

/** Opens the sight. `streams` is asked for when somebody looks. */
export function openSight(access: Pick<Access, 'account'>, streams: () => Pick<Streams, 'look'>): Sight {
  return {
    look: (ask, timeoutMs) => streams().look(ask, timeoutMs),
    account: (look, subjects, by) => access.account({ act: `look.${look}`, subject: 'cameras', by, detail: subjects }),
  };
}
