// `bongsu discover`: the table while it looks, why a host is not usable in both languages, JSON lines, and the decisions of a person.
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from './command-line.ts';
import { openDoor, recordedHandlers } from './door.ts';

describe('discover', () => {
  it('asks for the ranges and tells what is found, why it cannot be used, and what it means', async () => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    const done = await run(['discover', '10.0.0.0/24', '10.0.1.5', '--no-multicast', '--socket', door.path]);
    expect(calls[0]).toMatchObject({
      operation: 'discover.look',
      input: { ranges: ['10.0.0.0/24', '10.0.1.5'], multicast: false, add: false },
    });
    expect(done.status).toBe(0);
    expect(done.stdout.split('\n').map((line) => line.trimEnd())).toEqual([
      'ADDRESS                 MODEL                           NAME                MAC                 STATE',
      '10.0.0.5:8080           Hanwha XNO-6080R                서학3길             00:09:18:4a:5b:6c   needs a password, clock off by 60 min',
      '',
      '1 found (0 usable) among 254 addresses in 3.2 s.',
      'New 1, known 0, moved 0, replaced 0.',
      '1 × needs a password. Register it with an ONVIF user: `bongsu camera add`, or `bongsu discover --add --user …`.',
      '1 × clock wrong. Set its clock or its NTP server.',
      'Followed to a new address: cam-9',
      '1 wait for a decision: `bongsu discover --proposals`',
      '',
    ]);
    expect(done.stderr).toBe('');
  });

  it('says it in Korean', async () => {
    await using door = await openDoor();
    const { stdout } = await run(['discover', '--lang', 'ko', '--socket', door.path]);
    expect(stdout).toContain('비밀번호 필요, 시각 오차 60분');
    expect(stdout).toContain('주소 254개에서 1대(사용 가능 0대)를 3.2초 만에 찾았습니다.');
  });

  it('prints each item as a line of JSON', async () => {
    await using door = await openDoor();
    const { stdout } = await run(['discover', '--json', '--socket', door.path]);
    const items = stdout
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line) as object)[0]);
    expect(items).toEqual(['found', 'kept', 'progress', 'summary']);
  });

  it('shows how far it is on a terminal, in one line that goes', async () => {
    await using door = await openDoor();
    const stderr = Object.assign(new PassThrough(), { isTTY: true });
    await run(['discover', '--socket', door.path], { io: { stderr } });
    const text = String(stderr.read());
    expect(text).toMatch(/^100 % of 254 addresses, 1 found; Ctrl-C ends/);
    expect(text.endsWith('\r\u001b[K')).toBe(true);
    expect(text).not.toContain('\n');
  });

  it('that is broken off says how to go on', async () => {
    const left = new AbortController();
    const { handlers } = recordedHandlers({
      'discover.look': async function* (_, { signal }) {
        yield { progress: { total: 10, done: 1, found: 0 } };
        setTimeout(() => left.abort(), 20);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    await using door = await openDoor({ handlers });
    const done = await run(['discover', '10.0.0.0/28', '--socket', door.path], { io: { signal: left.signal } });
    expect(done).toMatchObject({ status: 1, stderr: 'The look was broken off: `bongsu discover --resume` goes on.\n' });
  });

  it('takes a login for what it registers, never on the command line', async () => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    await run(['discover', '--add', '--user', 'gate', '--password-stdin', '--socket', door.path], { stdin: 'secret\n' });
    expect(calls[0]?.input).toMatchObject({ add: true, login: { user: 'gate', password: 'secret' } });
    expect((await run(['discover', '--add', '--sets', '--socket', door.path])).status).toBe(0);
    expect(calls[1]?.input).not.toHaveProperty('login');
    for (const flags of [
      ['--add'],
      ['--sets'],
      ['--add', '--sets', '--user', 'gate', '--password-stdin'],
      ['--user', 'gate', '--password-stdin'],
    ])
      expect((await run(['discover', ...flags, '--socket', door.path])).status, flags.join(' ')).toBe(2);
    expect((await run(['discover', '--add', '--user', 'gate', '--password', 'secret', '--socket', door.path])).status).toBe(2);
  });

  it('lists what was found before, and what waits for a decision', async () => {
    await using door = await openDoor();
    const list = await run(['discover', '--list', '--socket', door.path]);
    expect(list.stdout).toMatch(/10\.0\.0\.5:8080.*moved +cam-0417/);
    const proposals = await run(['discover', '--proposals', '--socket', door.path]);
    expect(proposals.stdout).toMatch(
      /3 +cam-0417 +another camera stands in its place +10\.0\.0\.5 Hanwha X S1234 +10\.0\.0\.5 Axis P3245 N9999/,
    );
  });

  it.each([
    ['--accept', true, 'Proposal 3 is done: cam-0417.\n'],
    ['--refuse', false, 'Proposal 3 is refused.\n'],
  ])('decides with %s', async (flag, accept, stdout) => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    expect(await run(['discover', flag, '3', '--socket', door.path])).toMatchObject({ status: 0, stdout });
    expect(calls[0]).toMatchObject({ operation: 'discover.decide', input: { id: 3, accept } });
  });

  it.each([
    ['discover', '--list', '--proposals'],
    ['discover', '--list', '10.0.0.0/24'],
    ['discover', '--accept', 'x'],
  ])('refuses %s %s %s', async (...argv) => {
    await using door = await openDoor();
    expect((await run([...argv, '--socket', door.path])).status).toBe(2);
  });

  it('says that no addresses were asked where there were none', async () => {
    const summary = { addresses: 0, found: 0, usable: 0, followed: [], proposals: 0, seconds: 4, complete: true };
    const { handlers } = recordedHandlers({
      'discover.look': async function* () {
        yield { summary };
      },
    });
    await using door = await openDoor({ handlers });
    const { stdout } = await run(['discover', '--socket', door.path]);
    expect(stdout).toContain('by multicast in 4 s; no addresses were asked');
  });

  it('tells what is registered already, and asks for no password of what it has just registered', async () => {
    const identity = { maker: '', model: 'X1', firmware: '', serial: '' };
    const seen = (address: string) => ({
      address,
      endpoint: '',
      mac: '',
      identity,
      name: '',
      problems: ['needs-password' as const],
      way: 'http' as const,
    });
    const summary = { addresses: 2, found: 2, usable: 1, followed: [], proposals: 0, seconds: 1, complete: true };
    const { handlers } = recordedHandlers({
      'discover.look': async function* () {
        yield { found: { ...seen('10.0.0.5'), problems: [], device: 'cam-0417' } };
        yield { found: seen('10.0.0.6') };
        yield { kept: { ...seen('10.0.0.6'), meaning: 'new', device: '', firstSeen: 1, lastSeen: 1 } };
        yield { added: { id: 'cam-new', address: '10.0.0.6' } };
        yield { summary };
      },
    });
    await using door = await openDoor({ handlers });
    const asked = ['discover', '--add', '--sets', '--socket', door.path];
    const { stdout } = await run([...asked, '--lang', 'en']);
    expect(stdout).toMatch(/10\.0\.0\.5 .*usable; is cam-0417/);
    expect(stdout).toMatch(/10\.0\.0\.6 .*needs a password/);
    expect(stdout).not.toContain('1 × needs a password');
    expect((await run([...asked, '--lang', 'ko'])).stdout).toContain('cam-0417(으)로 등록됨');
  });
});
