// The calls of a subscription: create a pull point or subscribe for pushes, synchronise, pull, renew, unsubscribe (ONVIF Core §9.2–9.3, WS-BaseNotification §4–6).
import { type Env, uuidv7 } from '#base';
import { reachService } from '../address.ts';
import { type Failure, failure } from '../faults.ts';
import { addressingHeader, type Call, type CallResult, composeEnvelope, type SoapSession } from '../soap/index.ts';
import { child, textAt, writeXml, type XmlElement } from '../xml/index.ts';
import { type Notification, readNotifications } from './notification.ts';
import { formatPeriod, parseInstant, parsePeriod } from './time.ts';

/** A pull point at a camera. */
export interface PullPoint {
  readonly address: URL;
  /** Reference parameters as XML, echoed as headers of every call to it. */
  readonly reference: string;
  /** The camera pushes: this is the manager of that subscription, which nobody can pull. */
  readonly pushed?: boolean;
}

/** What became of asking for a lifetime. */
export type Subscribed =
  | { readonly result: 'ok'; readonly point: PullPoint; readonly lifetimeMs: number }
  | { readonly result: 'failed'; readonly failure: Failure };

/** What became of a renewal; `refused`: the camera does not renew, or does not know it any more. */
export type Renewed =
  | { readonly result: 'ok'; readonly lifetimeMs: number }
  | { readonly result: 'refused' }
  | { readonly result: 'failed'; readonly failure: Failure };

/** What became of a pull. */
export type Pulled =
  | { readonly result: 'messages'; readonly notifications: readonly Notification[] }
  /** The camera allows less than was asked for. */
  | { readonly result: 'limits'; readonly waitMs: number | undefined; readonly messages: number | undefined }
  | { readonly result: 'failed'; readonly failure: Failure; readonly tookMs: number };

const eventsSpace = 'http://www.onvif.org/ver10/events/wsdl';
const baseSpace = 'http://docs.oasis-open.org/wsn/b-2';
const isReferenceParameter = ' xmlns:wsa10="http://www.w3.org/2005/08/addressing" wsa10:IsReferenceParameter="true"';
const maxReferenceLength = 4096;

/** The calls on one session. */
export interface PullPointCalls {
  create(events: URL, lifetimeMs: number, signal: AbortSignal): Promise<Subscribed>;
  /** Asks for pushes to `consumer` (ONVIF Core §9.2, WS-BaseNotification §4.1); the point is the subscription's manager. */
  subscribe(events: URL, ask: { readonly consumer: URL; readonly lifetimeMs: number }, signal: AbortSignal): Promise<Subscribed>;
  synchronise(point: PullPoint, signal: AbortSignal): Promise<CallResult>;
  pull(point: PullPoint, limits: PullLimits, signal: AbortSignal): Promise<Pulled>;
  renew(point: PullPoint, lifetimeMs: number, signal: AbortSignal): Promise<Renewed>;
  unsubscribe(point: PullPoint, timeoutMs: number, signal: AbortSignal): Promise<CallResult>;
}

/** How a pull may be. */
export interface PullLimits {
  /** So long the camera may wait for something to say, milliseconds. */
  readonly waitMs: number;
  readonly messages: number;
  readonly maxBytes: number;
  /** From the request to the first byte of the answer, milliseconds. */
  readonly timeoutMs: number;
}

/** A pull, to be sent as often as one likes: composed when it is sent, for it waits a minute, and thousands of them at once. */
export class PullCall implements Call {
  readonly expect = 'PullMessagesResponse';
  readonly lane = 'pulls';
  readonly #point: PullPoint;
  readonly #env: Env;
  limits: PullLimits;

  constructor(point: PullPoint, limits: PullLimits, env: Env) {
    this.#point = point;
    this.#env = env;
    this.limits = limits;
  }

  get url(): URL {
    return this.#point.address;
  }

  get timeoutMs(): number {
    return this.limits.timeoutMs;
  }

  get maxBytes(): number {
    return this.limits.maxBytes;
  }

