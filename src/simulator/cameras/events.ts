// The event service: real-time pull points (ONVIF Core §9.2), each at an address of its own.
import { baseUrl, type Call, type CameraCore, type Operation, toldUrl } from './core.ts';
import { joinNotices, topicSet } from './notices.ts';
import type { Personality } from './personality/index.ts';
import type { PullPoint } from './pull-points.ts';
import { startPush } from './push.ts';
import { SoapFault } from './soap.ts';
import { textAt } from './xml.ts';
import { parsePeriod, parseTermination } from './xsd.ts';

const defaultLifeMs = 60_000;
const lifeMs = { min: 1000, max: 3_600_000 };

function stamp(ms: number): string {
  return new Date(ms).toISOString();
}

function readLife(camera: CameraCore, text: string): number {
  if (text === '') return defaultLifeMs;
  const { termination } = camera.personality.quirks;
  const form = parsePeriod(text) === undefined ? 'absolute' : 'relative';
  const asked = termination === 'both' || termination === form ? parseTermination(text, camera.now()) : undefined;
  if (asked === undefined || asked <= 0) {
    throw new SoapFault(
      'Sender',
      ['ter:InvalidArgVal', 'wsnt:UnacceptableInitialTerminationTimeFault'],
      'Termination time is not understood',
    );
  }
  return Math.min(lifeMs.max, Math.max(lifeMs.min, asked));
}

const subscriptionSpace = 'http://www.axis.com/2009/event';

/** Where a subscription is asked for: an address of its own, or a shared one with a parameter to be echoed (WS-Addressing SOAP Binding §2.1). */
function referenceOf(camera: CameraCore, point: PullPoint): string {
  const base = toldUrl(camera, baseUrl(camera));
  if (camera.personality.quirks.reference === 'address') return `<wsa:Address>${base}/onvif/pull/${point.id}</wsa:Address>`;
  const parameter = `<dom0:SubscriptionId xmlns:dom0="${subscriptionSpace}">${point.id}</dom0:SubscriptionId>`;
  return `<wsa:Address>${base}/onvif/services</wsa:Address><wsa:ReferenceParameters>${parameter}</wsa:ReferenceParameters>`;
}

function subscribe({ camera, request }: Call): PullPoint {
  const point = camera.pullPoints.create(readLife(camera, textAt(request.body, 'InitialTerminationTime')));
  if (!point) throw new SoapFault('Receiver', ['wsnt:SubscribeCreationFailedFault'], 'Too many pull points');
  camera.counts.subscriptions += 1;
  return point;
}

const create: Operation = (call) => {
  const point = subscribe(call);
  const reference = `<tev:SubscriptionReference>${referenceOf(call.camera, point)}</tev:SubscriptionReference>`;
  return `<tev:CreatePullPointSubscriptionResponse>${reference}${times(call.camera, point, 'wsnt')}</tev:CreatePullPointSubscriptionResponse>`;
};

/** Base notification (WS-BaseNotification §4): what is reported is posted to the consumer. */
const subscribeBase: Operation = (call) => {
  const consumer = URL.parse(textAt(call.request.body, 'ConsumerReference', 'Address'));
  if (consumer?.protocol !== 'http:') throw new SoapFault('Sender', ['ter:InvalidArgVal'], 'ConsumerReference is no HTTP address');
  const point = subscribe(call);
  startPush(call.camera, point, consumer);
  const reference = `<wsnt:SubscriptionReference>${referenceOf(call.camera, point)}</wsnt:SubscriptionReference>`;
  return `<wsnt:SubscribeResponse>${reference}${times(call.camera, point, 'wsnt')}</wsnt:SubscribeResponse>`;
};

function times(camera: CameraCore, point: PullPoint, prefix: 'wsnt' | 'tev'): string {
  const [now, end] = [stamp(camera.now()), stamp(point.terminationMs)];
  return `<${prefix}:CurrentTime>${now}</${prefix}:CurrentTime><${prefix}:TerminationTime>${end}</${prefix}:TerminationTime>`;
}

function pointOf(call: Call): PullPoint {
  const { camera, path, request } = call;
  const byAddress = camera.personality.quirks.reference === 'address';
  const id = byAddress ? (/^\/onvif\/pull\/(\d{1,12})$/.exec(path)?.[1] ?? '') : textAt(request.header, 'SubscriptionId');
  const point = camera.pullPoints.find(id);
  if (!point) throw new SoapFault('Sender', ['ter:InvalidArgVal', 'wsrfr:ResourceUnknownFault'], 'No such subscription');
  return point;
}

function checkLimits(camera: CameraCore, timeoutMs: number | undefined): number {
  const { maxPullMs, maxPullMessages } = camera.personality.quirks;
  if (timeoutMs === undefined) throw new SoapFault('Sender', ['ter:InvalidArgVal'], 'Timeout is no duration');
  if (timeoutMs <= maxPullMs) return timeoutMs;
  const detail = `<tev:PullMessagesFaultResponse><tev:MaxTimeout>PT${maxPullMs / 1000}S</tev:MaxTimeout><tev:MaxMessageLimit>${maxPullMessages}</tev:MaxMessageLimit></tev:PullMessagesFaultResponse>`;
  throw new SoapFault('Sender', ['ter:InvalidArgVal'], 'Timeout is too long', detail);
}

