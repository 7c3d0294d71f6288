// A technician's door on a real socket with handlers that answer from memory, for the tests of this room.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, openLog, systemClock, systemRandom } from '#base';
import { type CallContext, type ControlHandlers, type ControlService, type MetricSample, type Result, serveControl } from '#control';
import { type ControlOptions, controlOptions } from '#control/options';
import { actAnswers } from './act-answers.ts';
import { diagnosisAnswers } from './diagnosis-answers.ts';
import { loginAnswers } from './login-answers.ts';
import { sensorAnswers } from './sensor-answers.ts';
import { streamAnswers } from './stream-answers.ts';

const at = Date.UTC(2026, 10, 20, 4, 0, 0);

export const camera: Result<'camera.list'>['cameras'][number] = {
  id: 'cam-0417',
  name: '삼례읍 사거리',
  address: '10.0.0.5:80',
  purpose: '방범',
  place: { latitude: 35.9, longitude: 127.07 },
  identity: { maker: 'Maker', model: 'X1', firmware: '1.0', serial: 'S1' },
  channels: [{ number: 1, name: 'main' }],
  state: 'online',
  since: at - 3_600_000,
  notUnderstood: { 'Vendor/Strange': 2, 'Device/Trigger/DigitalInput LogicalState=': 1 },
};

const alarm: Result<'alarm.list'>['alarms'][number] = {
  alarmId: '0193-alarm',
  device: 'smoke-01',
  channel: '1',
  kind: 'smoke',
  severity: 'critical',
  raisedAt: at - 60_000,
  updates: 0,
  test: true,
  detail: {},
};

export const transition: Result<'alarm.tail'>['transition'] = {
  alarmId: alarm.alarmId,
  step: 'raised',
  device: 'smoke-01',
  channel: '1',
  kind: 'smoke',
  severity: 'critical',
  time: at,
  clockQuality: 'receipt',
  detail: {},
  test: false,
};

export const grant: Result<'grant.list'>['grants'][number] = {
  id: 'grant-1',
  form: 'stream',
  device: camera.id,
  channel: 1,
  quality: 'main',
  request: {
    service: '119-dispatch',
    incident: '2026-000123',
    recipient: { agency: '전북소방본부', person: 'jb119-042' },
    ground: 'pipa-18-2-3',
    until: at + 3_600_000,
  },
  origin: 'hub',
  openedAt: at,
  until: at + 3_600_000,
};

export const status: Result<'status'> = {
  version: '0.1.0',
  site: '52710',
  gateway: 'gw-1',
  bootId: 'boot',
  time: at,
  startedAt: at - 7_200_000,
  uplink: {
    connected: true,
    route: 'direct',
    address: 'mqtts://hub:8883',
    protocolVersion: 5,
    since: at - 60_000,
    attempts: 1,
    routes: [
      {
        name: 'direct',
        address: 'mqtts://hub:8883',
        state: 'in-use',
        since: at - 60_000,
        certificates: { own: at + 86_400_000, broker: at + 200 * 86_400_000 },
      },
      {
        name: 'vpn',
        address: 'mqtt://10.9.0.1:1883',
        state: 'failing',
        since: at - 300_000,
        certificates: {},
        lastError: {
          message: { ko: '브로커에 연결할 수 없습니다', en: 'The broker cannot be reached' },
          hint: { ko: '회선을 확인하십시오.', en: 'Check the line.' },
        },
      },
    ],
    confirmation: 'hub',
    commands: { accepted: 12, refused: 3, outcomesDropped: 1 },
  },
  cameras: { total: 3, online: 2 },
  sensors: { total: 4, silent: 1 },
  alarms: { open: 1 },
  conditions: [
    {
      device: camera.id,
      channel: '1',
      kind: 'camera-lost',
      state: 'raised',
      severity: 'major',
      time: at,
      message: { ko: '연결할 수 없습니다', en: 'no route to host' },
      detail: '10.0.0.5:80 EHOSTUNREACH',
    },
  ],
  outbox: {
    entries: 12,
    sizeBytes: 1_572_864,
    destinations: [
      {
        destination: 'hub',
        pending: 3,
        pendingByClass: { alarm: 2, condition: 1 },
        dead: 1,
        oldestRecordedTime: at - 600_000,
        gaps: [
          { class: 'reading', count: 512, from: at - 86_400_000, to: at },
          { class: 'alarm', count: 3, from: at, to: at },
        ],
      },
    ],
  },
  store: { state: 'ok', reason: '', since: at - 7_200_000, lastError: '', fsyncMs: 2.5, queued: 0, readAt: at },
  grants: { open: 1 },
  streams: { relay: 'up', sources: 1, readers: 2 },
};

