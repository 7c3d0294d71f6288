// How the command line exits, and what it says on the way: usage, faults of the gateway, bad configurations, loaders.
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { CliLoaders } from '#control';
import { run } from './command-line.ts';
import { grant, openDoor, recordedHandlers } from './door.ts';

describe('exit statuses', () => {
  it('3 and one clear line with a hint when no gateway runs', async () => {
    const en = await run(['status', '--socket', '/nonexistent/control.sock']);
    expect(en).toEqual({
      status: 3,
      stdout: '',
      stderr:
        'Error: The gateway is not running: /nonexistent/control.sock\nHint: Start it with `systemctl start bongsu`, or name its socket with --socket.\n',
    });
    expect((await run(['status', '--lang=ko', '--socket', '/nonexistent/s'])).stderr).toContain('게이트웨이가 실행 중이 아닙니다');
  });

  const wrong: readonly (readonly [string, RegExp, RegExp])[] = [
    ['reboot', /no command reboot/, /reboot 명령은 없습니다/],
    ['camera paint', /no command paint\nHint: See `bongsu camera --help`/, /paint 명령은 없습니다/],
    ['status --loud', /no option --loud/, /--loud 옵션은 없습니다/],
    ['camera remove', /id is missing/, /id 인자가 빠졌습니다/],
    ['camera add cam-1', /--address <address> is needed/, /옵션이 필요합니다/],
    ['camera add cam-1 --address', /needs a value/, /값이 필요합니다/],
    [
      'alarm list --limit many',
      /--limit <n>: many is not valid: expected a whole number like 20\nHint: See `bongsu alarm list --help`\./,
      /many 값이 올바르지 않습니다: .*정수여야 합니다\n조치: `bongsu alarm list --help`/,
    ],
    [
      'alarm shelve --device smoke-01 --for 2y --reason dust',
      /--for <time>: 2y is not valid: expected a time like 30m, 2h or 1d\nHint: See `bongsu alarm shelve --help`\./,
      /2y 값이 올바르지 않습니다: 30m, 2h, 1d.*\n조치: `bongsu alarm shelve --help`/,
    ],
    ['alarm shelve --device smoke-01 --for 2h', /--reason <text> is needed\nHint: See `bongsu alarm shelve --help`/, /옵션이 필요합니다/],
    [
      'alarm search --from yesterday',
      /yesterday is not valid: expected 2026-11-20, 2026-11-20T13:00 or 2h \(ago\)\nHint: See `bongsu alarm search --help`/,
      /yesterday 값이 .*2h\(2시간 전\)/,
    ],
    [
      'alarm list --limit 0',
      /A value is not valid: limit: expected at least 1\nHint: See `bongsu alarm list --help`/,
      /입력값이 올바르지 않습니다: limit: 1 이상이어야 합니다$/m,
    ],
    ['alarm list --kind smok', /kind: expected one of smoke, heat, .*; did you mean "smoke"/, /kind: smoke, .* 중 하나/],
    ['grant revoke g --reason x', /reason: expected at least 2 characters/, /reason: 2자 이상이어야 합니다/],
    ['camera add c --address h --latitude 91', /latitude: expected at most 90/, /latitude: 90 이하이어야 합니다/],
    ['camera add Cam_1 --address h', /A value is not valid: id: expected 1 to 40/, /입력값이 올바르지 않습니다: id: a–z, 0–9, 하이픈/],
    [
      'camera add c --address rtsp://u:p@h/1',
      /A value is not valid: address: expected HOST/,
      /입력값이 올바르지 않습니다: address: 호스트/,
    ],
    ['camera add c --address h --user u', /needs --password-file/, /--password-file/],
    ['camera add c --address h --password-stdin', /needs --user/, /--user가 필요합니다/],
    ['camera add c --address h --user u --password-file f --password-stdin', /exclude each other/, /함께 쓸 수 없는/],
    ['outbox dead show 7,8', /id: 7,8 is not valid/, /7,8 값이/],
    [
      'outbox dead retry some',
      /ids: some is not valid: expected 7 or 7,8,9 or all\nHint: See `bongsu outbox dead retry --help`/,
      /some 값이/,
    ],
    ['outbox dead drop 7', /--reason <text> is needed/, /옵션이 필요합니다/],
    ['outbox dead drop 7 --reason x', /reason: expected at least 2 characters/, /reason: 2자 이상이어야 합니다/],
    ['outbox restore /media/usb/b.db', /in place of the store.*Say --yes/, /--yes를 지정/],
    ['outbox export --class grant', /no option --class/, /--class 옵션은 없습니다/],
    ['audit verify now', /Too many arguments/, /인자가 너무 많습니다/],
    ['simulate --port 0', /--port <n>: 0 is not valid/, /0 값이/],
    ['simulate --port 65536', /65536 is not valid/, /65536 값이/],
    ['simulate --discovery-port x', /x is not valid/, /x 값이/],
    ['simulate --webhook-url nowhere', /nowhere is not valid/, /nowhere 값이/],
    ['simulate --webhook-url https://h/', /https:\/\/h\/ is not valid/, /https:\/\/h\/ 값이/],
    ['simulate --webhook-token-file /dev/null', /token of a webhook has 16 to 256/, /웹훅 토큰은/],
    ['status --lang fr', /fr is not valid: expected one of ko, en/, /fr 값이 .*ko, en 중 하나/],
  ];
  it.each(wrong)('2 for `%s`', async (line, en, ko) => {
    await using door = await openDoor();
    const argv = [...line.split(' '), ...(line.endsWith('--address') ? [] : ['--socket', door.path])];
    const english = await run(argv);
    const korean = await run(argv, { io: { environment: { LANG: 'ko_KR.UTF-8' } } });
    expect([english.status, korean.status]).toEqual([2, 2]);
    expect(english.stderr).toMatch(en);
    expect(korean.stderr).toMatch(ko);
    expect(english.stderr).toContain('Hint: ');
    expect(korean.stderr).not.toMatch(/expected|Too |Invalid/);
    expect(english.stdout + korean.stdout).toBe('');
  });

  it.each([
    [['alarm', 'list', '--limit', 'many'], 2, 'control.usage', /many is not valid/],
    [['alarm', 'list', '--limit', '0'], 2, 'control.input-invalid', /limit: expected at least 1/],
    [['outbox', 'restore', '/b.db'], 2, 'control.usage', /in place of the store/],
    [['reboot'], 2, 'control.usage', /no command reboot/],
    [['status', '--socket', '/nonexistent/s'], 3, 'control.not-running', /is not running: \/nonexistent\/s/],
    [['camera', 'remove', 'cam-9'], 1, 'control.failed', /disk/],
  ])('with --json the error of %j is one JSON value on standard error', async (argv, status, code, message) => {
    const { handlers } = recordedHandlers({
      'camera.remove': async () => {
        throw new Error('disk');
      },
    });
    await using door = await openDoor({ handlers });
    const socket = argv.includes('--socket') ? [] : ['--socket', door.path];
    const done = await run(['--json', ...argv, ...socket]);
    expect(done).toMatchObject({ status, stdout: '' });
    const { error } = JSON.parse(done.stderr) as { error: Record<string, string> };
    expect(error).toEqual({ code, message: expect.stringMatching(message), hint: expect.stringMatching(/./) });
  });

  it('2 and the help when no verb is named, 0 when help is asked for', async () => {
    const bare = await run([]);
    expect(bare).toMatchObject({ status: 2, stdout: '' });
    expect(bare.stderr).toContain('Usage: bongsu');
    const help = await run(['camera', 'add', '--help', '--lang', 'ko']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const text of ['사용법: bongsu camera add', '--password-stdin', '표준 입력에서 비밀번호 읽기', '종료 코드'])
      expect(help.stdout).toContain(text);
    expect(await run(['--version'])).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
  });

  it.each([[], ['camera'], ['sensor'], ['alarm'], ['outbox'], ['grant'], ['audit'], ['run'], ['simulate']])(
    'the Korean help of `bongsu %s` has no English sentence',
    async (...group) => {
      const { stdout } = await run([...group, '--help', '--lang', 'ko']);
      const descriptions = stdout.split('\n').flatMap((line) => /^ {2}\S.*? {2,}(.*)$/.exec(line)?.[1] ?? []);
      expect(descriptions.length).toBeGreaterThan(1);
      for (const description of descriptions) expect(description).toMatch(/\p{Script=Hangul}/u);
    },
  );

  it.each(['list', 'search'])('asks for the next page of `alarm %s`', async (verb) => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    expect((await run(['alarm', verb, '--before', '0193-alarm', '--socket', door.path])).status).toBe(0);
    expect(calls[0]?.input).toMatchObject({ before: '0193-alarm' });
  });

  it('the help of `bongsu outbox export` speaks of what happened', async () => {
    const { stdout } = await run(['outbox', 'export', '--help']);
    expect(stdout.match(/happened (since|before)/g)).toHaveLength(2);
    expect(stdout).not.toContain('raised');
  });

  describe('of `grant revoke`', () => {
    const argv = ['grant', 'revoke', 'grant-1', '--reason', 'mistake', '--socket'];
    /** 2,500 grants, a new one every second millisecond; of the newest 1,500, two share each millisecond. */
    const ended = Array.from({ length: 2500 }, (_, index) => ({
      ...grant,
      id: `grant-${index}`,
      openedAt: index < 1000 ? index : 1000 + Math.floor((index - 1000) / 2),
      end: { reason: 'closed' as const, at: Date.UTC(2026, 10, 20, 4), note: '' },
    })).toReversed();
    const { handlers } = recordedHandlers({
      'grant.revoke': async () => ({ revoked: false }),
      'grant.list': async ({ limit, before, openOnly }) => ({
        grants: openOnly ? [] : ended.filter(({ openedAt }) => openedAt < before).slice(0, limit),
      }),
    });

    it.each(['grant-1', 'grant-999', 'grant-1500', 'grant-1501', 'grant-2499'])(
      '0 for %s, which ended long ago, with when and how',
      async (id) => {
        await using door = await openDoor({ handlers });
        const asked = argv.with(2, id);
        const en = await run([...asked, door.path]);
        expect(en).toMatchObject({ status: 0, stdout: expect.stringMatching(/had ended already at 2026-11-20 \d\d:00:00: closed\.\n$/) });
        expect((await run([...asked, door.path, '--lang', 'ko'])).stdout).toContain('이미 종료되었습니다: 종료.');
        expect(JSON.parse((await run([...asked, door.path, '--json'])).stdout)).toEqual({ id, revoked: false, end: ended[0]?.end });
      },
    );

    it('1 for one that never was', async () => {
      await using door = await openDoor({ handlers });
      const asked = argv.with(2, 'grant-9999');
      const en = await run([...asked, door.path]);
      expect(en).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('There is no such grant: grant-9999') });
      expect((await run([...asked, door.path, '--lang', 'ko'])).stderr).toContain('그런 승인이 없습니다');
    });
  });

  it('1 when the audit chain is broken', async () => {
    const { handlers } = recordedHandlers({ 'audit.verify': async () => ({ rows: 9, valid: false, firstBad: 4 }) });
    await using door = await openDoor({ handlers });
    expect(await run(['audit', 'verify', '--socket', door.path])).toMatchObject({
      status: 1,
      stdout: 'The audit chain is BROKEN at row 4 of 9.\n',
    });
  });

  it('1 with message and hint when the gateway could not', async () => {
    const { handlers } = recordedHandlers({
      'audit.verify': async () => {
        throw new Error('disk\u001b[31m gone');
      },
    });
    await using door = await openDoor({ handlers });
    const { status: exit, stderr } = await run(['audit', 'verify', '--socket', door.path]);
    expect(exit).toBe(1);
    expect(stderr).toBe('Error: The gateway could not do it: disk�[31m gone\nHint: See `journalctl -u bongsu` for the cause.\n');
  });

  it('1 and all problems with line and key when the configuration is bad', async () => {
    const check: CliLoaders['check'] = async () => ({
      problems: [
        { file: '/c.yaml', line: 3, key: 'uplink.address', message: { en: 'not an address', ko: '주소가 아님' } },
        { file: '/c.yaml', line: 7, message: { en: 'this is not YAML', ko: 'YAML이 아님' } },
        { file: '/c.yaml', message: { en: 'cannot be read', ko: '읽을 수 없음' } },
      ],
    });
    const argv = ['check', '--config', '/c.yaml'];
    expect(await run(argv, { loaders: { check } })).toEqual({
      status: 1,
      stdout: '3 problem(s):\n/c.yaml:3: uplink.address: not an address\n/c.yaml:7: this is not YAML\n/c.yaml: cannot be read\n',
      stderr: '',
    });
    expect((await run([...argv, '--lang', 'ko'], { loaders: { check } })).stdout).toContain('/c.yaml:3: uplink.address: 주소가 아님');
    expect(JSON.parse((await run([...argv, '--json'], { loaders: { check } })).stdout)).toMatchObject({
      ok: false,
      problems: [{ line: 3 }, { line: 7 }, {}],
    });
  });

  it('0 when the configuration holds, with what is unwise in it', async () => {
    const found = { site: '52710', siteName: '', gateway: 'gw-1', sensors: 1, hub: 'mqtts://hub:8883' };
    const warnings = [{ file: '/c.yaml', line: 9, key: 'sensors.buses[0].port', message: { en: 'not stable', ko: '바뀔 수 있음' } }];
    const check: CliLoaders['check'] = async () => ({ found, warnings });
    const argv = ['check', '--config', '/c.yaml'];
    const { status, stdout } = await run(argv, { loaders: { check } });
    expect([status, stdout.split('\n')[0]]).toEqual([0, 'Warning: /c.yaml:9: sensors.buses[0].port: not stable']);
    expect((await run([...argv, '--lang', 'ko'], { loaders: { check } })).stdout).toContain(
      '주의: /c.yaml:9: sensors.buses[0].port: 바뀔 수 있음',
    );
    expect(JSON.parse((await run([...argv, '--json'], { loaders: { check } })).stdout)).toMatchObject({
      ok: true,
      warnings: [{ line: 9 }],
    });
  });

  it('that of the loader for run and simulate, with what they were asked', async () => {
    const asked: unknown[] = [];
    const loaders: Partial<CliLoaders> = {
      run: async (config, { language }) => ({ status: asked.push([config, language]) }),
      simulate: async (options) => asked.push(options),
    };
    expect((await run(['run', '--config', '/c.yaml'], { loaders })).status).toBe(1);
    expect((await run(['simulate', '--cameras', '5', '--hub', '--script', 's.yaml'], { loaders })).status).toBe(2);
    expect((await run(['run', '--lang', 'ko'], { loaders, io: { configPath: '/elsewhere.yaml' } })).status).toBe(3);
    expect((await run(['--lang=ko', 'simulate'], { loaders })).status).toBe(4);
    expect(asked).toMatchObject([
      ['/c.yaml', 'en'],
      { cameras: 5, sensors: 3, hub: true, script: 's.yaml', json: false, language: 'en', basePort: undefined, printConfig: undefined },
      ['/elsewhere.yaml', 'ko'],
      { cameras: 3, sensors: 3, hub: false, script: undefined, json: false, language: 'ko', discoveryPort: 3702 },
    ]);
  });

  it('that of a simulator with ports, a webhook and a folder of its own', async () => {
    await using door = await openDoor();
    await writeFile(`${door.path}.token`, 'a-token-of-some-length\n');
    const asked: unknown[] = [];
    const loaders: Partial<CliLoaders> = { simulate: async (options) => asked.push(options) };
    const ways = ['--port', '9000', '--discovery-port', '3703', '--webhook-url', 'http://h:8480/webhook/{device}'];
    expect(
      (await run(['simulate', ...ways, '--webhook-token-file', `${door.path}.token`, '--print-config', 'f'], { loaders })).status,
    ).toBe(1);
    expect((await run(['simulate', '--print-config', '--hub'], { loaders })).status).toBe(2);
    expect(asked).toMatchObject([
      {
        basePort: 9000,
        discoveryPort: 3703,
        webhookUrl: 'http://h:8480/webhook/{device}',
        webhookToken: 'a-token-of-some-length',
        printConfig: 'f',
      },
      { hub: true, webhookUrl: undefined, webhookToken: undefined, printConfig: 'bongsu-simulated' },
    ]);
  });

  it('1 and the lines of `check` on standard error when `run` finds its configuration bad', async () => {
    const problems = [{ file: '/c.yaml', line: 3, key: 'uplink.address', message: { en: 'not an address', ko: '주소가 아님' } }];
    const loaders: Partial<CliLoaders> = { run: async () => ({ problems }) };
    expect(await run(['run', '--config', '/c.yaml', '--lang', 'ko'], { loaders })).toEqual({
      status: 1,
      stdout: '',
      stderr: '문제 1건:\n/c.yaml:3: uplink.address: 주소가 아님\n',
    });
  });
});
