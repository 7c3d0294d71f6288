// The verbs about the gateway as a whole: outbox, audit, check, run.
import { exits, type Verb, withGateway } from './context.ts';
import { problemLines, warningLines } from './problems.ts';
import { classText, orDash, sizeText, timeText } from './words.ts';

export const outboxStatusVerb: Verb<object> = async (context) => {
  const { say, screen } = context;
  const outbox = await withGateway(context, (client) => client.call('outbox.status', {}));
  if (context.json) {
    screen.json(outbox);
    return exits.done;
  }
  screen.line(say('outbox.total', { entries: outbox.entries, size: sizeText(outbox.sizeBytes) }));
  screen.table([
    [say('column.destination'), say('column.waiting'), say('column.dead'), say('column.oldest'), say('column.classes')],
    ...outbox.destinations.map((row) => [
      row.destination,
      String(row.pending),
      String(row.dead),
      timeText(row.oldestRecordedTime),
      orDash(
        Object.entries(row.pendingByClass)
          .map(([name, count]) => `${classText(name, context)} ${count}`)
          .join(', '),
      ),
    ]),
  ]);
  for (const { destination, gaps } of outbox.destinations)
    for (const { class: name, count, from, to } of gaps) {
      const values = { destination, name: classText(name, context), n: count, from: timeText(from), to: timeText(to) };
      screen.line(say('outbox.gap', values));
    }
  return exits.done;
};

export const auditVerifyVerb: Verb<object> = async (context) => {
  const { say, screen } = context;
  const audit = await withGateway(context, (client) => client.call('audit.verify', {}));
  if (context.json) screen.json(audit);
  else if (audit.valid) screen.line(say('audit.valid', audit));
  else screen.line(say('audit.broken', { rows: audit.rows, row: audit.firstBad ?? '?' }));
  return audit.valid ? exits.done : exits.failed;
};

export const checkVerb: Verb<{ readonly config: string }> = async (context, { config }) => {
  const { say, screen } = context;
  const outcome = await context.loaders.check(config);
  if ('problems' in outcome) {
    if (context.json) screen.json({ ok: false, problems: outcome.problems });
    else for (const line of problemLines(outcome.problems, context)) screen.line(line);
    return exits.failed;
  }
  const { found, warnings } = outcome;
  const site = found.siteName === '' ? found.site : `${found.site} (${found.siteName})`;
  if (context.json) screen.json({ ok: true, problems: [], warnings, found });
  else for (const line of [...warningLines(warnings, context), say('check.good', { file: config, ...found, site })]) screen.line(line);
  return exits.done;
};

/** Plain lines also in the journal: whoever starts a gateway that does not start reads what `check` says. */
export const runVerb: Verb<{ readonly config: string }> = async (context, { config }) => {
  const { io, language, screen } = context;
  const outcome = await context.loaders.run(config, { language, signal: io.signal });
  if ('status' in outcome) return outcome.status;
  for (const line of problemLines(outcome.problems, context)) screen.complain(line);
  return exits.failed;
};
