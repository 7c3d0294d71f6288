// Pure reading of what gateways publish: the topic's parts and the CloudEvents attributes, bounded, whatever comes.
import type { Text } from '#base';

/** One message of a gateway. */
export interface HubMessage {
  readonly topic: string;
  readonly site: string;
  readonly gateway: string;
  /** The topic below the gateway: `['alarm', 'smoke', 'smoke-1']`. */
  readonly path: readonly string[];
  /** Empty for an outcome that is no CloudEvent. */
  readonly id: string;
  readonly type: string;
  /** Class of the outbox and place in it; undefined for what is not kept there. */
  readonly entry: { readonly class: string; readonly sequence: number } | undefined;
  readonly alarmId: string | undefined;
  /** `raised`, `updated`, `cleared` for alarms and conditions. */
  readonly step: string | undefined;
  readonly severity: string | undefined;
  /** What a condition says in words, cut at 500 characters. */
  readonly remark: Text | undefined;
  readonly replay: boolean;
  readonly test: boolean;
  /** The whole JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

const maxPayload = 262_144;

/** Reads a message; undefined when the topic is not a gateway's, or the payload is no JSON object or over 256 KiB. */
export function readMessage(topic: string, payload: Uint8Array): HubMessage | undefined {
  const [root, version, site = '', gateway = '', ...path] = topic.split('/');
  if (root !== 'bongsu' || version !== 'v1' || gateway === '' || path.length === 0) return undefined;
  const body = parseObject(payload);
  if (!body) return undefined;
  const text = (name: string): string => (typeof body[name] === 'string' ? body[name] : '');
  const flag = (name: string): boolean => body[name] === true || body[name] === 'true';
  const sequence = Number.parseInt(text('sequence'), 10);
  const isStepped = path[0] === 'alarm' || path[0] === 'condition';
  return {
    topic,
    site,
    gateway,
    path,
    id: text('type') === '' ? '' : text('id'),
    type: text('type'),
    entry: Number.isInteger(sequence) ? { class: text('class'), sequence } : undefined,
    alarmId: text('alarmid') || undefined,
    step: isStepped ? /\b(raised|updated|cleared)\b/.exec(text('type'))?.[1] : undefined,
    severity: text('severity') || undefined,
    remark: path[0] === 'condition' ? remarkIn(body['data']) : undefined,
    replay: flag('replay'),
    test: flag('test'),
    body,
  };
}

function remarkIn(data: unknown): Text | undefined {
  const words = isObject(data) && isObject(data['message']) ? data['message'] : {};
  const { ko, en } = words;
  return typeof ko === 'string' && typeof en === 'string' ? { ko: ko.slice(0, 500), en: en.slice(0, 500) } : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(payload: Uint8Array): Record<string, unknown> | undefined {
  if (payload.length > maxPayload) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
