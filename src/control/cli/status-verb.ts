// The verb `status`: how the gateway is doing, on one screen.
import type { Result } from '../contract.ts';
import { conditionWords, confirmationWords, routeStateWords, severityWords, storeReasonWords } from '../messages/words.ts';
import { exits, type Verb, type VerbContext, withGateway } from './context.ts';
import { ageText, orDash, textIn, timeText, word } from './words.ts';

type Status = Result<'status'>;
type Route = Status['uplink']['routes'][number];
type Destination = Status['outbox']['destinations'][number];

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
    ...hubTrouble(status, context),
    [say('status.confirmation'), confirmationText(status, context)],
    ...status.uplink.routes.map((route) => [say('status.route', route), routeText(route, status.time, context)]),
    [say('status.commands'), say('status.commandsValue', status.uplink.commands)],
    [say('status.cameras'), say('status.camerasValue', status.cameras)],
    [say('status.sensors'), say('status.sensorsValue', status.sensors)],
    [say('status.alarms'), String(status.alarms.open)],
    [say('status.store'), storeText(status, context)],
    ...status.outbox.destinations.map((destination) => [say('status.outbox'), outboxText(destination, status.time, context)]),
    [say('status.grants'), String(status.grants.open)],
    [say('status.streams'), relayText(status.streams, context)],
  ]);
  if (status.conditions.length === 0) return;
  screen.line('');
  screen.line(say('status.conditions', { n: status.conditions.length }));
  screen.table(
    status.conditions.map((condition) => [
      timeText(condition.time),
      word(severityWords, condition.severity, context),
      word(conditionWords, condition.kind, context),
      placeText(condition),
      textIn(condition.message, context) + (condition.detail ? ` (${condition.detail})` : ''),
    ]),
  );
}

/** Where it is: a bus, a broker or a platform of the gateway, a point or a secret of a device. What concerns the whole of a device has no channel, or `device`. */
function placeText({ device, channel }: Status['conditions'][number]): string {
  return channel === '' || channel === 'device' ? device : `${device}/${channel}`;
}

function relayText({ relay, ...counts }: Status['streams'], { say }: VerbContext): string {
  if (relay === 'up') return say('status.streamsValue', counts);
  return say(relay === 'silent' ? 'status.streamsSilent' : 'status.streamsDown');
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

/** What is wrong with a connection that stands, and what to do; the line above says already why there is none. */
function hubTrouble({ uplink: { connected, lastError } }: Status, context: VerbContext): string[][] {
  if (!lastError) return [];
  const error = context.say('word.error', { text: textIn(lastError.message, context) });
  const hint = context.say('word.hint', { text: textIn(lastError.hint, context) });
  return connected
    ? [
        ['', error],
        ['', hint],
      ]
    : [['', hint]];
}

function confirmationText({ uplink: { confirmation } }: Status, context: VerbContext): string {
  return confirmation ? word(confirmationWords, confirmation, context) : context.say('status.confirmationUnknown');
}

function routeText({ state, address, since, certificates, lastError }: Route, now: number, context: VerbContext): string {
  const { say } = context;
  const { own, broker } = certificates;
  const parts = [say('status.routeValue', { state: word(routeStateWords, state, context), age: ageText(now - since, context), address })];
  if (own !== undefined) parts.push(say('status.ownCertificate', { date: dateText(own) }));
  if (broker !== undefined) parts.push(say('status.brokerCertificate', { date: dateText(broker) }));
  if (lastError) parts.push(textIn(lastError.message, context));
  return parts.join('; ');
}

function dateText(ms: number): string {
  return timeText(ms).slice(0, 10);
}

function outboxText(destination: Destination, now: number, context: VerbContext): string {
  const { destination: name, pending, oldestRecordedTime, dead } = destination;
  const { say } = context;
  const waiting =
    pending === 0
      ? say('status.outboxEmpty', { destination: name })
      : say('status.outboxValue', { destination: name, pending, age: ageText(now - (oldestRecordedTime ?? now), context) });
  return dead === 0 ? waiting : `${waiting} ${say('status.outboxDead', { dead })}`;
}
