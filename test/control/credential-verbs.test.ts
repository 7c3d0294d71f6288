// The verbs about logins: what they ask, what they print, and that no password stands on a command line or on a screen.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './command-line.ts';
import { openDoor, recordedHandlers } from './door.ts';

const secret = 'correct-horse-battery';
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-logins-'));
  await writeFile(join(folder, 'password'), `${secret}\n`, { mode: 0o600 });
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Runs a line against a door; `FILE` is the file of the password. */
async function call(line: string, stdin = '') {
  const recorded = recordedHandlers();
  await using door = await openDoor({ handlers: recorded.handlers });
  const argv = line.split(' ').map((part) => (part === 'FILE' ? join(folder, 'password') : part));
  const done = await run(['--socket', door.path, ...argv], { stdin });
  return { ...done, calls: recorded.calls.map(({ operation, input }) => ({ operation, input })) };
}

describe('credential', () => {
  it('enters a set with a password from a file, for ranges, makers and MACs', async () => {
    const done = await call(
      'credential add site --user gate --password-file FILE --range 10.0.0.0/22 --range 10.1.0.0/22 --maker Hanwha --mac 00:09:18 --position 3',
    );
    expect(done).toMatchObject({ status: 0, stdout: 'Set site is entered.\n', stderr: '' });
    expect(done.calls).toEqual([
      {
        operation: 'credential.add',
        input: {
          name: 'site',
          login: { user: 'gate', password: secret },
          ranges: ['10.0.0.0/22', '10.1.0.0/22'],
          makers: ['Hanwha'],
          macs: ['00:09:18'],
          position: 3,
        },
      },
    ]);
  });

  it('or from standard input', async () => {
    const done = await call('credential add site --user gate --password-stdin', `${secret}\n`);
    expect(done.calls[0]?.input).toMatchObject({ login: { user: 'gate', password: secret }, ranges: [], makers: [], macs: [] });
  });

  it.each([
    'credential add site',
    'credential add site --user gate',
    'credential add site --user gate --password secret',
    'credential add site --password-stdin',
    'camera login cam-0417',
    'camera login cam-0417 --user gate --password-stdin --none',
    'camera add cam-1 --name x',
    'camera add cam-1 --address 10.0.0.5 --rtsp rtsp://10.0.0.5/a',
    'camera add cam-1 --rtsp rtsp://10.0.0.5/a --rtsp-sub rtsp://10.0.0.5/b --rtsp-sub rtsp://10.0.0.5/c',
  ])('is called wrongly: %s', async (line) => {
    const done = await call(line, secret);
    expect(done).toMatchObject({ status: 2, calls: [] });
    expect(done.stderr).toContain('Hint:');
  });

  it('lists sets without a password', async () => {
    const done = await call('credential list');
    expect(done.stdout.split('\n').map((line) => line.trimEnd().split(/ {2,}/))).toEqual([
      ['NAME', 'USER', 'RANGES', 'MAKERS', 'MAC'],
      ['site', 'gate', '10.0.0.0/22', '-', '00:09:18'],
      ['old', '-', '-', 'Hanwha Axis', '-'],
      [''],
    ]);
  });

  it('removes, audits and shows what the audit found', async () => {
    expect((await call('credential remove site')).stdout).toBe('Set site is removed.\n');
    const started = await call('credential audit --defaults --camera cam-0417');
    expect(started.stdout).toContain('2 camera(s) are audited in the background');
    expect(started.calls).toEqual([{ operation: 'credential.audit', input: { camera: 'cam-0417' } }]);
    const { stdout } = await call('credential audit');
    expect(stdout).toContain('TAKES A FACTORY PASSWORD');
    expect(stdout).toContain('Quarantined: cam-0417');
    const korean = await call('--lang ko credential audit');
    expect(korean.stdout).toContain('초기 비밀번호 사용');
  });
});

describe('camera', () => {
  it('gets another login, or none', async () => {
    const set = await call('camera login cam-0417 --user gate --password-file FILE');
    expect(set).toMatchObject({ status: 0, calls: [{ input: { id: 'cam-0417', login: { user: 'gate', password: secret } } }] });
    expect(set.stdout).not.toContain(secret);
    expect((await call('camera login cam-0417 --none')).calls).toEqual([{ operation: 'camera.login', input: { id: 'cam-0417' } }]);
  });

  it('is asked anew', async () => {
    expect((await call('camera refresh cam-0417')).stdout).toBe('cam-0417: Maker X1, firmware 1.0, 1 channel(s).\n');
    expect(await call('camera refresh cam-2')).toMatchObject({ status: 1, stderr: expect.stringContaining('cannot be reached') });
  });

  it('is a source without ONVIF with several channels', async () => {
    const done = await call(
      'camera add vms-1 --rtsp rtsp://10.0.0.9/1 --rtsp rtsp://10.0.0.9/2 --rtsp-sub rtsp://10.0.0.9/1s --user vms --password-stdin',
      secret,
    );
    expect(done.calls[0]?.input).toMatchObject({
      id: 'vms-1',
      address: 'rtsp://10.0.0.9/1',
      streams: [{ main: 'rtsp://10.0.0.9/1', sub: 'rtsp://10.0.0.9/1s' }, { main: 'rtsp://10.0.0.9/2' }],
    });
  });
});
