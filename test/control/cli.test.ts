// The command line against a real socket: what it prints in both languages, and what it asks.
import { once } from 'node:events';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from './command-line.ts';
import { camera, openDoor, recordedHandlers, status, transition, until } from './door.ts';

describe('what the verbs print', () => {
  const expected: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    [
      'status',
      [
        'Gateway',
        '52710/gw-1, version 0.1.0',
        '2 h',
        'connected for 60 s to mqtts://hub:8883 (MQTT 5)',
        'Confirmed by  the hub itself',
        'Route direct  in use for 60 s: mqtts://hub:8883; certificate ends 2026-11-21',
        "; the broker's ends 2027-06-08",
        'Route vpn     FAILS for 5 min: mqtt://10.9.0.1:1883; The broker cannot be reached',
        'Commands      12 taken, 3 refused, 1 outcomes lost',
        '2 of 3 online',
        '3 waiting for hub, oldest 10 min (1 refused',
        'well, last commit 2.5 ms, 0 waiting',
        'camera lost',
        'no route to host (10.0.0.5:80 EHOSTUNREACH)',
      ],
      [
        '게이트웨이',
        '52710/gw-1, 버전 0.1.0',
        '2시간',
        'mqtts://hub:8883에 연결됨, 60초 경과 (MQTT 5)',
        '허브가 직접 확인',
        '사용 중, 60초 경과: mqtts://hub:8883; 인증서 만료 2026-11-21',
        '; 브로커 인증서 만료 2027-06-08',
        '장애, 5분 경과: mqtt://10.9.0.1:1883; 브로커에 연결할 수 없습니다',
        '수락 12건, 거부 3건, 전하지 못한 결과 1건',
        '3대 중 2대 정상',
        'hub: 3건 대기, 최장 10분 (거부됨 1건',
        '정상, 최근 기록 2.5 ms, 대기 0건',
        '카메라 연결 끊김',
        '연결할 수 없습니다',
      ],
    ],
    [
      'camera list',
      ['ADDRESS', 'cam-0417', 'Maker X1', 'online', '삼례읍 사거리'],
      ['주소', 'cam-0417', 'Maker X1', '정상', '삼례읍 사거리'],
    ],
    [
      'camera topics cam-0417 --samples',
      ['MEANING', 'Vendor/Strange', 'not understood', 'value not understood', 'motion', '<n\ufffd>x</n>', 'Not heard 2 times', '187s'],
      ['의미', 'Vendor/Strange', '해석 불가', '값 해석 불가', '움직임', '<n\ufffd>x</n>', '2번', '187초'],
    ],
    [
      'camera detections cam-0417 --kind motion',
      ['ZONE', '뒷문', 'motion', 'ends (timed out)', 'relay-1', 'begins'],
      ['구역', '뒷문', '움직임', '종료 (시간 초과)', 'relay-1', '시작'],
    ],
    [
      'camera add cam-0417 --address 10.0.0.5',
      ['Camera cam-0417 is registered: Maker X1, 1 channel(s).'],
      ['카메라 cam-0417을(를) 등록했습니다: Maker X1, 채널 1개.'],
    ],
    [
      'sensor list',
      ['LAST HEARD', '기계실 연기', 'modbus-rtu bus-1', 'fault', 'smoke=0 obscuration*=12.3 ', 'unit 3: no answer', 'not heard yet'],
      ['최근 수신', '기계실 연기', 'modbus-rtu bus-1', '이상', 'smoke=0 obscuration*=12.3 ', '국번 3: 응답이 없습니다', '수신 전'],
    ],
    [
      'sensor show smoke-01',
      ['Premises', '완주군청', 'Zone', '지하 1층, smoke: 기계실', 'cam-0417/1', '시설번호', '완산-1', 'Calectro, UG-3', 'smoke=0'],
      ['건물·장소', '완주군청', '경계구역', '지하 1층, smoke: 기계실', '연결 카메라', 'cam-0417/1', '정상'],
    ],
    ['camera remove cam-0417', ['Camera cam-0417 is removed.'], ['카메라 cam-0417을(를) 삭제했습니다.']],
    [
      'alarm list',
      [
        'SEVERITY',
        'critical',
        'smoke',
        'smoke-01',
        '0193-alarm',
        'REMARK',
        'TEST\n',
        'TEST, maintenance, acknowledged, waits for `bongsu alarm clear`\n',
      ],
      ['등급', '긴급', '연기', 'smoke-01', '0193-alarm', '비고', '시험\n', '시험, 정비 중, 확인, `bongsu alarm clear` 대기\n'],
    ],
    ['alarm tail', ['Ctrl-C', 'critical', 'raised', 'smoke-01/1\n'], ['Ctrl-C', '긴급', '발생', '연기', 'smoke-01/1\n']],
    [
      'alarm show 0193-alarm',
      [
        'ALARM',
        '0193-alarm',
        'critical  smoke  smoke-01/1  TEST',
        'waits for `bongsu alarm clear`',
        'zone=3',
        'acknowledged',
        'cli:kim (claimed)',
      ],
      [
        '알람 ID',
        '긴급  연기  smoke-01/1  시험',
        '`bongsu alarm clear` 대기',
        'zone=3',
        ', cli:kim (본인 주장) 확인: 현장 확인',
        '현장 확인',
      ],
    ],
    ['alarm search --from 2h --severity critical --text zone', ['SEVERITY', '0193-alarm'], ['등급', '0193-alarm']],
    ['alarm acknowledge 0193-alarm --reason seen', ['Alarm 0193-alarm is acknowledged.'], ['알람 0193-alarm을(를) 확인했습니다.']],
    ['alarm clear 0193-alarm --reason dust', ['had been cleared already'], ['이미 해제되었습니다']],
    [
      'alarm shelve --device smoke-01 --kind smoke --for 2h --reason dust',
      ['Alarms of smoke-01 are shelved until 2026-11-20'],
      ['smoke-01의 알람을 2026-11-20'],
    ],
    ['alarm unshelve --device smoke-01', ['no longer shelved: smoke, all'], ['보류를 해제했습니다: 연기, 전체']],
    [
      'alarm unshelve --device smoke-01 --kind heat',
      ['Nothing of the kind was shelved for smoke-01. Shelved are: all, smoke'],
      ['smoke-01에는 해당하는 보류가 없습니다. 보류 중: 전체, 연기'],
    ],
    [
      'alarm shelved',
      ['maintenance', 'smoke-01', 'all', 'cli:kim (claimed)', '배터리 교체'],
      ['정비 중', 'smoke-01', '전체', 'cli:kim (본인 주장)', '배터리 교체'],
    ],
    ['device maintenance smoke-01 --for 1h --reason battery', ['its alarms are tests'], ['그동안의 알람은 시험입니다']],
    ['device maintenance smoke-01 --end', ['was not in maintenance'], ['정비 중이 아니었습니다']],
    [
      'outbox status',
      [
        '12 entries, 1.5 MiB on disk',
        'alarm 2, condition 1',
        'Given way or dropped, not sent to hub: readings 512, recorded 2026-11-19 ',
        'Given way or dropped, not sent to hub: alarm 3, recorded 2026-11-20 ',
      ],
      ['전체 12건, 디스크 사용량 1.5 MiB', '알람 2, 이상 1', 'hub에 보내지 않고 지우거나 포기한 항목: 측정값 512건, 기록 시각 2026-11-19 '],
    ],
    [
      'outbox dead list',
      ['REFUSED AT', 'hub', 'alarm', 'smoke smoke-01/1', '0x99', 'The broker does not take what is in it'],
      ['거부 시각', '알람', '0x99', '브로커가 내용을 받지 않습니다'],
    ],
    [
      'outbox dead show 7',
      [
        'ENTRY',
        '0193-entry',
        'alarm 41',
        'The broker does not take what is in it (MQTT reason 0x99)',
        'Hint: Ask the operator.',
        '"alarmId"',
      ],
      ['항목 ID', '알람 41', '브로커가 내용을 받지 않습니다 (MQTT reason 0x99)', '조치: 운영자에게 문의하십시오.'],
    ],
    ['outbox dead retry 7,8', ['1 are sent once more'], ['1건을 다시 전송합니다']],
    ['outbox dead drop all --reason mistake', ['2 are given up'], ['2건의 전송을 포기']],
    [
      'outbox restore /media/usb/b.db --yes',
      ['/media/usb/b.db is now the store /var/lib/bongsu/bongsu.db', 'bongsu.db.replaced-1'],
      ['저장소 /var/lib/bongsu/bongsu.db(으)로 복원', '이전 파일'],
    ],
    [
      'grant list',
      ['RECIPIENT', 'grant-1', 'open', 'stream', 'cam-0417/1', '119-dispatch', '전북소방본부 jb119-042'],
      ['제공받는 자', 'grant-1', '유효', '영상', '전북소방본부 jb119-042'],
    ],
    ['grant revoke grant-1 --reason mistake', ['Grant grant-1 is revoked.'], ['승인 grant-1을(를) 회수했습니다.']],
    ['audit verify', ['The audit chain is whole: 7 rows.'], ['감사 기록이 온전합니다: 7행.']],
    [
      'check',
      ['/etc/bongsu/config.yaml is good: site 52710 (완주군), gateway gw-1, 4 sensor(s), hub mqtts://hub:8883. Cameras are in the store'],
      ['/etc/bongsu/config.yaml: 문제가 없습니다. 지역 52710 (완주군), 게이트웨이 gw-1, 센서 4개, 허브 mqtts://hub:8883. 카메라는'],
    ],
  ];
  const cases = expected.flatMap(([line, en, ko]) => [[line, 'en', en] as const, [line, 'ko', ko] as const]);
  it.each(cases)('%s in %s', async (line, language, texts) => {
    await using door = await openDoor();
    const { stdout, stderr, status: exit } = await run([...line.split(' '), '--lang', language, '--socket', door.path]);
    for (const text of texts) expect(stdout).toContain(text);
    expect(stderr).toBe('');
    expect(exit).toBe(0);
  });

  it.each(expected.map(([line]) => line))('%s --json prints one JSON value and nothing else', async (line) => {
    await using door = await openDoor();
    const { stdout, stderr, status: exit } = await run(['--json', ...line.split(' '), '--socket', door.path]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(typeof JSON.parse(stdout)).toBe('object');
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
  });

  it.each([
    ['acknowledged', { act: 'acknowledged', by: 'cli:kim (claimed)', note: 'seen' }, 'smoke-01/1  acknowledged, cli:kim (claimed): seen\n'],
    ['person', { act: 'cleared', by: 'hub:lee', note: '' }, 'smoke-01/1  by a person, hub:lee\n'],
    ['pulse', undefined, 'smoke-01/1  a moment\n'],
    ['of-tomorrow', undefined, 'smoke-01/1  of-tomorrow\n'],
  ] as const)('tells while it follows why a step was taken: %s', async (reason, act, text) => {
    const { handlers } = recordedHandlers({
      'alarm.tail': async function* () {
        yield { row: 1, transition: { ...transition, step: 'updated' as const, reason, act } };
      },
    });
    await using door = await openDoor({ handlers });
    expect((await run(['alarm', 'tail', '--socket', door.path])).stdout).toContain(text);
  });

  it('gives --json the answer as it came', async () => {
    await using door = await openDoor();
    expect(JSON.parse((await run(['status', '--json', '--socket', door.path])).stdout)).toEqual(status);
  });

  it('speaks the language that was named last', async () => {
    await using door = await openDoor();
    const { stdout } = await run(['--lang', 'en', 'audit', 'verify', '--lang=ko', '--socket', door.path]);
    expect(stdout).toContain('감사 기록');
  });

  it('speaks the language of the locale', async () => {
    await using door = await openDoor();
    const { stdout } = await run(['audit', 'verify', '--socket', door.path], {
      io: { environment: { LANG: 'en_US', LC_ALL: 'ko_KR.UTF-8' } },
    });
    expect(stdout).toContain('감사 기록');
  });

  it.each([
    ['en', 'has not said what it is yet: no answer\nHint: Check the power.\n'],
    ['ko', '응답이 없습니다\n조치: 전원을 확인하십시오.\n'],
  ])('says in %s why an added camera is not known yet, and what to do', async (language, text) => {
    const problem = {
      message: { ko: '응답이 없습니다', en: 'no answer' },
      hint: { ko: '전원을 확인하십시오.', en: 'Check the power.' },
    };
    const { handlers } = recordedHandlers({ 'camera.add': async () => ({ camera, problem }) });
    await using door = await openDoor({ handlers });
    const { stdout } = await run(['camera', 'add', 'cam-0417', '--address', '10.0.0.5', '--lang', language, '--socket', door.path]);
    expect(stdout).toContain(text);
  });

  it('says why a camera is not online in the reader’s language', async () => {
    const lost = { ...camera, state: 'lost', message: { ko: '응답이 없습니다', en: 'no answer' } } as const;
    const { handlers } = recordedHandlers({ 'camera.list': async () => ({ cameras: [lost] }) });
    await using door = await openDoor({ handlers });
    expect((await run(['camera', 'list', '--lang', 'ko', '--socket', door.path])).stdout).toContain('응답이 없습니다');
    expect((await run(['camera', 'list', '--lang', 'en', '--socket', door.path])).stdout).toContain('no answer');
  });

  it('neutralises what a device put into its names', async () => {
    const evil = { ...camera, name: '\u001b[2J\u001b]52;c;aGk=\u0007x', identity: { ...camera.identity, model: 'a\nb\u202e' } };
    const { handlers } = recordedHandlers({ 'camera.list': async () => ({ cameras: [evil] }) });
    await using door = await openDoor({ handlers });
    const { stdout } = await run(['camera', 'list', '--socket', door.path]);
    expect(stdout.split('\n')).toHaveLength(3);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stdout).toContain('�[2J');
  });
});