  envelope(): string {
    const { waitMs, messages } = this.limits;
    return composeEnvelope(
      `<PullMessages xmlns="${eventsSpace}"><Timeout>${formatPeriod(waitMs)}</Timeout><MessageLimit>${messages}</MessageLimit></PullMessages>`,
    );
  }

  header(): string {
    return headerFor(this.#point, `${eventsSpace}/PullPointSubscription/PullMessagesRequest`, this.#env);
  }
}

function headerFor({ address, reference }: PullPoint, action: string, { clock, random }: Env): string {
  return addressingHeader(action, address, uuidv7(clock.now(), random)) + reference;
}

interface Sent {
  readonly action: string;
  readonly body: string;
  readonly expect: string;
  readonly timeoutMs?: number;
}

/** Opens the calls of pull points on `session`. All reject with the reason of `signal` alone. */
export function openPullPointCalls(session: SoapSession, env: Env): PullPointCalls {
  return new Conversation(session, env);
}

/** A class, for there are thousands, and closures cost memory each. */
class Conversation implements PullPointCalls {
  readonly #session: SoapSession;
  readonly #env: Env;

  constructor(session: SoapSession, env: Env) {
    this.#session = session;
    this.#env = env;
  }

  async create(events: URL, lifetimeMs: number, signal: AbortSignal): Promise<Subscribed> {
    const request = (time: string): Sent => ({
      action: `${eventsSpace}/EventPortType/CreatePullPointSubscriptionRequest`,
      body: `<CreatePullPointSubscription xmlns="${eventsSpace}"><InitialTerminationTime>${time}</InitialTerminationTime></CreatePullPointSubscription>`,
      expect: 'CreatePullPointSubscriptionResponse',
    });
    return await this.#subscribe(request, { events, lifetimeMs }, signal);
  }

  async subscribe(
    events: URL,
    { consumer, lifetimeMs }: { readonly consumer: URL; readonly lifetimeMs: number },
    signal: AbortSignal,
  ): Promise<Subscribed> {
    const request = (time: string): Sent => ({
      action: 'http://docs.oasis-open.org/wsn/bw-2/NotificationProducer/SubscribeRequest',
      body: `<Subscribe xmlns="${baseSpace}"><ConsumerReference><a:Address>${consumer.href}</a:Address></ConsumerReference><InitialTerminationTime>${time}</InitialTerminationTime></Subscribe>`,
      expect: 'SubscribeResponse',
    });
    return await this.#subscribe(request, { events, lifetimeMs }, signal);
  }

  synchronise(point: PullPoint, signal: AbortSignal): Promise<CallResult> {
    return this.#send(point, synchronisation, signal);
  }

