// One message on its way up, before MQTT: what the codecs make and the link sends.

/** A message to publish with QoS 1. */
export interface Message {
  readonly topic: string;
  /** Text, or bytes: what compression made of it, or with `isText` the text in UTF-8. */
  readonly payload: string | Buffer;
  /** Whether bytes are text. Default false. */
  readonly isText?: boolean;
  readonly contentType: string;
  /** The broker keeps it for later subscribers. Default false. */
  readonly retain?: boolean;
  /** Seconds after which the broker need not deliver it any more (MQTT 5 alone). */
  readonly expirySeconds?: number;
  /** Given back as it came (MQTT 5 alone). */
  readonly correlationData?: Buffer;
}

/** CloudEvents in structured mode (CloudEvents MQTT binding §3.2). */
export const cloudEventType = 'application/cloudevents+json';

/** The same with its payload as bytes, for what waits: they lie outside of the heap that is collected. */
export function asBytes(message: Message): Message {
  return typeof message.payload === 'string' ? { ...message, payload: Buffer.from(message.payload), isText: true } : message;
}

/** Whether the payload is text in UTF-8 (MQTT 5 §3.3.2.3.2). */
export function isText({ payload, isText: isSaid = false }: Message): boolean {
  return typeof payload === 'string' || isSaid;
}
