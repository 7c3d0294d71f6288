// The verbs about events of cameras: of one camera or of all, kinds in the asker's own words, and what is refused.
import { describe, expect, it } from 'vitest';
import { run } from './command-line.ts';
import { openDoor, recordedHandlers } from './door.ts';

const topic = { state: 'known', count: 1, cameras: 1 } as const;

describe('the verbs about events of cameras', () => {
  it.each([
    ['camera topics', 'camera.topics', { offered: false }],
    ['camera topics cam-1', 'camera.topics', { id: 'cam-1', offered: false }],
    ['camera topics cam-1 --offered', 'camera.topics', { id: 'cam-1', offered: true }],
    ['camera detections', 'camera.detections', { limit: 20 }],
    ['camera detections cam-1 --kind relay', 'camera.detections', { id: 'cam-1', kind: 'relay', limit: 20 }],
  ])('ask by %s', async (line, operation, input) => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    expect(await run(['--socket', door.path, ...line.split(' ')])).toMatchObject({ status: 0, stderr: '' });
    expect(calls.map((call) => [call.operation, call.input])).toEqual([[operation, input]]);
  });

  it('name conditions and facts in words too', async () => {
    const topics = [
      { ...topic, topic: 'Device/HardwareFailure/StorageFailure', kind: 'storage-failure' },
      { ...topic, topic: 'Device/Trigger/Relay', kind: 'relay' },
      { ...topic, topic: 'Monitoring/OperatingTime/LastReboot', kind: 'reboot' },
    ];
    const { handlers } = recordedHandlers({ 'camera.topics': async () => ({ topics }) });
    await using door = await openDoor({ handlers });
    const { stdout } = await run(['--socket', door.path, '--lang', 'ko', 'camera', 'topics']);
    expect(stdout).toContain('저장장치');
    expect(stdout).toContain('릴레이');
    expect(stdout).toContain('재시작');
    expect(stdout).not.toMatch(/storage-failure|relay|reboot/);
  });

  it('refuse an id that is none, in words', async () => {
    await using door = await openDoor();
    for (const line of ['camera topics CAM', 'camera detections CAM', 'camera show CAM', 'camera reboot CAM --yes --reason try']) {
      const { status, stderr } = await run(['--socket', door.path, '--lang', 'ko', ...line.split(' ')]);
      expect([status, stderr]).toEqual([2, expect.stringContaining('하이픈으로 1~40자')]);
    }
  });

  it('say when a camera does not tell what it offers', async () => {
    const text = { en: 'It does not answer', ko: '응답이 없습니다' };
    const { handlers } = recordedHandlers({ 'camera.topics': async () => ({ topics: [], problem: { message: text, hint: text } }) });
    await using door = await openDoor({ handlers });
    const { status, stderr } = await run(['--socket', door.path, 'camera', 'topics', 'cam-1', '--offered']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('It does not answer')]);
    expect(await run(['--socket', door.path, 'camera', 'topics', '--offered'])).toMatchObject({ status: 2 });
  });
});
