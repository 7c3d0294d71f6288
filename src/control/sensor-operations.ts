// What the local socket can be asked at a Modbus bus and of a sensor's measure: look for units, read, write, watch, calibrate.
import { z } from 'zod';
import { id, line, reason } from './fields.ts';
import { sensorView } from './views.ts';

const unit = z.int().min(1).max(247);
const address = z.int().min(0).max(65_535);
const form = z.enum(['uint16', 'int16', 'uint32', 'int32', 'float32']).default('uint16');
const wordOrder = z.enum(['high-first', 'low-first']).default('high-first');
const numbers = z.array(z.number()).readonly();
const number = z.number().min(-1e12).max(1e12);
const point = line(40, 1);

/** How the values of a point are put right: value × scale + offset. */
const calibrationView = z.object({
  device: z.string(),
  point: z.string(),
  scale: z.number(),
  offset: z.number(),
  by: z.string(),
  reason: z.string(),
  /** Wall milliseconds. */
  at: z.number(),
});

export const sensorOperations = {
  /** Each unit id of the range as it is asked; the bus goes on polling meanwhile. */
  'sensor.scan': {
    input: z.strictObject({
      bus: id,
      from: unit.default(1),
      to: unit.default(247),
      limitMs: z.int().min(20).max(10_000).default(250),
    }),
    item: z.object({ unit: z.int(), result: z.enum(['found', 'silent', 'garbled']), device: z.string().optional() }),
  },
  /** `registers`: as they came, or bits. */
  'sensor.read': {
    input: z.strictObject({
      bus: id,
      unit,
      table: z.enum(['coil', 'discrete', 'input', 'holding']).default('holding'),
      address,
      count: z.int().min(1).max(2000).default(1),
      form,
      wordOrder,
    }),
    answer: z.object({ registers: numbers, values: numbers }),
  },
  /** `readBack` is missing where it could not be read. */
  'sensor.write': {
    input: z.strictObject({
      bus: id,
      unit,
      table: z.enum(['coil', 'holding']).default('holding'),
      address,
      values: z.array(number).min(1).max(1968).readonly(),
      form,
      wordOrder,
      multiple: z.boolean().default(false),
      reason,
    }),
    answer: z.object({ written: numbers, readBack: numbers.optional() }),
  },
  /** Every sensor at first, then those that changed, until the asker leaves or `forMs` is over. */
  'sensor.watch': {
    input: z.strictObject({
      id: id.optional(),
      everyMs: z.int().min(200).max(60_000).default(1000),
      forMs: z.int().min(1000).optional(),
    }),
    item: z.object({ time: z.number(), sensors: z.array(sensorView).readonly() }),
  },
  /** `measured`: what another instrument shows now; else `scale`, `offset`, or both: the other stays. */
  'sensor.calibrate': {
    input: z.strictObject({
      id,
      point,
      measured: number.optional(),
      scale: number.refine((value) => value !== 0, 'expected any number but 0').optional(),
      offset: number.optional(),
      reason,
    }),
    answer: z.object({ calibration: calibrationView, before: calibrationView.optional(), unit: z.string() }),
  },
  /** `calibration`: the one that holds then; missing: none. */
  'sensor.calibrate-undo': {
    input: z.strictObject({ id, point, reason }),
    answer: z.object({ calibration: calibrationView.optional() }),
  },
  'sensor.calibrations': {
    input: z.strictObject({ id: id.optional() }),
    answer: z.object({ calibrations: z.array(calibrationView).readonly() }),
  },
} as const;
