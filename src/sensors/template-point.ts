// What a template says of one point: how it is read from a register or out of a message, and what its value is worth.
import { z } from 'zod';
import { durationOption } from '#base';
import { idPattern } from '#model';
import { id } from './option-fields.ts';

const scale = (what: string) =>
  z
    .number()
    .refine((value) => value !== 0, 'scale must not be 0')
    .default(1)
    .describe(`${what} Any number but 0.`);
const register = z
  .strictObject({
    function: z
      .literal([1, 2, 3, 4])
      .describe('Modbus function that reads it: 1 coil, 2 discrete input, 3 holding register, 4 input register.'),
    address: z
      .int()
      .min(0)
      .max(65_535)
      .describe('Address as it is sent, from 0: the coil numbered 1 in a manual has address 0. 0 to 65535.'),
    type: z
      .enum(['bit', 'uint16', 'int16', 'uint32', 'int32', 'float32'])
      .describe('How the value is written: bit for functions 1 and 2, a number for 3 and 4.'),
    bit: z.int().min(0).max(15).optional().describe('Of a uint16: this bit alone counts, 0 (lowest) to 15.'),
    wordOrder: z.enum(['high-first', 'low-first']).default('high-first').describe('Which register of a 32-bit value comes first.'),
    scale: scale('The number in the register is multiplied by this to be in the point’s unit: 0.1 where 235 means 23.5.'),
    offset: z.number().default(0).describe('Added after the scale.'),
  })
  .refine((value) => (value.type === 'bit') === value.function <= 2, 'functions 1 and 2 read type bit, functions 3 and 4 a number')
  .refine((value) => value.bit === undefined || value.type === 'uint16', 'bit goes with the type uint16')
  .refine((value) => value.address < 65_535 || !value.type.endsWith('32'), 'a 32-bit value needs two registers');
/** Where a Modbus unit keeps a point. */
export type Register = z.output<typeof register>;

/** Where a value is in a message: names joined by dots, positions in brackets. */
export const messagePath = (what: string) =>
  z
    .string()
    .max(200)
    .regex(/^[^.[\]\s]+(\[\d{1,4}\])*(\.[^.[\]\s]+(\[\d{1,4}\])*){0,7}$/, 'expected a path like payload.events[0].type')
    .describe(`${what} Written like payload.events[0].type, at most 8 names.`);

const reported = z.strictObject({
  kind: z
    .string()
    .regex(idPattern)
    .describe('Kind of the readings on the wire: temperature, hydrant-pressure. 1 to 40 of a–z, 0–9 and hyphen.'),
  every: durationOption({ min: '0s', max: '1d', default: '1m' }).describe('One reading in so long at most, unless it changes by `change`.'),
  change: z.number().positive().optional().describe('A change of so much, in the point’s unit, is told at once. Above 0.'),
});

/** One point of a template. */
export const pointOption = z
  .strictObject({
    name: id('Name of the point; the channel of its alarms'),
    modbus: register.optional().describe('Where a Modbus unit keeps it.'),
    path: messagePath('Where a message has it: a path into JSON, or the name of a group of a line.').optional(),
    words: z
      .record(z.string().min(1).max(100), z.number().nullable())
      .refine((value) => Object.keys(value).length <= 64, 'at most 64 words')
      .optional()
      .describe(
        'Numbers that words in a message stand for, at most 64; null: known, and says nothing. Another word is a fault of the sensor. true is 1 and false 0 by themselves.',
      ),
    pathScale: scale(
      'A number in a message is multiplied by this: most devices send the value itself. The scale of a register is under modbus.',
    ),
    pathOffset: z.number().default(0).describe('Added to a number in a message, after pathScale.'),
    unit: z.string().max(20).default('').describe('UCUM unit of the value, for example %/m or Cel. Up to 20 characters.'),
    range: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'expected the lower bound first')
      .optional()
      .describe(
        'What the sensor can measure, both ends included: a value outside is a fault of the sensor, and counts only for an alarm on whose dangerous side it lies.',
      ),
    reading: reported.optional().describe('Its values are sent to the hub as readings; left out: they are for the rules alone.'),
  })
  .refine((value) => value.modbus !== undefined || value.path !== undefined, 'expected modbus or path');
export type Point = z.output<typeof pointOption>;