const acted: readonly Result<'alarm.show'>['transitions'][number][] = [
  { row: 1, transition },
  {
    row: 2,
    transition: {
      ...transition,
      step: 'updated',
      reason: 'acknowledged',
      act: { act: 'acknowledged', by: 'cli:kim (claimed)', note: '현장 확인' },
    },
  },
];

const quiet: Result<'alarm.shelved'>['quiets'][number] = {
  form: 'maintenance',
  device: 'smoke-01',
  kind: '',
  by: 'cli:kim (claimed)',
  reason: '배터리 교체',
  since: at,
  until: at + 3_600_000,
};

const letter: Result<'outbox.dead'>['letters'][number] = {
  id: 7,
  destination: 'hub',
  entryId: '0193-entry',
  class: 'alarm',
  sequence: 41,
  code: 0x99,
  text: 'MQTT reason 0x99',
  message: { ko: '브로커가 내용을 받지 않습니다', en: 'The broker does not take what is in it' },
  hint: { ko: '운영자에게 문의하십시오.', en: 'Ask the operator.' },
  time: at,
  about: 'smoke smoke-01/1',
};

const found: Extract<Result<'discover.look'>, { found: unknown }>['found'] = {
  address: '10.0.0.5:8080',
  endpoint: 'urn:uuid:e1',
  mac: '00:09:18:4a:5b:6c',
  identity: { maker: 'Hanwha', model: 'XNO-6080R', firmware: '', serial: '' },
  name: '서학3길',
  problems: ['needs-password', 'clock-wrong'],
  clockOffsetMs: -3_600_000,
  way: 'unicast',
};
const proposal: Result<'discover.decide'>['proposal'] = {
  id: 3,
  kind: 'replaced',
  device: 'cam-0417',
  before: { address: '10.0.0.5', identity: { maker: 'Hanwha', model: 'X', firmware: '1', serial: 'S1234' } },
  after: { address: '10.0.0.5', identity: { maker: 'Axis', model: 'P3245', firmware: '', serial: 'N9999' }, mac: '', endpoint: '' },
  time: at,
};

const topics: Result<'camera.topics'> = {
  topics: [
    { topic: 'Vendor/Strange', state: 'unknown', count: 7, cameras: 2, sample: { device: 'cam-0417', at, xml: '<n\u202e>x</n>' } },
    { topic: 'Device/IO/Port state=7', state: 'unclear', count: 1, cameras: 1, kind: 'digital-input' },
    { topic: 'VideoSource/MotionAlarm', state: 'known', count: 41, cameras: 3, kind: 'motion' },
    { topic: 'Media/ProfileChanged', state: 'known', count: 1, cameras: 1 },
  ],
  breaks: { count: 2, unheardMs: 187_000, last: { from: at - 60_000, to: at } },
};
const detections: Result<'camera.detections'>['detections'] = [
  { row: 9, device: 'cam-0417', channel: '1', kind: 'motion', zone: '뒷문', state: 'inactive', at, reason: 'timeout' },
  { row: 8, device: 'cam-0417', channel: 'relay-1', kind: 'relay', zone: '', state: 'active', at, reason: '' },
];

/** Handlers that remember what they were asked. */
export interface RecordedHandlers {
  readonly handlers: ControlHandlers;
  readonly calls: { readonly operation: string; readonly input: unknown; readonly context: CallContext }[];
}