describe('secrets and files', () => {
  it.each([
    ['a file', (path: string) => ['--password-file', path]],
    ['standard input', () => ['--password-stdin']],
  ])('the password comes from %s, its line end cut off', async (_, flags) => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    await writeFile(`${door.path}.pw`, ' pass word\r\n');
    const argv = ['camera', 'add', 'cam-1', '--address', 'rtsp://10.0.0.5:554/main', '--user', 'admin', ...flags(`${door.path}.pw`)];
    const done = await run([...argv, '--name', '이름', '--latitude', '-35.5', '--longitude', '127', '--socket', door.path], {
      stdin: ' pass word\r\n',
    });
    expect(done.status).toBe(0);
    expect(calls[0]?.input).toEqual({
      id: 'cam-1',
      address: 'rtsp://10.0.0.5:554/main',
      login: { user: 'admin', password: ' pass word' },
      name: '이름',
      latitude: -35.5,
      longitude: 127,
    });
    expect(done.stdout + done.stderr).not.toContain('pass word');
  });

  it('a password file that is missing or huge is named, and nothing is asked', async () => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    await writeFile(`${door.path}.pw`, 'x'.repeat(5000));
    const argv = ['camera', 'add', 'cam-1', '--address', 'h', '--user', 'a', '--socket', door.path];
    for (const flags of [['--password-file', '/nonexistent'], ['--password-file', `${door.path}.pw`], ['--password-stdin']]) {
      const { status: exit, stderr } = await run([...argv, ...flags], { stdin: 'x'.repeat(5000) });
      expect(exit).toBe(1);
      expect(stderr).toContain('A file cannot be read');
    }
    expect(calls).toEqual([]);
  });

  it('a snapshot is written to a new file for its owner alone', async () => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    const out = `${door.path}.jpg`;
    const argv = ['camera', 'snapshot', 'cam-0417', '--reason', 'lens check', '--out', out, '--socket', door.path];
    expect((await run(argv)).stdout).toContain('Saved 4 bytes');
    expect(await readFile(out, 'utf8')).toBe('JPEG');
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(calls[0]).toMatchObject({
      input: { id: 'cam-0417', channel: 1, reason: 'lens check' },
      context: { origin: 'cli:kim (claimed)' },
    });
    const again = await run(argv);
    expect(again).toMatchObject({ status: 1, stdout: '' });
    expect(again.stderr).toContain('The file cannot be written');
    expect(calls).toHaveLength(1);
  });

  it('a refused snapshot leaves no file', async () => {
    const { handlers } = recordedHandlers({
      'camera.snapshot': async () => {
        throw new Error('no');
      },
    });
    await using door = await openDoor({ handlers });
    const out = `${door.path}.jpg`;
    expect((await run(['camera', 'snapshot', 'cam-1', '--reason', 'lens check', '--out', out, '--socket', door.path])).status).toBe(1);
    await expect(stat(out)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('a socket that the account may not use is named as such', async () => {
    await using door = await openDoor();
    await chmod(door.path, 0o000);
    const { status: exit, stderr } = await run(['status', '--socket', door.path]);
    // Root passes over the mode of a file.
    if (process.getuid?.() === 0) expect(exit).toBe(0);
    else expect(stderr).toContain('group bongsu');
  });
});

describe('alarm tail', () => {
  const endless = recordedHandlers({
    'alarm.tail': async function* (_, { signal }) {
      yield { row: 1, transition };
      yield { row: 2, transition: { ...transition, step: 'cleared' as const } };
      await once(signal, 'abort');
    },
  }).handlers;

  it('prints a line for each step, and ends well at Ctrl-C', async () => {
    await using door = await openDoor({ handlers: endless });
    const stop = new AbortController();
    const stdout = new PassThrough();
    let text = '';
    stdout.on('data', (chunk) => {
      text += String(chunk);
    });
    const running = run(['alarm', 'tail', '--json', '--device', 'smoke-01', '--socket', door.path], {
      io: { stdout, signal: stop.signal },
    });
    await until(() => text.split('\n').length === 3);
    stop.abort();
    expect((await running).status).toBe(0);
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { row: 1, transition: { step: 'raised' } },
      { row: 2, transition: { step: 'cleared' } },
    ]);
  });

  it('ends when nobody reads its output any more', async () => {
    await using door = await openDoor({ handlers: endless });
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('broken pipe'), { code: 'EPIPE' }));
      },
    });
    expect((await run(['alarm', 'tail', '--socket', door.path], { io: { stdout } })).status).toBe(0);
  });
});
