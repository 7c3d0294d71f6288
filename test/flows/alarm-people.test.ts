// The story of people: a technician acknowledges, shelves, maintains and clears, the hub acknowledges and resets; both sides know, and the audit too.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, freePort, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { fallMessage, fallRadar, fallToken, openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let webhookPort = 0;

beforeAll(async () => {
  province = stack.use(await openProvince());
  webhookPort = await freePort();
  gateway = stack.use(
    await openGateway(async (folder) => ({
      uplink: province.uplink,
      alarms: { latch: ['fall'] },
      sensors: { webhook: await fallRadar(folder, webhookPort) },
    })),
  );
});
afterAll(() => stack.disposeAsync());

async function push(body: string): Promise<{ result: string; alarmId: string }> {
  const headers = ['content-type: application/json', `authorization: Bearer ${fallToken}`].flatMap((header) => ['-H', header]);
  const address = `http://127.0.0.1:${webhookPort}/webhook/radar`;
  const { stdout } = await promisify(execFile)('curl', ['-sS', ...headers, '-d', body, address]);
  return JSON.parse(stdout) as { result: string; alarmId: string };
}

type Step = Readonly<Record<string, unknown>> & { readonly data: Readonly<Record<string, unknown>> };

/** What the hub heard of an alarm, when it is so much. */
async function heard(alarmId: string, count: number): Promise<readonly Step[]> {
  return eventually(`${count} steps of ${alarmId}`, () => {
    const steps = province.hub.alarms({ unique: true }).filter((alarm) => alarm['alarmid'] === alarmId) as Step[];
    return steps.length >= count ? steps : undefined;
  });
}

const open = async (): Promise<readonly unknown[]> => ((await gateway.query('alarm', 'list', '--open')) as { alarms: unknown[] }).alarms;

it('a technician acknowledges, and clears what its latch keeps', async () => {
  const { alarmId } = await push(fallMessage('fall-1', 'fall confirmed'));
  await gateway.query('alarm', 'acknowledge', alarmId, '--reason', 'guard on the way');
  expect(await push(fallMessage('exit-1', 'fall exit'))).toMatchObject({ result: 'updated', alarmId });
  expect(await open()).toMatchObject([{ alarmId, latched: 'over', acknowledged: { note: 'guard on the way' } }]);
  await gateway.query('alarm', 'clear', alarmId, '--reason', 'person is well');
  const steps = await heard(alarmId, 4);
  expect(steps.map(({ type, data }) => [String(type).split('.')[3], data['reason']])).toEqual([
    ['raised', undefined],
    ['updated', 'acknowledged'],
    ['updated', 'latched'],
    ['cleared', 'person'],
  ]);
  expect(steps[1]?.data['act']).toMatchObject({
    act: 'acknowledged',
    note: 'guard on the way',
    by: expect.stringMatching(/^cli:.*claimed/),
  });
  const shown = (await gateway.query('alarm', 'show', alarmId)) as { transitions: unknown[] };
  expect(shown.transitions).toHaveLength(4);
  expect(await gateway.cli(['alarm', 'show', alarmId, '--lang', 'ko'])).toContain('`bongsu alarm clear` 대기');
});

it('the hub acknowledges and resets in the name of its person', async () => {
  const { alarmId } = await push(fallMessage('fall-2', 'fall confirmed'));
  const person = 'jb119-042';
  expect(await province.hub.command('alarm.acknowledge', { alarm: alarmId, person })).toMatchObject({
    result: 'done',
    acknowledged: 'now',
  });
  expect(await province.hub.command('alarm.reset', { alarm: alarmId, person, reason: 'drill' })).toMatchObject({
    result: 'done',
    cleared: 'now',
  });
  const steps = await heard(alarmId, 3);
  expect(steps[2]?.data).toMatchObject({ step: 'cleared', reason: 'person', act: { by: 'hub:jb119-042', note: 'drill' } });
  expect(await province.hub.command('alarm.reset', { alarm: 'nobody', person, reason: 'drill' })).toMatchObject({
    result: 'refused',
    reason: 'gateway.alarm-unknown',
  });
  expect(await open()).toEqual([]);
});

it('a shelf marks, a maintenance makes tests, and what stands at its end is real', async () => {
  await gateway.query('alarm', 'shelve', '--device', 'fall-1', '--kind', 'fall', '--for', '2h', '--reason', 'moving furniture');
  await gateway.query('device', 'maintenance', 'fall-1', '--for', '1h', '--reason', 'new mount');
  const during = await push(fallMessage('fall-3', 'fall confirmed'));
  const [raised] = await heard(during.alarmId, 1);
  expect(raised).toMatchObject({ test: true, data: { shelved: true } });
  expect(await gateway.query('alarm', 'shelved')).toMatchObject({ quiets: [{ form: 'maintenance' }, { form: 'shelf', kind: 'fall' }] });
  await gateway.query('alarm', 'unshelve', '--device', 'fall-1', '--kind', 'fall');
  await gateway.query('device', 'maintenance', 'fall-1', '--end');
  const [alarm] = (await open()) as { alarmId: string; test: boolean }[];
  expect(alarm).toMatchObject({ test: false });
  expect(alarm?.alarmId).not.toBe(during.alarmId);
  const [real] = await heard(alarm?.alarmId ?? '', 1);
  expect(real?.['test']).toBeUndefined();
  expect((await heard(during.alarmId, 3)).at(-1)?.data).toMatchObject({ step: 'cleared', reason: 'maintenance' });
});

it('is found again over a crash, and the audit is whole', async () => {
  await gateway.stop('SIGKILL');
  await gateway.start();
  const found = (await gateway.query('alarm', 'search', '--from', '1h', '--device', 'fall-1', '--text', 'fall')) as { alarms: unknown[] };
  expect(found.alarms).toHaveLength(4);
  const audit = (await gateway.query('audit', 'verify')) as { rows: number; valid: boolean };
  expect(audit.valid).toBe(true);
  expect(audit.rows).toBeGreaterThanOrEqual(8);
});
