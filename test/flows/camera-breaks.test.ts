// Breaks in the middle of a stream of events: the gateway killed, the cable cut, the camera started anew. Afterwards every state is right, and every
// moment that is missing lies in a time that the gateway says it did not hear.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeCamera, message, openFakeCamera } from '../cameras/fake-camera.ts';
import { type Cuttable, openCuttable } from '../peers/cuttable.ts';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';

const stack = new AsyncDisposableStack();
const inputs = Array.from({ length: 12 }, (_, index) => String(index + 1));
const moments = ['LineDetector/Crossed', 'ObjectAbandoned', 'ObjectRemoved', 'LoiteringDetector/ObjectIsLoitering'];
const kinds = ['line-crossing', 'abandoned', 'removed', 'loitering'];

let camera: FakeCamera;
let cable: Cuttable;
let gateway: GatewayPeer;
/** What the camera's inputs are now, and what it told as a moment: id to wall milliseconds. */
const states = new Map(inputs.map((token) => [token, false]));
const sent = new Map<string, number>();
/** Times that the gateway says it did not hear, wall milliseconds. */
const stated: { from: number; to: number }[] = [];

interface View {
  readonly device: string;
  readonly channel: string;
  readonly kind: string;
  readonly detail: Readonly<Record<string, string>>;
}
interface Topics {
  readonly breaks: { readonly count: number; readonly last?: { readonly from: number; readonly to: number } };
}

const property = (token: string, operation: string): string =>
  message('tns1:Device/Trigger/DigitalInput', operation, { InputToken: token }, { LogicalState: String(states.get(token)) });

/** Changes states and tells moments until told to stop: about thirty of the one and three of the other a second. */
async function live(signal: AbortSignal): Promise<void> {
  for (let step = 0; !signal.aborted; step += 1) {
    const token = inputs[Math.floor(Math.random() * inputs.length)] ?? '1';
    states.set(token, !states.get(token));
    camera.notify(property(token, 'Changed'));
    if (step % 10 === 0) {
      const id = `m-${sent.size}`;
      sent.set(id, Date.now());
      camera.notify(message(`tns1:RuleEngine/${moments[sent.size % 4]}`, '', { VideoSource: 'src0', Rule: 'r' }, { ObjectId: id }));
    }
    await sleep(33);
  }
}

async function whileLiving(act: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const living = live(stop.signal);
  try {
    await sleep(1500);
    await act();
    await sleep(1500);
  } finally {
    stop.abort();
    await living;
  }
}

async function openInputs(): Promise<string[]> {
  const { alarms } = (await gateway.query('alarm', 'list', '--open', '--limit', '1000')) as { alarms: View[] };
  return alarms.filter(({ kind }) => kind === 'digital-input').map(({ channel }) => channel);
}

const activeInputs = (): string[] => inputs.filter((token) => states.get(token)).map((token) => `input-${token}`);

/** The open alarms become what the camera's inputs are, and stay so. */
async function statesAreRight(): Promise<void> {
  await eventually(
    'the right states',
    async () => JSON.stringify((await openInputs()).toSorted()) === JSON.stringify(activeInputs().toSorted()) || undefined,
    60_000,
  );
  await sleep(500);
  expect((await openInputs()).toSorted()).toEqual(activeInputs().toSorted());
}

async function heardMoments(): Promise<Set<string>> {
  const found = new Set<string>();
  for (const kind of kinds) {
    const { alarms } = (await gateway.query('alarm', 'search', '--kind', kind, '--limit', '1000')) as { alarms: View[] };
    for (const { detail } of alarms) if (detail['ObjectId']) found.add(detail['ObjectId']);
  }
  return found;
}

/** Every moment that is missing was told in a time that the gateway states; the camera may take a second to tell it. */
async function lostAreStated(): Promise<number> {
  await eventually('what waits at the camera', async () => {
    const heard = await heardMoments();
    const newest = Math.max(...[...heard].map((id) => sent.get(id) ?? 0));
    return newest >= Math.max(...sent.values()) - 1000 || undefined;
  });
  const heard = await heardMoments();
  const lost = [...sent].filter(([id]) => !heard.has(id));
  for (const [id, at] of lost) {
    expect(
      stated.some(({ from, to }) => at >= from - 1000 && at <= to + 1000),
      `${id} is missing and nobody says why`,
    ).toBe(true);
  }
  return lost.length;
}

