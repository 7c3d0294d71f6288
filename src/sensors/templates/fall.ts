// Fall radars that push over the web: a state machine whose confirmed fall is the alarm and whose exit ends it.
import type { WebhookMap } from '../options.ts';

/** Messages like `{ "id": …, "type": 1, "payload": { "status": "fall confirmed" | "fall exit" | …, "timestamp": … } }`; other states say nothing. */
export const fallWebhook: WebhookMap = {
  id: 'id',
  time: 'payload.timestamp',
  detail: { status: 'payload.status' },
  rules: [
    { kind: 'fall', state: 'active', when: { path: 'payload.status', equals: ['fall confirmed'] } },
    { kind: 'fall', state: 'inactive', when: { path: 'payload.status', equals: ['fall exit'] } },
  ],
};
