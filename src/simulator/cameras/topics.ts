// What the virtual cameras can report: ONVIF topics with their source and data items (ONVIF Core Annex, Analytics Annex A).

/** Things that a camera can be made to report. */
export type CameraTopic = keyof typeof topics;

interface Topic {
  readonly path: string;
  readonly source: readonly (readonly [string, string])[];
  readonly data: string;
  /** Undefined: an event without an end, whose datum is a number. */
  readonly values: readonly [on: string, off: string] | undefined;
}

const analytics = [
  ['VideoSourceConfigurationToken', 'video-source'],
  ['VideoAnalyticsConfigurationToken', 'analytics-1'],
] as const;
const logical = ['true', 'false'] as const;

const topics = {
  'digital-input': { path: 'Device/Trigger/DigitalInput', source: [['InputToken', 'input-1']], data: 'LogicalState', values: logical },
  motion: { path: 'RuleEngine/CellMotionDetector/Motion', source: [...analytics, ['Rule', 'motion-1']], data: 'IsMotion', values: logical },
  tamper: { path: 'RuleEngine/TamperDetector/Tamper', source: [...analytics, ['Rule', 'tamper-1']], data: 'IsTamper', values: logical },
  intrusion: {
    path: 'RuleEngine/FieldDetector/ObjectsInside',
    source: [...analytics, ['Rule', 'field-1']],
    data: 'IsInside',
    values: logical,
  },
  'line-crossing': {
    path: 'RuleEngine/LineDetector/Crossed',
    source: [...analytics, ['Rule', 'line-1']],
    data: 'ObjectId',
    values: undefined,
  },
  'video-loss': { path: 'VideoSource/SignalLoss', source: [['Source', 'source-1']], data: 'State', values: logical },
  'storage-failure': { path: 'Device/HardwareFailure/StorageFailure', source: [['Token', 'card-1']], data: 'Failed', values: logical },
} as const satisfies Record<string, Topic>;

/** Names of all topics. */
export const cameraTopics = Object.keys(topics) as readonly CameraTopic[];

/** Whether the topic has a state that begins and ends; the others are pulses. */
export function hasState(topic: CameraTopic): boolean {
  return topics[topic].values !== undefined;
}

/** The notification that a topic begins, ends or stands so. `utcMs` is the camera's clock. */
export function notification(topic: CameraTopic, active: boolean, operation: 'Initialized' | 'Changed', utcMs: number): string {
  const { path, source, data, values }: Topic = topics[topic];
  const value = values === undefined ? String(utcMs % 1_000_000) : values[active ? 0 : 1];
  const property = values === undefined ? '' : ` PropertyOperation="${operation}"`;
  const item = ([name, text]: readonly [string, string]): string => `<tt:SimpleItem Name="${name}" Value="${text}"/>`;
  const inside = `<tt:Source>${source.map(item).join('')}</tt:Source><tt:Data>${item([data, value])}</tt:Data>`;
  const message = `<tt:Message UtcTime="${new Date(utcMs).toISOString()}"${property}>${inside}</tt:Message>`;
  const dialect = 'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet';
  return `<wsnt:NotificationMessage><wsnt:Topic Dialect="${dialect}">tns1:${path}</wsnt:Topic><wsnt:Message>${message}</wsnt:Message></wsnt:NotificationMessage>`;
}

/** The topic set as nested elements (WS-Topics), each leaf with the description of its message. */
export function topicSet(): string {
  return Object.values(topics)
    .map((topic: Topic) => {
      const names = topic.path.split('/');
      const item = (name: string, type: string): string => `<tt:SimpleItemDescription Name="${name}" Type="${type}"/>`;
      const source = topic.source.map(([name]) => item(name, 'tt:ReferenceToken')).join('');
      const data = item(topic.data, topic.values === undefined ? 'xs:integer' : 'xs:boolean');
      const inside = `<tt:Source>${source}</tt:Source><tt:Data>${data}</tt:Data>`;
      const description = `<tt:MessageDescription IsProperty="${topic.values !== undefined}">${inside}</tt:MessageDescription>`;
      return names.reduceRight((child, name, index) => {
        const leaf = index === names.length - 1 ? ' wstop:topic="true"' : '';
        const tag = index === 0 ? `tns1:${name}` : name;
        return `<${tag}${leaf}>${child}</${tag}>`;
      }, description);
    })
    .join('');
}
