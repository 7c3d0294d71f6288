// The screens of `bongsu camera test` and `bongsu camera show`.
import { describe, expect, it } from 'vitest';
import { run } from './command-line.ts';
import { openDoor } from './door.ts';

describe('bongsu camera test', () => {
  it('shows each step as it comes, and at the end what to do', async () => {
    await using door = await openDoor();
    const { stdout, status } = await run(['camera', 'test', 'cam-0417', '--socket', door.path]);
    expect(stdout.split('\n')).toEqual([
      'Port (TCP)       ok       10.1.0.17:80 is open',
      'First frame      FAILED   The camera opens the stream but sends no picture',
      '',
      'Camera cam-0417: The camera opens the stream but sends no picture',
      'Hint: Restart it.',
      '',
    ]);
    expect(status).toBe(1);
  });

  it('says the same in Korean', async () => {
    await using door = await openDoor();
    const { stdout } = await run(['camera', 'test', 'cam-0417', '--lang', 'ko', '--socket', door.path]);
    expect(stdout).toContain('카메라 cam-0417: 카메라가 영상을 열었지만 화면을 보내지 않습니다\n조치: 재시작하십시오.\n');
  });

  it('sums up all by cause, and tells only those that are not well', async () => {
    await using door = await openDoor();
    const { stdout, status } = await run(['camera', 'test', '--all', '--socket', door.path]);
    expect(stdout.split('\n')).toEqual([
      'cam-0417  FAILED  First frame: The camera opens the stream but sends no picture',
      '',
      '1 of 2 cameras are well.',
      '',
      '1 camera(s), FAILED: The camera opens the stream but sends no picture',
      '  cam-0417',
      '  Hint: Restart it.',
      '',
    ]);
    expect(status).toBe(1);
  });

  it('gives one JSON value a line', async () => {
    await using door = await openDoor();
    const { stdout } = await run(['camera', 'test', '--all', '--json', '--socket', door.path]);
    const items = stdout
      .trim()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line) as object)[0]);
    expect(items).toEqual(['total', 'verdict', 'verdict', 'summary']);
  });

  it.each([[[]], [['cam-1', '--all']]])('wants one camera or all: %o', async (more) => {
    await using door = await openDoor();
    expect((await run(['camera', 'test', ...more, '--socket', door.path])).status).toBe(2);
  });
});

describe('bongsu camera show', () => {
  it('tells what is known, and no password', async () => {
    await using door = await openDoor();
    const { stdout, status } = await run(['camera', 'show', 'cam-0417', '--socket', door.path]);
    expect(status).toBe(0);
    for (const part of [
      'switch-7',
      '1 relay outputs, 2 digital inputs, HTTPS, microphone ON',
      'gate, by digest',
      '1.2 s off',
      'main rtsp://10.1.0.17/main',
      'http://10.1.0.17/onvif/pull/1',
      '9 pulls, 41 messages',
    ])
      expect(stdout).toContain(part);
    expect(stdout).toMatch(/Last troubles \(1\)\n.*3 times: The camera cannot be reached\n {2}Hint: Check power\./);
  });
});
