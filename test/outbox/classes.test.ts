// A destination that wants some classes only is owed these alone, and never waited for with the others.
import { describe, expect, it } from 'vitest';
import { alarmBody, auditBody, conditionBody } from './bodies.ts';
import { bracket, openTestOutbox } from './thread.ts';

const platform = { name: 'platform', classes: ['alarm'] } as const;
const all = { limit: 10, past: 0, lanes: undefined, ticket: 1 };

describe('classes of a destination', () => {
  it('owes it what it wants, and lets the rest go when the others have it', () => {
    const { db, append, procedures } = openTestOutbox(['hub', platform]);
    bracket(db, () => append(auditBody(1)));
    bracket(db, () => append(alarmBody('a-1')));
    expect(procedures.stats()).toMatchObject({
      entries: 2,
      destinations: [
        { name: 'hub', pending: 2 },
        { name: 'platform', pending: 1, pendingByClass: { alarm: 1, audit: 0 } },
      ],
    });
    const claimed = procedures.claim({ destination: 'platform', ...all });
    expect(claimed.map((entry) => entry.class)).toEqual(['alarm']);
    const hub = procedures.claim({ destination: 'hub', ...all });
    bracket(db, () => procedures.confirm({ destination: 'hub', seqs: hub.map(({ seq }) => seq) }));
    expect(procedures.stats()).toMatchObject({ entries: 1, destinations: [{ pending: 0 }, { pending: 1 }] });
    bracket(db, () => procedures.confirm({ destination: 'platform', seqs: claimed.map(({ seq }) => seq) }));
    expect(procedures.stats()).toMatchObject({ entries: 0, destinations: [{ pending: 0 }, { pending: 0 }] });
  });

  it('keeps nothing that nobody wants', () => {
    const { db, append, procedures } = openTestOutbox([platform]);
    bracket(db, () => append(auditBody(1)));
    expect(procedures.stats()).toMatchObject({ entries: 0, destinations: [{ pending: 0 }] });
  });

  it('tells it the gaps in what it wants, and no others', () => {
    const { db, world, append, procedures } = openTestOutbox(['hub', platform]);
    Object.assign(world, { space: () => ({ usedBytes: 100, limitBytes: 100, reservedBytes: 0, freeBytes: 0 }) });
    bracket(db, () => append(conditionBody('cam-1')));
    expect(procedures.stats().destinations).toMatchObject([{ pendingByClass: { gap: 1 } }, { pending: 0 }]);
    bracket(db, () => append(alarmBody('a-1', 'warning')));
    expect(procedures.stats().destinations).toMatchObject([{ pendingByClass: { gap: 2 } }, { pending: 1, pendingByClass: { gap: 1 } }]);
  });
});
