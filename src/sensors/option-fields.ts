// What both halves of the sensors' section share: how a sensor is named and where it stands.
import { z } from 'zod';
import { type AlarmKind, alarmKinds, idPattern } from '#model';

export const id = (what: string) =>
  z.string().regex(idPattern, 'expected 1 to 40 of a–z, 0–9 and hyphen').describe(`${what}. 1 to 40 of a–z, 0–9 and hyphen.`);
export const text = (what: string) => z.string().max(100).default('').describe(`${what} Up to 100 characters.`);
export const kind = z.enum(Object.keys(alarmKinds) as AlarmKind[]);

const place = z
  .strictObject({
    latitude: z.number().min(-90).max(90).optional().describe('Degrees of WGS 84, -90 to 90.'),
    longitude: z.number().min(-180).max(180).optional().describe('Degrees of WGS 84, -180 to 180.'),
    address: z.string().max(200).optional().describe('Street address, up to 200 characters.'),
  })
  .prefault({})
  .describe('Where the sensor stands.');

const words = (what: string) => z.string().min(1).max(100).describe(`${what} 1 to 100 characters.`);
const cameraRef = z
  .string()
  .regex(/^[a-z0-9-]{1,40}(\/[1-9]\d{0,3})?$/, 'expected CAMERA or CAMERA/CHANNEL')
  .transform((text) => {
    const [camera = '', channel = '1'] = text.split('/');
    return { camera, channel: Number(channel) };
  });

export const identity = {
  device: id('Id of the sensor in the registry and on the wire, unique on this gateway'),
  name: text('Name that people use for it; the id when empty.'),
  place,
  purpose: text('What it is there for, as in the operator’s policy.'),
  zone: words('The zone that it watches (경계구역), as people call it; travels with its alarms.').optional(),
  zones: z
    .record(z.string().regex(idPattern), words('As people call it.'))
    .refine((value) => Object.keys(value).length <= 64, 'at most 64 zones')
    .optional()
    .describe('Zones of its points, where it watches several: point to zone, up to 64.'),
  premises: words('Building or place as the fire service knows it; travels with its alarms.').optional(),
  cameras: z
    .array(cameraRef)
    .min(1)
    .max(16)
    .optional()
    .describe(
      'Cameras that see it, 1 to 16, the most telling first: CAMERA, or CAMERA/CHANNEL. They are opened ahead for its critical alarms.',
    ),
  facts: z
    .record(z.string().min(1).max(40), z.string().max(200))
    .refine((value) => Object.keys(value).length <= 64, 'at most 64 facts')
    .optional()
    .describe('What a register says of it, for the hub’s inventory: name to text, up to 64. 시설번호, 출수압력 …'),
};

/** Of a check that looks over a whole entry also where a part of it is wrong, so that a mistake hides no other; what it looks at may then be anything. */
export const evenIfWrong = { when: () => true };

/** The keys of what may be anything; none where it is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

/** The entries of what may be anything, each with its place and its keys; none where it is no list. */
export function entriesOf(value: unknown): readonly (readonly [place: number, fields: Readonly<Record<string, unknown>>])[] {
  return Array.isArray(value) ? value.map((each, place) => [place, fieldsOf(each)] as const) : [];
}
