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

export const identity = {
  device: id('Id of the sensor in the registry and on the wire, unique on this gateway'),
  name: text('Name that people use for it; the id when empty.'),
  place,
  purpose: text('What it is there for, as in the operator’s policy.'),
};
