// The event service: real-time pull points (ONVIF Core §9.2), each at an address of its own.
import { baseUrl, type Call, type CameraCore, type Operation } from './core.ts';
import type { PullPoint } from './pull-points.ts';
import { SoapFault } from './soap.ts';
import { topicSet } from './topics.ts';
import { textAt } from './xml.ts';
import { parsePeriod, parseTermination } from './xsd.ts';

const defaultLifeMs = 60_000;
const lifeMs = { min: 1000, max: 3_600_000 };
const maxPullMs = 120_000;
const maxMessages = 100;

function stamp(ms: number): string {
  return new Date(ms).toISOString();
}

function readLife(camera: CameraCore, text: string): number {
  if (text === '') return defaultLifeMs;
  const asked = parseTermination(text, camera.now());
  if (asked === undefined || asked <= 0) {
    throw new SoapFault(
      'Sender',
      ['ter:InvalidArgVal', 'wsnt:UnacceptableInitialTerminationTimeFault'],
      'Termination time is not understood',
    );
  }
  return Math.min(lifeMs.max, Math.max(lifeMs.min, asked));
}

const create: Operation = ({ camera, request }) => {
  const point = camera.pullPoints.create(readLife(camera, textAt(request.body, 'InitialTerminationTime')));
  if (!point) throw new SoapFault('Receiver', ['wsnt:SubscribeCreationFailedFault'], 'Too many pull points');
  camera.counts.subscriptions += 1;
  const reference = `<tev:SubscriptionReference><wsa:Address>${baseUrl(camera)}/onvif/pull/${point.id}</wsa:Address></tev:SubscriptionReference>`;
  return `<tev:CreatePullPointSubscriptionResponse>${reference}${times(camera, point, 'wsnt')}</tev:CreatePullPointSubscriptionResponse>`;
};

function times(camera: CameraCore, point: PullPoint, prefix: 'wsnt' | 'tev'): string {
  const [now, end] = [stamp(camera.now()), stamp(point.terminationMs)];
  return `<${prefix}:CurrentTime>${now}</${prefix}:CurrentTime><${prefix}:TerminationTime>${end}</${prefix}:TerminationTime>`;
}

function pointOf(call: Call): PullPoint {
  const id = /^\/onvif\/pull\/(\d{1,12})$/.exec(call.path)?.[1] ?? '';
  const point = call.camera.pullPoints.find(id);
  if (!point) throw new SoapFault('Sender', ['ter:InvalidArgVal', 'wsrfr:ResourceUnknownFault'], 'No such subscription');
  return point;
}

const pullMessages: Operation = async (call) => {
  const { camera, request, signal } = call;
  const point = pointOf(call);
  const timeoutMs = parsePeriod(textAt(request.body, 'Timeout'));
  if (timeoutMs === undefined) throw new SoapFault('Sender', ['ter:InvalidArgVal'], 'Timeout is no duration');
  if (timeoutMs > maxPullMs) {
    const detail = `<tev:PullMessagesFaultResponse><tev:MaxTimeout>PT${maxPullMs / 1000}S</tev:MaxTimeout><tev:MaxMessageLimit>${maxMessages}</tev:MaxMessageLimit></tev:PullMessagesFaultResponse>`;
    throw new SoapFault('Sender', ['ter:InvalidArgVal'], 'Timeout is too long', detail);
  }
  camera.counts.pulls += 1;
  const asked = Number(textAt(request.body, 'MessageLimit'));
  const limit = asked >= 1 ? Math.min(maxMessages, Math.floor(asked)) : maxMessages;
  const messages = await camera.pullPoints.pull(point, limit, timeoutMs, signal);
  camera.counts.events += messages.length;
  return `<tev:PullMessagesResponse>${times(camera, point, 'tev')}${messages.join('')}</tev:PullMessagesResponse>`;
};

const renew: Operation = (call) => {
  const point = pointOf(call);
  point.terminationMs = call.camera.now() + readLife(call.camera, textAt(call.request.body, 'TerminationTime'));
  const [now, end] = [stamp(call.camera.now()), stamp(point.terminationMs)];
  return `<wsnt:RenewResponse><wsnt:TerminationTime>${end}</wsnt:TerminationTime><wsnt:CurrentTime>${now}</wsnt:CurrentTime></wsnt:RenewResponse>`;
};

const unsubscribe: Operation = (call) => {
  call.camera.pullPoints.remove(pointOf(call).id);
  return '<wsnt:UnsubscribeResponse/>';
};

const synchronise: Operation = (call) => {
  call.camera.pullPoints.synchronise(pointOf(call));
  return '<tev:SetSynchronizationPointResponse/>';
};

const properties: Operation = () => {
  const dialect = 'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet';
  const filter = 'http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter';
  const schema = 'http://www.onvif.org/ver10/schema/onvif.xsd';
  const head = '<tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>';
  const tail =
    `<wsnt:TopicExpressionDialect>${dialect}</wsnt:TopicExpressionDialect><tev:MessageContentFilterDialect>${filter}</tev:MessageContentFilterDialect>` +
    `<tev:MessageContentSchemaLocation>${schema}</tev:MessageContentSchemaLocation>`;
  return `<tev:GetEventPropertiesResponse>${head}<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet>${topicSet()}</wstop:TopicSet>${tail}</tev:GetEventPropertiesResponse>`;
};

const capabilities =
  '<tev:GetServiceCapabilitiesResponse><tev:Capabilities WSSubscriptionPolicySupport="false" WSPullPointSupport="true" MaxNotificationProducers="0" MaxPullPoints="8" PersistentNotificationStorage="false"/></tev:GetServiceCapabilitiesResponse>';

/** Operations of the event service and of the pull points. */
export const eventOperations: Readonly<Record<string, Operation>> = {
  'tev:GetServiceCapabilities': () => capabilities,
  'tev:GetEventProperties': properties,
  'tev:CreatePullPointSubscription': create,
  'tev:PullMessages': pullMessages,
  'tev:SetSynchronizationPoint': synchronise,
  'wsnt:Renew': renew,
  'wsnt:Unsubscribe': unsubscribe,
};

const replyTypes: Readonly<Record<string, string>> = {
  'tev:CreatePullPointSubscription': 'http://www.onvif.org/ver10/events/wsdl/EventPortType/CreatePullPointSubscriptionResponse',
  'tev:GetEventProperties': 'http://www.onvif.org/ver10/events/wsdl/EventPortType/GetEventPropertiesResponse',
  'tev:PullMessages': 'http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesResponse',
  'tev:SetSynchronizationPoint': 'http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/SetSynchronizationPointResponse',
  'wsnt:Renew': 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewResponse',
  'wsnt:Unsubscribe': 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeResponse',
};

/** WS-Addressing action of an answer of this service; undefined for the others. */
export function replyActionOf(operation: string): string | undefined {
  return replyTypes[operation];
}