  async pull(point: PullPoint, limits: PullLimits, signal: AbortSignal): Promise<Pulled> {
    return readPull(await this.#session.call(new PullCall(point, limits, this.#env), signal));
  }

  async renew(point: PullPoint, lifetimeMs: number, signal: AbortSignal): Promise<Renewed> {
    for (const time of this.#lifetimes(lifetimeMs)) {
      const call = {
        action: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest',
        body: `<Renew xmlns="${baseSpace}"><TerminationTime>${time}</TerminationTime></Renew>`,
        expect: 'RenewResponse',
      };
      const reply = await this.#send(point, call, signal);
      if (reply.result === 'ok') return { result: 'ok', lifetimeMs: grantedLifetime(child(reply.body, 'RenewResponse'), lifetimeMs) };
      if (reply.result === 'failed') return { result: 'failed', failure: reply.failure };
    }
    return { result: 'refused' };
  }

  unsubscribe(point: PullPoint, timeoutMs: number, signal: AbortSignal): Promise<CallResult> {
    const call = {
      action: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest',
      body: `<Unsubscribe xmlns="${baseSpace}"/>`,
      expect: 'UnsubscribeResponse',
      timeoutMs,
    };
    return this.#send(point, call, signal);
  }

  async #subscribe(
    request: (time: string) => Sent,
    { events, lifetimeMs }: { readonly events: URL; readonly lifetimeMs: number },
    signal: AbortSignal,
  ): Promise<Subscribed> {
    let last: CallResult | undefined;
    for (const time of this.#lifetimes(lifetimeMs)) {
      last = await this.#send({ address: events, reference: '' }, request(time), signal);
      if (last.result !== 'fault') break;
    }
    if (last?.result !== 'ok') return { result: 'failed', failure: last?.failure ?? failure('garbage', events.host) };
    return readSubscription(child(last.body, request('').expect), this.#session.base, lifetimeMs);
  }

  #send(point: PullPoint, { action, body, expect, timeoutMs }: Sent, signal: AbortSignal): Promise<CallResult> {
    const header = headerFor(point, action, this.#env);
    const limits = { ...(timeoutMs !== undefined && { timeoutMs }) };
    const call = { url: point.address, envelope: composeEnvelope(body), header, expect, lane: 'pulls', ...limits } as const;
    return this.#session.call(call, signal);
  }

  /** Relative first, then the camera's own time, for those that know only one of the two. */
  #lifetimes(lifetimeMs: number): readonly string[] {
    const cameraMs = this.#env.clock.now() + (this.#session.clockOffsetMs ?? 0);
    return [formatPeriod(lifetimeMs), new Date(cameraMs + lifetimeMs).toISOString().replace(/\.\d+Z$/, 'Z')];
  }
}

const synchronisation: Sent = {
  action: `${eventsSpace}/PullPointSubscription/SetSynchronizationPointRequest`,
  body: `<SetSynchronizationPoint xmlns="${eventsSpace}"/>`,
  expect: 'SetSynchronizationPointResponse',
};

function readSubscription(response: XmlElement | undefined, base: URL, askedMs: number): Subscribed {
  const said = child(response, 'SubscriptionReference');
  const address = reachService(base, textAt(said, 'Address'));
  if (!address)
    return {
      result: 'failed',
      failure: failure('garbage', {
        ko: `${base.host}: 구독 응답에 HTTP 주소 없음`,
        en: `${base.host}: a subscription without an HTTP address`,
      }),
    };
  const parameters = child(said, 'ReferenceParameters')?.children ?? [];
  // WS-Addressing 1.0 SOAP Binding §2.1: echoed as they came, marked as reference parameters.
  let reference = '';
  for (const part of parameters)
    if (reference.length <= maxReferenceLength) reference += writeXml(part, maxReferenceLength + 1, isReferenceParameter);
  if (reference.length > maxReferenceLength) {
    const detail = {
      ko: `${base.host}: 참조 매개변수가 너무 긺(${maxReferenceLength}자 초과)`,
      en: `${base.host}: reference parameters of more than ${maxReferenceLength} characters`,
    };
    return { result: 'failed', failure: failure('garbage', detail) };
  }
  return { result: 'ok', point: { address, reference }, lifetimeMs: grantedLifetime(response, askedMs) };
}

/** Both times are the camera's, so its clock does not matter. Between 10 s and a day; what was asked where the camera does not say. */
function grantedLifetime(response: XmlElement | undefined, askedMs: number): number {
  const from = parseInstant(textAt(response, 'CurrentTime'));
  const until = parseInstant(textAt(response, 'TerminationTime'));
  if (from === undefined || until === undefined || until <= from) return askedMs;
  return Math.min(Math.max(until - from, 10_000), 86_400_000);
}

/** What the answer to a pull brought. */
export function readPull(reply: CallResult): Pulled {
  if (reply.result === 'ok') return { result: 'messages', notifications: readNotifications(child(reply.body, 'PullMessagesResponse')) };
  if (reply.result === 'failed') return { result: 'failed', failure: reply.failure, tookMs: reply.tookMs };
  const limits = child(reply.fault.detail, 'PullMessagesFaultResponse');
  if (!limits) return { result: 'failed', failure: reply.failure, tookMs: reply.tookMs };
  const messages = Number(textAt(limits, 'MaxMessageLimit'));
  return {
    result: 'limits',
    waitMs: parsePeriod(textAt(limits, 'MaxTimeout')),
    messages: Number.isInteger(messages) && messages > 0 ? messages : undefined,
  };
}
