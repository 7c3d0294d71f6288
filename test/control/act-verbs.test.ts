// The verbs that do something to a camera: what they ask, what they print in both languages, and what they refuse to ask.
import { beforeEach, describe, expect, it } from 'vitest';
import { actsAsked } from './act-answers.ts';
import { run } from './command-line.ts';
import { openDoor } from './door.ts';

beforeEach(() => void actsAsked.splice(0));

async function at(line: string, ...more: readonly string[]) {
  await using door = await openDoor();
  return await run(['--socket', door.path, ...more, ...line.split(' ')]);
}

describe('the verbs about acts', () => {
  it.each([
    [
      'camera ptz cam-1',
      ['idle-only', 'home', 'grant:0192', 'pan 0.25, tilt -0.1, zoom 0, it rests', '1 정문, 2'],
      ['정책', '제어 중', '팬 0.25', '정지'],
    ],
    ['camera ptz cam-1 move --pan -0.5 --for 2s', ['cam-1 moves', 'cam-1 stands still'], ['이동 중', '정지했습니다']],
    ['camera ptz cam-1 home', ['cam-1 is told'], ['전달했습니다']],
    ['camera ptz cam-1 policy idle-only --return home', ['cam-1: idle-only; afterwards: home'], ['제어 후 복귀: home']],
    ['camera relay cam-1', ['RELAY', 'relay-1', 'Bistable', 'open'], ['릴레이', '방식']],
    ['camera relay cam-1 pulse relay-1 --for 2s --reason lamp', ['relay relay-1 pulse'], ['릴레이 relay-1 pulse']],
    ['camera reboot cam-1 --reason hangs --yes', ['cam-1 restarts'], ['재시작합니다']],
    ['camera clock cam-1', ['-61.2 s', 'set by hand'], ['-61.2초', '수동']],
    ['camera clock cam-1 --set', ['was -61.2 s off, now 0.2 s'], ['-61.2초 차이를 0.2초']],
  ])('print %s', async (line, english, korean) => {
    for (const [language, words] of [
      ['en', english],
      ['ko', korean],
    ] as const) {
      const { status, stdout, stderr } = await at(line, '--lang', language);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      for (const word of words) expect(stdout).toContain(word);
    }
  });

  it.each([
    [
      'camera ptz cam-1 move --pan -0.5 --zoom 1 --for 2s',
      'camera.ptz-drive',
      { id: 'cam-1', channel: 1, pan: -0.5, zoom: 1, forMs: 2000 },
    ],
    [
      'camera ptz cam-1 to --channel 2 --pan 0.1 --tilt -0.2',
      'camera.ptz-move',
      { id: 'cam-1', channel: 2, way: 'absolute', pan: 0.1, tilt: -0.2 },
    ],
    ['camera ptz cam-1 step --tilt 0.1', 'camera.ptz-move', { id: 'cam-1', channel: 1, way: 'relative', tilt: 0.1 }],
    ['camera ptz cam-1 preset 정문 앞', 'camera.ptz-go', { id: 'cam-1', channel: 1, preset: '정문 앞' }],
    ['camera ptz cam-1 stop', 'camera.ptz-stop', { id: 'cam-1', channel: 1 }],
    ['camera ptz cam-1 policy never --return none', 'camera.ptz-policy', { id: 'cam-1', policy: 'never', ptzReturn: '' }],
    [
      'camera relay cam-1 on relay-1 --reason lamp',
      'camera.relay-set',
      { id: 'cam-1', relay: 'relay-1', state: 'on', forMs: 1000, reason: 'lamp' },
    ],
  ])('ask for %s', async (line, name, input) => {
    expect((await at(line, '--json')).status).toBe(0);
    expect(actsAsked).toEqual([{ name, input }]);
  });

  it.each([
    'camera ptz cam-1 fly',
    'camera ptz cam-1 move',
    'camera ptz cam-1 move --pan 2',
    'camera ptz cam-1 to --pan 0.5',
    'camera ptz cam-1 preset',
    'camera ptz cam-1 policy perhaps',
    'camera relay cam-1 on',
    'camera relay cam-1 on relay-1',
    'camera relay cam-1 flip relay-1 --reason lamp',
    'camera reboot cam-1 --reason hangs',
    'camera reboot cam-1 --yes',
  ])('refuse %s', async (line) => {
    expect((await at(line)).status).toBe(2);
    expect(actsAsked).toEqual([]);
  });

  it.each(['ptz', 'relay'])('tell the usual time of %s with its unit', async (verb) => {
    const { stdout } = await run(['camera', verb, '--help']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('(default: 1s)');
    expect(stdout).not.toContain('1000');
  });
});