const pullMessages: Operation = async (call) => {
  const { camera, request, signal } = call;
  const point = pointOf(call);
  const timeoutMs = checkLimits(camera, parsePeriod(textAt(request.body, 'Timeout')));
  const { renew, closePullMs = Number.POSITIVE_INFINITY, maxPullMessages } = camera.personality.quirks;
  if (renew === 'fault') point.terminationMs = camera.now() + point.lifeMs;
  const asked = Number(textAt(request.body, 'MessageLimit'));
  const limit = asked >= 1 ? Math.min(maxPullMessages, Math.floor(asked)) : maxPullMessages;
  const startedMs = camera.env.clock.monotonicMs();
  camera.counts.pulls += 1;
  camera.counts.pullsNow += 1;
  const notices = await camera.pullPoints
    .pull(point, limit, Math.min(timeoutMs, closePullMs), signal)
    .finally(() => (camera.counts.pullsNow -= 1));
  if (notices.length === 0 && camera.env.clock.monotonicMs() - startedMs >= closePullMs) call.hangUp();
  camera.counts.events += notices.length;
  call.handed = notices.length;
  return `<tev:PullMessagesResponse>${times(camera, point, 'tev')}${joinNotices(notices, camera.personality)}</tev:PullMessagesResponse>`;
};

const renew: Operation = (call) => {
  const { camera, request } = call;
  const point = pointOf(call);
  camera.counts.renewals += 1;
  if (camera.personality.quirks.renew === 'fault') throw new SoapFault('Receiver', ['ter:ActionNotSupported'], 'Renew is not supported');
  point.lifeMs = readLife(camera, textAt(request.body, 'TerminationTime'));
  point.terminationMs = camera.now() + point.lifeMs;
  const [now, end] = [stamp(camera.now()), stamp(point.terminationMs)];
  return `<wsnt:RenewResponse><wsnt:TerminationTime>${end}</wsnt:TerminationTime><wsnt:CurrentTime>${now}</wsnt:CurrentTime></wsnt:RenewResponse>`;
};

const unsubscribe: Operation = (call) => {
  call.camera.pullPoints.remove(pointOf(call).id);
  return '<wsnt:UnsubscribeResponse/>';
};

const synchronise: Operation = (call) => {
  call.camera.counts.synchronised += 1;
  call.camera.pullPoints.synchronise(pointOf(call));
  return '<tev:SetSynchronizationPointResponse/>';
};

const topicSets = new WeakMap<Personality, string>();

const properties: Operation = ({ camera }) => {
  const dialect = 'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet';
  const filter = 'http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter';
  const schema = 'http://www.onvif.org/ver10/schema/onvif.xsd';
  const head = '<tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>';
  const tail =
    `<wsnt:TopicExpressionDialect>${dialect}</wsnt:TopicExpressionDialect><tev:MessageContentFilterDialect>${filter}</tev:MessageContentFilterDialect>` +
    `<tev:MessageContentSchemaLocation>${schema}</tev:MessageContentSchemaLocation>`;
  const set = topicSets.get(camera.personality) ?? topicSet(camera.personality);
  topicSets.set(camera.personality, set);
  return `<tev:GetEventPropertiesResponse>${head}<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet>${set}${tail}</tev:GetEventPropertiesResponse>`;
};

const capabilities: Operation = ({ camera }) => {
  const { pullPoints, maxPullPoints } = camera.personality.quirks;
  const flags = `WSSubscriptionPolicySupport="${!pullPoints}" WSPullPointSupport="${pullPoints}" MaxNotificationProducers="${pullPoints ? 0 : maxPullPoints}" MaxPullPoints="${pullPoints ? maxPullPoints : 0}"`;
  return `<tev:GetServiceCapabilitiesResponse><tev:Capabilities ${flags} PersistentNotificationStorage="false"/></tev:GetServiceCapabilitiesResponse>`;
};

/** Operations of the event service and of the pull points. */
export const eventOperations: Readonly<Record<string, Operation>> = {
  'tev:GetServiceCapabilities': capabilities,
  'tev:GetEventProperties': properties,
  'tev:CreatePullPointSubscription': create,
  'tev:PullMessages': pullMessages,
  'tev:SetSynchronizationPoint': synchronise,
  'wsnt:Subscribe': subscribeBase,
  'wsnt:Renew': renew,
  'wsnt:Unsubscribe': unsubscribe,
};

const replyTypes: Readonly<Record<string, string>> = {
  'tev:CreatePullPointSubscription': 'http://www.onvif.org/ver10/events/wsdl/EventPortType/CreatePullPointSubscriptionResponse',
  'tev:GetEventProperties': 'http://www.onvif.org/ver10/events/wsdl/EventPortType/GetEventPropertiesResponse',
  'tev:PullMessages': 'http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesResponse',
  'tev:SetSynchronizationPoint': 'http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/SetSynchronizationPointResponse',
  'wsnt:Subscribe': 'http://docs.oasis-open.org/wsn/bw-2/NotificationProducer/SubscribeResponse',
  'wsnt:Renew': 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewResponse',
  'wsnt:Unsubscribe': 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeResponse',
};

/** WS-Addressing action of an answer of this service; undefined for the others. */
export function replyActionOf(operation: string): string | undefined {
  return replyTypes[operation];
}
