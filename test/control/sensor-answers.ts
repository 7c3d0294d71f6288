// What the door in memory answers about buses and measures.
import type { ControlHandlers, Result } from '#control';

type Handlers = Pick<
  ControlHandlers,
  'sensor.scan' | 'sensor.read' | 'sensor.write' | 'sensor.watch' | 'sensor.calibrate' | 'sensor.calibrate-undo' | 'sensor.calibrations'
>;

/** The handlers; `sensors` are those of the list. */
export function sensorAnswers(sensors: Result<'sensor.list'>['sensors'], at: number): Handlers {
  const calibration = {
    device: 'smoke-01',
    point: 'obscuration',
    scale: 1.02,
    offset: -0.4,
    by: 'cli:kim (claimed)',
    reason: '기준기 비교',
    at,
  };
  return {
    'sensor.scan': async function* ({ from, to }) {
      for (let unit = from; unit <= to; unit += 1)
        yield unit === 3 ? { unit, result: 'found', device: 'smoke-01' } : { unit, result: unit === 5 ? 'garbled' : 'silent' };
    },
    'sensor.read': async ({ count, form }) => ({
      registers: Array.from({ length: form.endsWith('32') ? count * 2 : count }, (_, index) => 0x41b8 + index),
      values: Array.from({ length: count }, (_, index) => 23.1 + index),
    }),
    'sensor.write': async ({ values, address }) => ({
      written: values,
      ...(address < 100 && { readBack: address === 9 ? [0] : values }),
    }),
    'sensor.watch': async function* () {
      yield { time: at, sensors };
    },
    'sensor.calibrate': async (input) => ({ calibration: { ...calibration, reason: input.reason }, unit: '%/m' }),
    'sensor.calibrate-undo': async ({ point }) => (point === 'obscuration' ? { calibration } : {}),
    'sensor.calibrations': async ({ id }) => ({ calibrations: id === undefined || id === 'smoke-01' ? [calibration] : [] }),
  };
}
