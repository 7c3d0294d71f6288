// The verbs at Modbus buses and for work on sensors, against a door that answers from memory.
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

const sensor = (...argv: string[]) => run(['--socket', door.path, 'sensor', ...argv]);
const last = () => recorded.calls.at(-1);

describe('sensor scan', () => {
  it('tells of units that answer, or garble, and how many were asked; 1 when there is none', async () => {
    const { status, stdout } = await sensor('scan', 'hall', '--to', '9');
    expect([status, last()?.input]).toEqual([0, { bus: 'hall', from: 1, to: 9, limitMs: 250 }]);
    expect(stdout).toBe(
      'unit 3: answers  smoke-01\nunit 5: GARBLED: speed, parity or two units of one id  -\n1 unit(s) answer of 9 asked.\n',
    );
    expect((await sensor('scan', 'hall', '--from', '4', '--lang', 'ko')).stdout).toContain('244개 국번 중 0개가 응답했습니다.');
    expect((await sensor('scan', 'hall', '--from', '4')).status).toBe(1);
    const lines = (await sensor('scan', 'hall', '--to', '3', '--json')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { unit: 1, result: 'silent' },
      { unit: 2, result: 'silent' },
      { unit: 3, result: 'found', device: 'smoke-01' },
      { summary: { bus: 'hall', asked: 3, found: 1, complete: true } },
    ]);
  });

  it.each([[['--from', '0']], [['--to', '248']], [['--from', '9', '--to', '8']], [['--timeout', '1ms']]])('refuses %j', async (flags) => {
    expect((await sensor('scan', 'hall', ...flags)).status).toBe(2);
  });
});

describe('sensor read', () => {
  it('shows addresses, raw registers and values', async () => {
    const { status, stdout } = await sensor('read', 'hall', '7', '0x10', '--as', 'float32', '--count', '2', '--table', 'input');
    expect(status).toBe(0);
    expect(last()?.input).toEqual({
      bus: 'hall',
      unit: 7,
      address: 16,
      table: 'input',
      count: 2,
      form: 'float32',
      wordOrder: 'high-first',
    });
    expect(stdout.split('\n').slice(1, 3)).toEqual(['16       0x41b8 0x41b9  23.1', '18       0x41ba 0x41bb  24.1']);
  });

  it.each([
    ['7', '70000'],
    ['0', '1'],
    ['x', '1'],
    ['7', '-1'],
  ])('refuses unit %s, register %s', async (unit, register) => {
    expect((await sensor('read', 'hall', unit, register)).status).toBe(2);
  });
});

describe('sensor write', () => {
  const write = (...more: string[]) => sensor('write', 'hall', '7', ...more, '--reason', '감지기 복귀');

  it('wants --yes and a reason, and says before what it would do', async () => {
    const before = recorded.calls.length;
    const { status, stderr } = await write('1', '234');
    expect([status, recorded.calls.length]).toEqual([2, before]);
    expect(stderr).toContain('This writes to unit 7 on hall, holding 1: 234');
    expect((await sensor('write', 'hall', '7', '1', '234', '--yes')).status).toBe(2);
    expect((await write('1', 'x', '--yes')).status).toBe(2);
  });

  it('says what is read back, and fails when that is something else', async () => {
    expect(await write('1', '234', '-5', '--as', 'int16', '--yes')).toMatchObject({ status: 0, stdout: 'Written. Read back: 234 -5\n' });
    expect(last()).toMatchObject({
      input: { values: [234, -5], multiple: false, reason: '감지기 복귀' },
      context: { origin: 'cli:kim (claimed)' },
    });
    expect(await write('9', '1', '--yes')).toMatchObject({ status: 1, stdout: expect.stringContaining('reads back 0') });
    expect(await write('100', '1', '--yes')).toMatchObject({ status: 0, stdout: expect.stringContaining('cannot be read back') });
  });
});

