// A camera that invents a new source for every event: a bounded number of alarms, none of them silent.
import { expect, it } from 'vitest';
import { openPoints } from '../../src/cameras/events/points.ts';
import { message, openFakeCamera } from './fake-camera.ts';
import { until } from './fake-deps.ts';
import { circumstances, read, said } from './said.ts';
import { listening, watchOver } from './watched.ts';

const burns = (source: string, state = '1') => read(said('RuleEngine/FireAlarm', { State: state }, { VideoSource: source }));

it('has its own channels for 64 of them, and one for the rest', () => {
  const points = openPoints();
  points.begin(['source-from-before']);
  const channels = new Set<string>();
  for (let index = 0; index < 3000; index += 1) channels.add(points.place(burns(`invented-${index}`), circumstances.channels).channel);
  expect(channels.size).toBe(64);
  expect(channels.has('other')).toBe(true);
  expect(points.place(burns('src1'), circumstances.channels).channel).toBe('2');
  expect(points.place(burns('from-before'), circumstances.channels).channel).toBe('source-from-before');
  expect(points.place(burns('invented-3'), circumstances.channels).channel).toBe('source-invented-3');
});

it('says what is beyond the bound on the channel `other`, and counts it', async () => {
  await using camera = await openFakeCamera();
  await using site = watchOver(camera);
  await listening(camera);
  const trigger = (token: string) =>
    message('tns1:Device/tns1:Trigger/tns1:DigitalInput', 'Changed', { InputToken: token }, { LogicalState: 'true' });
  for (let index = 0; index < 100; index += 1) camera.notify(trigger(`x${index}`));
  camera.notify(message('tns1:RuleEngine/tns1:FireAlarm', 'Changed', { VideoSource: 'src0' }, { State: 'true' }));
  await until(() => site.cameras.status()[0]?.messages === 101);
  await until(() => site.deps.open.has('1 fire'));
  expect(site.deps.open.size).toBe(66);
  expect([...site.deps.open.keys()]).toContain('other digital-input');
  expect(site.cameras.status()[0]?.unknownTopics).toEqual({ '(channels beyond 64)': 36 });
});
