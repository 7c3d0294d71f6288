// What the door in memory answers about sensors, buses and measures.
import type { ControlHandlers, Result } from '#control';

type Handlers = Pick<ControlHandlers, Extract<keyof ControlHandlers, `sensor.${string}`>>;

/** The handlers. */
export function sensorAnswers(at: number): Handlers {
  const maintenance = {
    form: 'maintenance',
    device: 'smoke-01',
    kind: '',
    by: 'cli:kim (claimed)',
    reason: '배터리 교체',
    since: at,
    until: at + 3_600_000,
  } as const;
  const sensors: Result<'sensor.list'>['sensors'] = [
    {
      calibrated: ['obscuration'],
      quiets: [maintenance, { ...maintenance, form: 'shelf', kind: 'smoke' }],
      id: 'smoke-01',
      name: '기계실 연기',
      driver: 'modbus-rtu',
      source: 'bus-1',
      state: 'fault',
      lastHeardAt: at,
      problem: { ko: '국번 3: 응답이 없습니다', en: 'unit 3: no answer' },
      values: { smoke: 0, obscuration: 12.3 + 1e-13 },
    },
    { id: 'fall-01', name: 'fall-01', driver: 'webhook', source: 'care', state: 'waiting', values: {}, calibrated: [], quiets: [] },
  ];
  const knownSensor: Result<'sensor.show'>['sensor'] = {
    id: 'smoke-01',
    name: '기계실 연기',
    driver: 'modbus-rtu',
    source: 'bus-1',
    state: 'ok',
    lastHeardAt: at,
    values: { smoke: 0 },
    calibrated: ['obscuration'],
    quiets: [maintenance],
    purpose: '화재 감지',
    place: { latitude: 35.9, longitude: 127.07 },
    maker: 'Calectro',
    model: 'UG-3',
    channels: ['smoke'],
    record: {
      zone: '지하 1층',
      zones: { smoke: '기계실' },
      premises: '완주군청',
      cameras: [{ camera: 'cam-0417', channel: 1 }],
      facts: { 시설번호: '완산-1' },
    },
  };
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
    'sensor.list': async () => ({ sensors }),
    'sensor.show': async ({ id }) => ({ sensor: { ...knownSensor, id } }),
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