describe('sensor watch', () => {
  it('shows what changes, of all or of one', async () => {
    const { status, stdout } = await sensor('watch', '--every', '2s', '--for', '10s');
    expect([status, last()?.input]).toEqual([0, { everyMs: 2000, forMs: 10_000 }]);
    expect(stdout).toMatch(/ {2}smoke-01 {2}fault {2}smoke=0 obscuration=12\.3 {2}unit 3: no answer\n/);
    await sensor('watch', 'smoke-01');
    expect(last()?.input).toEqual({ id: 'smoke-01', everyMs: 1000 });
  });
});

describe('sensor calibrate', () => {
  const calibrate = (...flags: string[]) => sensor('calibrate', 'smoke-01', '--point', 'obscuration', ...flags);

  it('takes what was measured, or numbers, or the last step back', async () => {
    expect((await calibrate('--measured', '-0.25', '--reason', '기준기')).stdout).toBe('smoke-01 obscuration is now × 1.02 − 0.4 %/m\n');
    expect(last()?.input).toEqual({ id: 'smoke-01', point: 'obscuration', measured: -0.25, reason: '기준기' });
    await calibrate('--scale', '1.02', '--offset', '-0.4', '--reason', '기준기');
    expect(last()?.input).toEqual({ id: 'smoke-01', point: 'obscuration', scale: 1.02, offset: -0.4, reason: '기준기' });
    expect((await calibrate('--undo', '--reason', '잘못 입력')).stdout).toContain('Taken back. smoke-01 obscuration is now');
  });

  it('lists what is calibrated', async () => {
    const { stdout } = await sensor('calibrate');
    expect(stdout).toMatch(/smoke-01 {2}obscuration {2}× 1\.02 − 0\.4 {2}cli:kim \(claimed\) /);
    expect((await sensor('calibrate', 'other')).stdout).toBe('Nothing is calibrated.\n');
  });

  it.each([
    [['--measured', '1']],
    [['--reason', 'ab']],
    [['--measured', '1', '--scale', '2', '--reason', 'ab']],
    [['--scale', '0', '--reason', 'ab']],
  ])('refuses %j', async (flags) => {
    expect((await calibrate(...flags)).status).toBe(2);
  });
});

describe('sensor bypass', () => {
  it('is the maintenance of a sensor, and of nothing else', async () => {
    expect((await sensor('bypass', 'smoke-01', '--for', '1h', '--reason', '청소')).stdout).toContain('smoke-01 is in maintenance until');
    expect(last()).toMatchObject({ operation: 'device.maintenance', input: { device: 'smoke-01', forMs: 3_600_000, reason: '청소' } });
    expect(await sensor('bypass', 'cam-0417', '--for', '1h', '--reason', '청소')).toMatchObject({ status: 2 });
    expect((await sensor('bypass', 'smoke-01', '--end')).status).toBe(0);
  });
});

describe('what people did to a sensor', () => {
  it('is marked where sensors are listed', async () => {
    const { stdout } = await sensor('list');
    expect(stdout).toMatch(/smoke-01 .*fault, maintenance until 2026-11-20[^,]*, smoke shelved until 2026-11-20.* obscuration\*=12\.3 /);
    expect(stdout).toContain('\n* calibrated: ');
    const korean = (await sensor('list', '--lang', 'ko')).stdout;
    expect(korean).toMatch(/이상, 2026-11-20[^,]*까지 정비 중, 2026-11-20[^,]*까지 연기 보류/);
    expect(korean).toContain('\n* 교정된 값: ');
  });

  it('is among all that is known of one', async () => {
    const { stdout } = await sensor('show', 'smoke-01');
    expect(stdout).toMatch(/Quietened +maintenance until 2026-11-20.*\(배터리 교체, cli:kim \(claimed\)\)/);
    expect(stdout).toMatch(/Calibrated +obscuration\n/);
    expect((await sensor('show', 'smoke-01', '--lang', 'ko')).stdout).toMatch(/교정된 값 +obscuration\n/);
  });
});
