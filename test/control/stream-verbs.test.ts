// The verbs about pictures on their way, against a door that answers from memory.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './command-line.ts';
import { type Door, openDoor, type RecordedHandlers, recordedHandlers } from './door.ts';

let door: Door;
let recorded: RecordedHandlers;
beforeAll(async () => {
  recorded = recordedHandlers();
  door = await openDoor({ handlers: recorded.handlers });
});
afterAll(() => door[Symbol.asyncDispose]());

const stream = (...argv: string[]) => run(['--socket', door.path, 'stream', ...argv]);
const lastInput = (): unknown => recorded.calls.at(-1)?.input;
const cells = (line: string | undefined): string[] => (line ?? '').split(/ {2,}/);

describe('stream list', () => {
  it('shows every figure of a camera and of a reader, and the last failure', async () => {
    const { status, stdout } = await stream('list');
    const [pathHeads, flowing, stalled, heads, reader, failure] = stdout.trimEnd().split('\n');
    expect(status).toBe(0);
    expect(cells(pathHeads)).toHaveLength(10);
    expect(cells(flowing)).toEqual(['cam-0417/1/main', 'flowing', 'h264', '1920x1080', '4012', '1', '300', '5.7 MiB', '7', '212 ms']);
    expect(cells(stalled)).toEqual(['cam-9/1/sub', 'STALLED', '-', '-', '-', '1', '0', '0 B', '0', '-']);
    expect(cells(heads)).toHaveLength(13);
    expect(cells(reader)).toEqual([
      's-1',
      'grant-1',
      'cam-0417/1/main',
      'RTSP/UDP',
      '10.0.0.9:5000',
      '119-dispatch',
      '3900',
      '290',
      '3',
      '1.3%',
      '4 ms',
      '31 ms',
      '59 min',
    ]);
    expect(failure).toMatch(/^cam-9\/1\/sub failed last at 2026-11-2\d \d\d:59:30: the camera cannot be reached$/);
    expect((await stream('list', '--lang', 'ko')).stdout).toMatch(/cam-9\/1\/sub 최근 실패 2026-.*: 카메라에 연결할 수 없습니다/);
    expect(JSON.parse((await stream('list', '--json')).stdout)).toMatchObject({
      relay: 'up',
      paths: [{ lost: 7 }, {}],
      sessions: [{ jitterMs: 4.2 }],
    });
  });
});

describe('stream watch', () => {
  it('shows it anew until the time is over', async () => {
    const { status, stdout } = await stream('watch', '--every', '5s', '--for', '10s');
    expect([status, lastInput()]).toEqual([0, { everyMs: 5000, forMs: 10_000 }]);
    expect(stdout).toContain(': 2 open, 1 reader(s)');
    expect(stdout).toContain('No camera is open, nobody gets pictures.');
    expect((await stream('watch', '--json')).stdout.trimEnd().split('\n')).toHaveLength(2);
    expect((await stream('watch', '--every', '100ms')).status).toBe(2);
  });
});

describe('stream kick', () => {
  it('says what became of the grant, and fails where there is no session', async () => {
    const kicked = await stream('kick', 's-1', '--reason', '오인 요청');
    expect([kicked.status, kicked.stdout]).toEqual([0, 'Session s-1 is ended, and grant grant-1 with it.\n']);
    expect(lastInput()).toEqual({ session: 's-1', reason: '오인 요청' });
    expect((await stream('kick', 's-2', '--reason', 'test', '--lang', 'ko')).stdout).toContain('bongsu grant revoke grant-1');
    const none = await stream('kick', 's-9', '--reason', 'test');
    expect([none.status, none.stderr]).toEqual([1, 'Error: No such session is open: s-9\nHint: `bongsu stream list` shows them.\n']);
    expect(JSON.parse((await stream('kick', 's-9', '--reason', 'test', '--json')).stderr)).toMatchObject({
      error: { code: 'control.session-unknown', hint: expect.stringContaining('stream list') },
    });
    expect((await stream('kick', 's-1')).status).toBe(2);
  });
});

describe('stream why', () => {
  it('says what stands in the way and what to do, and fails by it', async () => {
    const { status, stdout } = await stream('why', 'cam-0417');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Source +FAILED +1\/main: the camera refuses \(2026-11-2\d \d\d:59:30\)\n +→ Test it\.$/m);
    expect((await stream('why', 'cam-0417', '--lang', 'ko')).stdout).toContain('카메라가 거부합니다');
    const well = await stream('why', 'cam-1');
    expect([well.status, well.stdout]).toEqual([0, expect.stringContaining('bongsu camera test cam-1')]);
    expect(JSON.parse((await stream('why', 'cam-0417', '--json')).stdout)).toMatchObject({
      id: 'cam-0417',
      findings: [{ step: 'registered' }, { result: 'failed' }],
    });
  });
});
