// The systemd files: systemd itself reads them without complaint, and what the gateway depends on is in them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'bongsu-systemd-'));
afterAll(() => rmSync(folder, { recursive: true }));

const source = (name: string): string => join(import.meta.dirname, '../../systemd', name);
const unit = readFileSync(source('bongsu.service'), 'utf8');
/** The unit as if it were installed: systemd wants to see the program. */
const installed = join(folder, 'bongsu.service');
writeFileSync(installed, unit.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));

function settings(key: string): readonly string[] {
  return unit.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
}

function run(program: string, ...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  if (error) throw error;
  return { status, said: stdout + stderr };
}

describe('bongsu.service', () => {
  it('is read by systemd without complaint', () => {
    expect(run('systemd-analyze', 'verify', '--man=no', installed)).toEqual({ status: 0, said: '' });
  });

  it('is read by a systemd that would complain', () => {
    const broken = join(folder, 'broken.service');
    writeFileSync(broken, `${unit}\n[Service]\nRestart=perhaps\n`);
    expect(run('systemd-analyze', 'verify', '--man=no', broken).said).toContain('perhaps');
  });

  it('is as closed as serial ports and a network allow: exposure below 2.5', () => {
    const { said } = run('systemd-analyze', 'security', '--offline=true', installed);
    const score = Number(/Overall exposure level for bongsu\.service: (\d+\.\d+)/.exec(said)?.[1]);
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThan(2.5);
  });

  it.each([
    ['Type', ['notify']],
    ['NotifyAccess', ['all']],
    ['Restart', ['always']],
    ['ExecReload', []],
    ['DevicePolicy', ['closed']],
    ['DeviceAllow', ['char-ttyS rw', 'char-ttyUSB rw', 'char-ttyACM rw']],
    ['SupplementaryGroups', ['dialout']],
    ['StateDirectory', ['bongsu']],
    ['RuntimeDirectory', ['bongsu']],
    ['RuntimeDirectoryMode', ['0750']],
    ['MemoryDenyWriteExecute', []],
    ['PrivateDevices', []],
  ])('%s is %j', (key, values) => {
    expect(settings(key)).toEqual(values);
  });
});

describe('the account and the folders', () => {
  it('are read by systemd without complaint', () => {
    const etc = join(folder, 'etc');
    mkdirSync(etc);
    const users = run('systemd-sysusers', '--dry-run', `--root=${folder}`, source('bongsu.sysusers'));
    expect(users.status).toBe(0);
    expect(users.said).toContain("Creating user 'bongsu'");
    writeFileSync(join(etc, 'passwd'), `bongsu:x:${process.getuid?.()}:${process.getgid?.()}::/:/usr/sbin/nologin\n`);
    writeFileSync(join(etc, 'group'), `bongsu:x:${process.getgid?.()}:\n`);
    const folders = readFileSync(source('bongsu.tmpfiles'), 'utf8').replaceAll(' root ', ' bongsu ').replaceAll(' root ', ' bongsu ');
    const own = join(folder, 'bongsu.conf');
    writeFileSync(own, folders);
    expect(run('systemd-tmpfiles', '--create', `--root=${folder}`, own)).toEqual({ status: 0, said: '' });
    expect(statSync(join(etc, 'bongsu')).mode & 0o777).toBe(0o750);
    expect(statSync(join(etc, 'bongsu/secrets')).mode & 0o777).toBe(0o700);
  });
});
