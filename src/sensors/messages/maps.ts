// The shipped maps of messages by the name that a configuration uses.
import type { MessageMap, shippedMaps } from '../options.ts';

/** Messages like `{ "id": …, "type": 1, "payload": { "status": "fall confirmed" | "fall exit" | …, "timestamp": … } }`; other states say nothing. */
const fallWebhook: MessageMap = {
  id: 'id',
  time: 'payload.timestamp',
  detail: { status: 'payload.status' },
  rules: [
    { kind: 'fall', state: 'active', when: { path: 'payload.status', equals: ['fall confirmed'] } },
    { kind: 'fall', state: 'inactive', when: { path: 'payload.status', equals: ['fall exit'] } },
  ],
};

/** An uplink of ChirpStack v4 as JSON: `application/{id}/device/{devEui}/event/up`. The decoder's object has the values. */
const chirpstack: MessageMap = {
  id: 'deduplicationId',
  time: 'time',
  device: 'deviceInfo.devEui',
  root: 'object',
  detail: {},
  rules: [],
};

/** Maps of messages. */
export const messageMaps: Readonly<Record<(typeof shippedMaps)[number], MessageMap>> = {
  'fall-webhook': fallWebhook,
  'chirpstack-v4': chirpstack,
};
