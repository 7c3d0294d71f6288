// The templates that the product ships, the files in templates/shipped, and what reaches each of them.

/** What can fill a template’s points: a bus that is asked, messages that are told, or both. */
export type Reach = 'bus' | 'messages' | 'both';

/** Each shipped template by what reaches it; a test holds this against the files. */
export const shippedReach = {
  activity: 'messages',
  'air-quality': 'both',
  door: 'messages',
  'emergency-button': 'messages',
  'emergency-button-contact': 'bus',
  'fire-panel-contacts': 'bus',
  'flame-detector': 'bus',
  'gas-co-greystone': 'bus',
  'gas-contact': 'bus',
  'heat-analog': 'both',
  hydrant: 'messages',
  'intrusion-contacts': 'bus',
  'milesight-em310-tilt': 'messages',
  'milesight-em500-pp': 'messages',
  'milesight-gs524n': 'messages',
  'milesight-vs373': 'messages',
  'milesight-ws301': 'messages',
  power: 'bus',
  rain: 'both',
  'smoke-analog': 'bus',
  'smoke-contact': 'bus',
  'smoke-contact-nc': 'bus',
  'smoke-ug3': 'bus',
  'smoke-ug3-inputs': 'bus',
  structure: 'messages',
  'supervised-fire-line': 'bus',
  'supervised-fire-line-plain': 'bus',
  'supervised-intrusion-line': 'bus',
  'waste-bin': 'messages',
  'water-level': 'both',
} as const satisfies Readonly<Record<string, Reach>>;

/** Their names. */
export const shippedTemplates: readonly string[] = Object.keys(shippedReach);

/** What reaches a template with these points. */
export function reachOf(points: readonly { readonly modbus?: unknown; readonly path?: unknown }[]): Reach {
  const isAsked = points.some(({ modbus }) => modbus !== undefined);
  const isTold = points.some(({ path }) => path !== undefined);
  if (isAsked && isTold) return 'both';
  return isAsked ? 'bus' : 'messages';
}
