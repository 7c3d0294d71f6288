// Repair after a salvage: whatever rows are missing, what is ready and what is counted follow from the entries that are left.

/** Each slot's bit, of all slots that there may be. */
const bits = `bits (slot, bit) AS (SELECT 0, 1 UNION ALL SELECT slot + 1, bit * 2 FROM bits WHERE slot < 29)`;

/** SQL for `Migrations.repair`, in its order. Destinations whose names are lost keep their slots as `lost <slot>`, for the next that is configured. */
export const repair: readonly string[] = [
  `WITH RECURSIVE ${bits}, held (owed) AS MATERIALIZED (SELECT DISTINCT owed FROM outbox_entry)
   INSERT OR IGNORE INTO outbox_destination (slot, name)
     SELECT slot, 'lost ' || slot FROM bits WHERE EXISTS (SELECT 1 FROM held WHERE owed & bit <> 0)`,
  `UPDATE outbox_destination SET swept = 0, head = max(head, coalesce((SELECT max(seq) FROM outbox_entry), 0)) WHERE retired = 1`,

  // A dead letter needs its entry, and is not owed meanwhile; an entry that is owed to none is a dead letter whose account is lost, or done.
  `DELETE FROM outbox_dead WHERE dropped_time IS NULL AND seq NOT IN (SELECT seq FROM outbox_entry)`,
  `UPDATE outbox_entry SET owed = owed & ~(SELECT sum(1 << slot) FROM outbox_dead d WHERE d.seq = outbox_entry.seq AND dropped_time IS NULL)
   WHERE seq IN (SELECT seq FROM outbox_dead WHERE dropped_time IS NULL)`,
  `INSERT INTO outbox_dead (slot, seq, entry_id, class, sequence, code, text, time)
     SELECT d.slot, e.seq, e.id, e.class, e.sequence, 0, 'the reason is lost', e.recorded_time
     FROM outbox_entry e JOIN outbox_destination d ON d.retired = 0
     WHERE e.owed = 0 AND NOT EXISTS (SELECT 1 FROM outbox_dead o WHERE o.seq = e.seq AND o.dropped_time IS NULL)`,

  `UPDATE outbox_destination SET gaps = max(gaps,
     (SELECT coalesce(max(sequence), 0) FROM outbox_entry WHERE class = 'gap' AND owed & (1 << slot) <> 0),
     (SELECT coalesce(max(sequence), 0) FROM outbox_dead d WHERE d.class = 'gap' AND d.slot = outbox_destination.slot))`,

  `DELETE FROM outbox_ready`,
  `INSERT INTO outbox_ready (slot, lane, seq)
     SELECT d.slot, e.lane, e.seq FROM outbox_entry e JOIN outbox_destination d ON d.retired = 0 AND e.owed & (1 << d.slot) <> 0
     WHERE e.subject IS NULL`,
  // The bare lane is that of the row with the least seq.
  `INSERT INTO outbox_ready (slot, lane, seq)
     SELECT slot, lane, seq FROM (
       SELECT d.slot AS slot, e.lane AS lane, min(e.seq) AS seq
       FROM outbox_entry e JOIN outbox_destination d ON d.retired = 0 AND e.owed & (1 << d.slot) <> 0
       WHERE e.subject IS NOT NULL GROUP BY d.slot, e.subject)`,

  `INSERT INTO outbox_class (class, last)
     SELECT class, max(last) FROM (
       SELECT class, max(sequence) AS last FROM outbox_entry GROUP BY class
       UNION ALL SELECT class, max(confirmed) FROM outbox_progress GROUP BY class
       UNION ALL SELECT class, max(sequence) FROM outbox_dead GROUP BY class) GROUP BY class
     ON CONFLICT (class) DO UPDATE SET last = max(last, excluded.last)`,
  `UPDATE outbox_class SET gone = last - coalesce((SELECT count(*) FROM outbox_entry e WHERE e.class = outbox_class.class), 0)`,
  `DELETE FROM outbox_progress`,
  `INSERT INTO outbox_progress (slot, class, confirmed, dead)
     SELECT d.slot, c.class,
       c.last - (SELECT count(*) FROM outbox_entry e WHERE e.class = c.class AND e.owed & (1 << d.slot) <> 0) -
         (SELECT count(*) FROM outbox_dead o WHERE o.class = c.class AND o.slot = d.slot AND o.dropped_time IS NULL),
       (SELECT count(*) FROM outbox_dead o WHERE o.class = c.class AND o.slot = d.slot AND o.dropped_time IS NULL)
     FROM outbox_destination d CROSS JOIN outbox_class c WHERE d.retired = 0`,
];
