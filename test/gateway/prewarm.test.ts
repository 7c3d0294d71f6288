// The response story with fake rooms: which alarms open cameras, that the audit has it first, and that no alarm waits for it.
import { expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import type { Report, ReportOutcome } from '#model';
import { behind, openPrewarm, type PrewarmDeps } from '../../src/gateway/prewarm.ts';
import { responseOptions } from '../../src/registry/options.ts';
import { openFakeClock } from '../fakes/clock.ts';

const report: Report = {
  device: 'panel',
  channel: 'zone-1',
  kind: 'smoke',
  state: 'active',
  occurrence: undefined,
  time: 0,
  clockQuality: 'receipt',
};
const raised: ReportOutcome = { result: 'raised', alarmId: 'a' };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function openStory(prewarm: object, fails: { audit?: boolean; relay?: boolean } = {}) {
  const clock = openFakeClock(1_700_000_000_000);
  const said: string[] = [];
  const deps = {
    access: {
      note: async ({ look, device }: { look: string; device: string }) => {
        if (fails.audit) throw new Error('the disk is full');
        said.push(`${look} ${device}`);
      },
    },
    cameras: { source: async () => ({ url: 'rtsp://a/', user: '', password: '' }) },
    registry: { find: (id: string) => ({ id, type: 'camera', channels: [{ number: 1 }], place: {} }), list: () => [] },
    streams: {
      warm: async ({ device }: { device: string }, forMs: number) => said.push(`warm ${device} ${forMs}`) > 0 && fails.relay !== true,
    },
  } as unknown as PrewarmDeps;
  const hear = openPrewarm(responseOptions.parse({ prewarm }), () => deps, { clock, random: systemRandom, log: openLog('silent') });
  const tell = async (change: Partial<Report> = {}, outcome = raised): Promise<readonly string[]> => {
    said.length = 0;
    hear({ ...report, ...change }, outcome);
    expect(said).toEqual([]);
    clock.advance(1);
    await settle();
    return [...said];
  };
  return { clock, tell, hear };
}

const links = [{ device: 'panel', cameras: ['cam-1', 'cam-2'] }];

it('opens the cameras of a critical alarm, each on the audit before it is opened', async () => {
  const { tell } = openStory({ links });
  expect(await tell()).toEqual(['pre-warm cam-1', 'pre-warm cam-2', 'warm cam-1 30000', 'warm cam-2 30000']);
});

it.each<[string, Partial<Report>, ReportOutcome]>([
  ['a lesser alarm', { kind: 'loitering' }, raised],
  ['one that is lesser by its rule', { severity: 'major' }, raised],
  ['a test', { test: true }, raised],
  ['a device in maintenance', {}, { ...raised, maintenance: true }],
  ['an update', {}, { result: 'updated', alarmId: 'a' }],
  ['an end', {}, { result: 'cleared', alarmId: 'a' }],
  ['a retry', {}, { result: 'duplicate', alarmId: 'a' }],
  ['a device without cameras', { device: 'other' }, raised],
])('opens none for %s', async (_, change, outcome) => {
  expect(await openStory({ links }).tell(change, outcome)).toEqual([]);
});

it('opens none that the audit cannot have', async () => {
  expect(await openStory({ links }, { audit: true }).tell()).toEqual([]);
});

it('tells the audit what the relay would not open after all', async () => {
  const one = [{ device: 'panel', cameras: ['cam-1'] }];
  expect(await openStory({ links: one }, { relay: true }).tell()).toEqual(['pre-warm cam-1', 'warm cam-1 30000', 'pre-warm-refused cam-1']);
});

it('opens no more in a minute than allowed', async () => {
  const { clock, tell } = openStory({ links, perMinute: 3 });
  expect(await tell()).toHaveLength(4);
  expect(await tell()).toEqual(['pre-warm cam-1', 'warm cam-1 30000']);
  expect(await tell()).toEqual([]);
  clock.advance(60_000);
  expect(await tell()).toHaveLength(4);
});

it('answers the device with the outcome of its alarm alone', async () => {
  const heard: string[] = [];
  const reporting = behind(
    async (said) => ({ result: 'raised', alarmId: said.device }),
    ({ device }) => void heard.push(device),
  );
  expect(await reporting(report)).toEqual({ result: 'raised', alarmId: 'panel' });
  expect(heard).toEqual(['panel']);
  const failing = behind(
    () => Promise.reject(new Error('full')),
    ({ device }) => void heard.push(device),
  );
  await expect(failing(report)).rejects.toThrow('full');
  expect(heard).toEqual(['panel']);
});