async function breaks(): Promise<Topics['breaks']> {
  return ((await gateway.query('camera', 'topics', 'cam-1')) as Topics).breaks;
}

async function newBreak(before: number): Promise<void> {
  const { last } = await eventually(
    'the break',
    async () => {
      const now = await breaks();
      return now.count > before && now.last ? now : undefined;
    },
    60_000,
  );
  if (last) stated.push(last);
}

async function conditions(): Promise<{ device: string; kind: string; time: number }[]> {
  return ((await gateway.query('status')) as { conditions: { device: string; kind: string; time: number }[] }).conditions;
}

beforeAll(async () => {
  camera = stack.use(await openFakeCamera({ properties: () => inputs.map((token) => property(token, 'Initialized')) }));
  cable = stack.use(await openCuttable(() => Number(camera.address.split(':')[1])));
  camera.script.advertisedPort = cable.port;
  gateway = stack.use(
    await openGateway(() => ({
      uplink: { url: 'mqtt://127.0.0.1:1' },
      alarms: { floodLimit: 6000 },
      cameras: { requestTimeout: '2s', retryMin: '200ms', retryMax: '1s', events: { pullWait: '2s' } },
    })),
  );
  const { user, password } = camera.script;
  await gateway.cli(['camera', 'add', 'cam-1', '--address', `127.0.0.1:${cable.port}`, '--user', user, '--password-stdin'], {
    input: `${password}\n`,
  });
  await eventually('the pull point', () => camera.subscriptions.size > 0 || undefined);
}, 60_000);
afterAll(() => stack.disposeAsync());

describe('after a break the states are right and the missing moments are stated', () => {
  it('when nothing breaks, nothing is missing', { timeout: 60_000 }, async () => {
    await whileLiving(() => sleep(1000));
    await statesAreRight();
    expect(await lostAreStated()).toBe(0);
    expect((await breaks()).count).toBe(0);
  });

  it('when the gateway is killed, three times', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 3; round += 1) {
      const killedAt = { from: 0, to: 0 };
      await whileLiving(async () => {
        killedAt.from = Date.now();
        await gateway.stop('SIGKILL');
        await sleep(500);
        await gateway.start();
        killedAt.to = Date.now();
      });
      await statesAreRight();
      const told = (await conditions()).find(({ device, kind }) => device === 'gateway' && kind === 'events-missed');
      expect(told?.time).toBeLessThanOrEqual(killedAt.from);
      // The statement is that of the end: what was under way at that moment; the camera kept the rest for the pull point that was taken up again.
      stated.push({ from: killedAt.from - 1000, to: killedAt.from });
      await lostAreStated();
    }
    const [status] = ((await gateway.query('camera', 'list')) as { cameras: { state: string }[] }).cameras;
    expect(status?.state).toBe('online');
    expect(camera.subscriptions.size).toBe(1);
  });

  it('when the cable is cut', { timeout: 120_000 }, async () => {
    const { count } = await breaks();
    await whileLiving(async () => {
      cable.cut();
      await sleep(6000);
      cable.mend();
      await newBreak(count);
    });
    await statesAreRight();
    await lostAreStated();
    await eventually(
      'the condition',
      async () => (await conditions()).some(({ device, kind }) => device === 'cam-1' && kind === 'events-missed') || undefined,
    );
  });

  it('when the camera starts anew and forgets its pull points', { timeout: 120_000 }, async () => {
    const { count } = await breaks();
    const before = sent.size;
    await whileLiving(async () => {
      camera.reboot();
      await camera.close();
      await sleep(2000);
      await camera.reopen();
      await newBreak(count);
    });
    await statesAreRight();
    expect(await lostAreStated()).toBeGreaterThan(0);
    expect(sent.size).toBeGreaterThan(before + 10);
  });
});