export function recordedHandlers(changes: Partial<ControlHandlers> = {}): RecordedHandlers {
  const calls: RecordedHandlers['calls'] = [];
  const answers: ControlHandlers = {
    status: async () => status,
    'camera.list': async () => ({ cameras: [camera] }),
    'camera.add': async () => ({ camera }),
    'camera.set': async () => ({ camera, changed: ['name', 'group'] }),
    'camera.remove': async () => ({}),
    ...loginAnswers,
    'camera.snapshot': async () => ({ grant: 'grant-9', takenAt: at, image: Buffer.from('JPEG').toString('base64') }),
    ...diagnosisAnswers(camera, at),
    'discover.look': async function* () {
      yield { found };
      yield { kept: { ...found, meaning: 'new', device: '', firstSeen: at, lastSeen: at } };
      yield { progress: { total: 254, done: 254, found: 1 } };
      yield { summary: { addresses: 254, found: 1, usable: 0, followed: ['cam-9'], proposals: 1, seconds: 3.21, complete: true } };
    },
    'discover.list': async function* () {
      yield { ...found, meaning: 'moved', device: 'cam-0417', firstSeen: at, lastSeen: at };
    },
    'discover.proposals': async () => ({ proposals: [proposal] }),
    'discover.decide': async () => ({ proposal }),
    ...actAnswers,
    'camera.topics': async () => topics,
    'camera.detections': async () => ({ detections }),
    ...sensorAnswers(at),
    'alarm.list': async () => ({
      alarms: [
        alarm,
        { ...alarm, alarmId: '0193-other', maintenance: true, latched: 'over', acknowledged: { by: 'cli:kim (claimed)', at, note: '' } },
      ],
    }),
    'alarm.tail': async function* () {
      yield { row: 1, transition };
    },
    'alarm.show': async () => ({
      alarm: { ...alarm, detail: { zone: 3 }, acknowledged: { by: 'cli:kim (claimed)', at, note: '현장 확인' }, latched: 'over' },
      transitions: acted,
    }),
    'alarm.search': async () => ({ alarms: [alarm] }),
    'alarm.acknowledge': async () => ({ result: 'acknowledged' }),
    'alarm.clear': async () => ({ result: 'over' }),
    'alarm.shelve': async () => ({ until: at }),
    'alarm.unshelve': async ({ kind }) => (kind === 'heat' ? { ended: [], left: ['', 'smoke'] } : { ended: ['smoke', ''], left: [] }),
    'alarm.shelved': async () => ({ quiets: [quiet] }),
    'device.maintenance': async () => ({ until: at }),
    'device.maintenance-end': async () => ({ ended: false }),
    'outbox.status': async () => status.outbox,
    'outbox.dead': async () => ({ letters: [letter] }),
    'outbox.dead-show': async () => ({ letter, value: { alarmId: alarm.alarmId } }),
    'outbox.dead-retry': async () => ({ count: 1 }),
    'outbox.dead-drop': async () => ({ count: 2 }),
    'outbox.backup': async function* ({ path }) {
      yield { copiedPages: 50, totalPages: 200 };
      yield { path, bytes: 819_200 };
    },
    'outbox.export': async function* () {
      yield { row: 1, transition };
      yield { row: 2, transition: { ...transition, step: 'cleared' as const } };
    },
    'grant.list': async () => ({ grants: [grant] }),
    'grant.revoke': async () => ({ revoked: true }),
    ...streamAnswers,
    'audit.verify': async () => ({ rows: 7, valid: true }),
    ...changes,
  };
  const recorded = Object.fromEntries(
    Object.entries(answers).map(([operation, handler]) => [
      operation,
      (input: never, context: CallContext) => {
        calls.push({ operation, input, context });
        return handler(input, context);
      },
    ]),
  );
  return { handlers: recorded as unknown as ControlHandlers, calls };
}

/** A running door in a folder of its own. */
export interface Door extends AsyncDisposable {
  readonly path: string;
  readonly service: ControlService;
}

export interface DoorOptions {
  readonly handlers?: ControlHandlers;
  readonly clock?: Clock;
  readonly metrics?: ControlOptions['metrics'];
  readonly path?: string;
  collect?(): Promise<readonly MetricSample[]>;
}

export async function openDoor(options: DoorOptions = {}): Promise<Door> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-control-'));
  const path = options.path ?? join(folder, 'control.sock');
  const { handlers = recordedHandlers().handlers, clock = systemClock, collect = async () => [], metrics } = options;
  const stop = new AbortController();
  const env = { clock, random: systemRandom, log: openLog('silent') };
  const service = serveControl(controlOptions.parse({ socket: path, metrics }), { handlers, collect }, env);
  const running = service.run(stop.signal);
  await Promise.race([service.listening, running]);
  return {
    path,
    service,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A raw peer of the socket: writes bytes, collects the lines that come back. */
export interface RawPeer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  line(): Promise<unknown>;
}

export function openRawPeer(path: string): RawPeer {
  const socket = connect(path);
  socket.on('error', () => {});
  let text = '';
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  socket.on('data', (chunk) => {
    text += chunk.toString();
    wake();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      resolve();
      wake();
    });
  });
  return {
    socket,
    closed,
    async line() {
      while (!text.includes('\n')) {
        if (socket.closed) throw new Error('closed without a line');
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      const [line = '', ...rest] = text.split('\n');
      text = rest.join('\n');
      return JSON.parse(line);
    },
  };
}

/** Waits until `condition` holds, at most 5 s. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
