// The verbs about the gateway as a whole: status, outbox, audit, check, run.
import type { Result } from '../contract.ts';
import { conditionWords, severityWords, storeReasonWords } from '../messages/words.ts';
import { exits, type Verb, type VerbContext, withGateway } from './context.ts';
import { problemLines } from './problems.ts';
import { ageText, classText, orDash, sizeText, textIn, timeText, word } from './words.ts';

type Status = Result<'status'>;
type OutboxStatus = Result<'outbox.status'>;

export const statusVerb: Verb<object> = async (context) => {
  const status = await withGateway(context, (client) => client.call('status', {}));
  if (context.json) context.screen.json(status);
  else printStatus(status, context);
  return exits.done;
};

function printStatus(status: Status, context: VerbContext): void {
  const { say, screen } = context;
  screen.table([
    [say('status.gateway'), say('status.gatewayValue', status)],
    [say('status.running'), ageText(status.time - status.startedAt, context)],
    [say('status.hub'), hubText(status, context)],
    ...hubHint(status, context),
    [say('status.cameras'), say('status.camerasValue', status.cameras)],
    [say('status.sensors'), say('status.sensorsValue', status.sensors)],
    [say('status.alarms'), String(status.alarms.open)],
    [say('status.store'), storeText(status, context)],
    ...status.outbox.destinations.map((destination) => [say('status.outbox'), outboxText(destination, status.time, context)]),
    [say('status.grants'), String(status.grants.open)],
    [say('status.streams'), status.streams.running ? say('status.streamsValue', status.streams) : say('status.streamsDown')],
  ]);
  if (status.conditions.length === 0) return;
  screen.line('');
  screen.line(say('status.conditions', { n: status.conditions.length }));
  screen.table(
    status.conditions.map((condition) => [
      timeText(condition.time),
      word(severityWords, condition.severity, context),
      word(conditionWords, condition.kind, context),
      condition.device,
      textIn(condition.message, context) + (condition.detail ? ` (${condition.detail})` : ''),
    ]),
  );
}

function storeText({ store, time }: Status, context: VerbContext): string {
  const { say } = context;
  if (store.state === 'ok') return say('status.storeOk', { ms: Math.round(store.fsyncMs * 10) / 10, queued: store.queued });
  const why = store.reason === '' ? '-' : word(storeReasonWords, store.reason, context);
  const age = ageText(time - store.since, context);
  return say('status.storeFailing', { why, age, error: orDash(store.lastError), read: timeText(store.readAt) });
}

function hubText({ uplink, time }: Status, context: VerbContext): string {
  const { say } = context;
  const address = orDash(uplink.address);
  if (!uplink.connected) {
    const error = uplink.lastError ? textIn(uplink.lastError.message, context) : say('status.hubUnknown');
    return say('status.hubDown', { address, attempts: uplink.attempts, error });
  }
  const protocol = uplink.protocolVersion === 4 ? '3.1.1' : String(uplink.protocolVersion ?? '-');
  return say('status.hubConnected', { address, protocol, age: ageText(time - (uplink.since ?? time), context) });
}

function hubHint({ uplink }: Status, context: VerbContext): string[][] {
  if (uplink.connected || !uplink.lastError) return [];
  return [['', context.say('word.hint', { text: textIn(uplink.lastError.hint, context) })]];
}

function outboxText(destination: OutboxStatus['destinations'][number], now: number, context: VerbContext): string {
  const { destination: name, pending, oldestRecordedTime, dead } = destination;
  const { say } = context;
  const waiting =
    pending === 0
      ? say('status.outboxEmpty', { destination: name })
      : say('status.outboxValue', { destination: name, pending, age: ageText(now - (oldestRecordedTime ?? now), context) });
  return dead === 0 ? waiting : `${waiting} ${say('status.outboxDead', { dead })}`;
}

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
  const { found } = outcome;
  const site = found.siteName === '' ? found.site : `${found.site} (${found.siteName})`;
  if (context.json) screen.json({ ok: true, problems: [], found });
  else screen.line(say('check.good', { file: config, ...found, site }));
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
