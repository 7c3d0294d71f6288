// One message on its way up, before MQTT: what the codecs make and the link sends.

/** A message to publish with QoS 1. */
export interface Message {
  readonly topic: string;
  /** Text in UTF-8, or what compression made of it. */
  readonly payload: string | Buffer;
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
