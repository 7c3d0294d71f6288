// The verbs for a visit at a panel, on a real terminal and without a gateway: record, play it back through grammars and templates.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openLog, systemEnv } from '#base';
import { flawsOf } from '#config';
import type { CliLoaders } from '#control';
import { describeGrammars, describeTemplates, recordLine, rehearse } from '#sensors';
import { grammarOption } from '../../src/sensors/grammar-option.ts';
import { templateOption } from '../../src/sensors/template.ts';
import { openPtyPair } from '../peers/pty.ts';
import { run } from './command-line.ts';

const env = systemEnv(openLog('silent'));
const loaders: Partial<CliLoaders> = { record: (ask, signal) => recordLine(ask, env, signal), rehearse: (ask) => rehearse(ask, flawsOf) };
const recordings = new URL('../sensors/recordings/', import.meta.url).pathname;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-record-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('sensor record', () => {
  it('keeps every byte with its time, over an unplugging, into a file of its own; what it kept can be played', async () => {
    await using pty = await openPtyPair();
    const out = join(folder, 'est.jsonl');
    const recording = run(['sensor', 'record', pty.a, '--out', out, '--baud', '115200', '--for', '3500ms', '--json'], { loaders });
    await vi.waitFor(async () => expect(await readFile(out, 'utf8')).toContain('recording'), 3000);
    await pty.say('ALARM ACT 14:00:05 11/20/2026 P:01 C:02 D:0125 SMOKE 2F\r\n');
    await sleep(200);
    await pty.unplug();
    await pty.replug();
    await sleep(1500);
    await pty.say('RESET 14:00:45 11/20/2026\r\n');
    const { status, stdout } = await recording;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ out, bytes: 84, losses: 1, end: 'time' });
    const [head = '', ...pieces] = (await readFile(out, 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(head)).toMatchObject({ recording: 1, from: pty.a, baud: 115_200 });
    const bytes = pieces.map((line) => (JSON.parse(line) as { hex: string }).hex).join('');
    expect(Buffer.from(bytes, 'hex').toString()).toMatch(/^ALARM ACT .*\r\nRESET .*\r\n$/);
    const played = await run(['sensor', 'grammar', 'test', 'est3x', '--against', out], { loaders });
    expect(played.status).toBe(0);
    expect(played.stdout).toContain('p01-c02-d0125 fire panel (fire-panel) inactive');
    expect((await run(['sensor', 'record', pty.a, '--out', out], { loaders })).stderr).toContain('The recording cannot be used');
  });

  it('ends at its size, and says why a port cannot be opened', async () => {
    await using pty = await openPtyPair();
    const out = join(folder, 'small.jsonl');
    const recording = run(['sensor', 'record', pty.a, '--out', out, '--max-size', '2KiB', '--json'], { loaders });
    await vi.waitFor(async () => expect(await readFile(out, 'utf8')).toContain('recording'), 3000);
    await pty.say('x'.repeat(4000));
    expect(JSON.parse((await recording).stdout)).toMatchObject({ end: 'size' });
    const missing = await run(['sensor', 'record', '/dev/ttyNONE', '--out', join(folder, 'no.jsonl')], { loaders });
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('The serial port is not there')]);
    expect((await run(['sensor', 'record', pty.a, '--out', out, '--max-size', 'big'], { loaders })).status).toBe(2);
  });
});

describe('sensor template', () => {
  const templates: CliLoaders['templates'] = async (_config, name) => ({
    templates: await describeTemplates({ mine: templateOption.parse({ points: [{ name: 'a', path: 'a' }] }) }, name, flawsOf),
    problems: [],
  });
  const ask = (argv: string) => run(['sensor', 'template', ...argv.split(' ')], { loaders: { templates } });

  it('lists the shipped ones and those of the site', async () => {
    const { status, stdout } = await ask('list');
    expect(status).toBe(0);
    for (const text of [/^hydrant +shipped +hydrant /m, /^smoke-ug3 +shipped .*Calectro/m, /^mine +this site +- /m])
      expect(stdout).toMatch(text);
    expect((await ask('list --lang ko')).stdout).toMatch(/^hydrant +내장 +IoT 소화전/m);
    expect(JSON.parse((await ask('list --json')).stdout).templates).toContainEqual(
      expect.objectContaining({ name: 'mine', origin: 'site' }),
    );
  });

  it('shows points and rules in words, of a file too', async () => {
    const { stdout } = await ask('show hydrant --lang ko');
    for (const text of ['소화전 주차', 'parking = 1, 1분 지속, 해제 30초 지속', 'kPa', '배터리가 부족합니다'])
      expect(stdout).toContain(text);
    expect((await ask('show smoke-ug3')).stdout).toContain('coil 2 bit');
    expect((await ask('show activity')).stdout).toContain('movements does not change for 1d');
    const own = await file(
      'own.yaml',
      'points: [{ name: smoke, path: s, unit: "%" }]\nrules: [{ point: smoke, alarm: smoke, when: { above: 3 } }]',
    );
    expect((await ask(`show ${own}`)).stdout).toContain('smoke > 3');
  });

  it('says what is wrong with a file, and where', async () => {
    const wrong = await file(
      'wrong.yaml',
      'points: [{ name: smoke, path: s }]\nrules:\n  - { point: smoke, alarm: smok, when: { above: 3 } }',
    );
    const { status, stderr } = await ask(`show ${wrong}`);
    expect(status).toBe(1);
    expect(stderr).toContain(`The template cannot be used: ${wrong}: line 3: rules[0].alarm`);
    expect(stderr).not.toContain('No such template');
    const korean = (await ask(`show ${wrong} --lang ko`)).stderr;
    expect(korean).toMatch(/3번째 줄: rules\[0\]\.alarm: .*중 하나여야 합니다\. "smoke"입니까/);
    expect((await ask('show nothing')).stderr).toContain('No such template: nothing');
    expect((await ask('show ./none.yaml')).stderr).toContain('The template cannot be used: ./none.yaml: ENOENT');
  });
});

describe('sensor grammar', () => {
  const own = { patterns: [{ says: 'values', match: 'L (?<l>.)' }] };
  const grammars: CliLoaders['grammars'] = async (_config, name) => ({
    grammars: await describeGrammars({ level: grammarOption.parse(own) }, name, flawsOf),
    problems: [],
  });
  const ask = (argv: string) => run(['sensor', 'grammar', ...argv.split(' ')], { loaders: { grammars } });

  it('lists the shipped ones and those of the site, and shows one in words', async () => {
    const { status, stdout } = await ask('list');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^korean-r-type +shipped .* R-type +\d+ +1h/m)]);
    expect(stdout).toMatch(/^level +this site +- +- +1 +-/m);
    expect((await ask('show korean-r-type --lang ko')).stdout).toMatch(/^1 +alarm +fire-panel active +zone-\{zone\} +/m);
    expect((await ask('show est3x')).stdout).toContain('a cut wire goes unnoticed');
    expect(JSON.parse((await ask('show level --json')).stdout)).toMatchObject({
      grammar: { origin: 'site', patterns: [{ says: 'values' }] },
    });
  });

  it('says what is wrong with a file, and where', async () => {
    const wrong = await file('wrong-grammar.yaml', 'charset: euc\npatterns:\n  - { says: ignore, match: x }\n');
    const { status, stderr } = await ask(`show ${wrong} --lang ko`);
    expect([status, stderr]).toEqual([1, expect.stringContaining('1번째 줄: charset: utf-8, cp949, gb18030 중 하나여야 합니다')]);
  });
});

describe('sensor grammar test', () => {
  it('shows what would be said, in both languages and as JSON', async () => {
    const argv = ['sensor', 'grammar', 'test', 'korean-r-type', '--against', join(recordings, 'korean-r-type.jsonl')];
    const korean = await run([...argv, '--lang', 'ko'], { loaders });
    expect(korean.status).toBe(0);
    expect(korean.stdout).toContain(
      'zone-01-02-015 화재수신기 (fire-panel) active event=화재 zone=01-02-015 premises=완주군청 본관 2층 복도',
    );
    expect(korean.stdout).toContain('10줄, 해석 불가 0줄');
    const lines = (await run([...argv, '--json'], { loaders })).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines.at(1)).toMatchObject({ meaning: 'alarm', pattern: 1, says: [{ report: { channel: 'zone-01-02-015', state: 'active' } }] });
    expect(lines.at(-1)).toEqual({ summary: { lines: 10, unknown: 0, droppedBytes: 0 } });
  });

  it('fails where a line is not understood, and says what is wrong with a file', async () => {
    const against = join(recordings, 'korean-r-type.jsonl');
    const grammar = await file('own.yaml', "charset: cp949\npatterns:\n  - { says: heartbeat, match: '\\[정상\\] .*' }\n");
    const partly = await run(['sensor', 'grammar', 'test', grammar, '--against', against], { loaders });
    expect([partly.status, partly.stdout]).toEqual([1, expect.stringContaining('10 line(s), 9 not understood')]);
    const bad = await file('bad.yaml', "patterns:\n  - { says: ignore, match: '(?=x)' }\n");
    const refused = await run(['sensor', 'grammar', 'test', bad, '--against', against], { loaders });
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('line 2: patterns[0].match')]);
    const unknown = await run(['sensor', 'grammar', 'test', 'est3', '--against', against], { loaders });
    expect(unknown.stderr).toMatch(/No such grammar: est3 \(edwards-io1000, est3x, .*sensor grammar list/s);
    expect((await run(['sensor', 'grammar', 'test', 'est3x', '--against', grammar], { loaders })).stderr).toContain('line 1');
  });
});

describe('sensor template test', () => {
  it('plays messages, values and lines through a template', async () => {
    const head = '{"recording":1,"from":"by hand","startedAt":"2026-11-20T05:00:00.000Z"}\n';
    const values = await file('values.jsonl', `${head}{"ms":0,"values":{"smoke":0}}\n{"ms":1000,"values":{"smoke":1}}\n`);
    const smoke = await run(['sensor', 'template', 'test', 'smoke-contact', '--against', values], { loaders });
    expect([smoke.status, smoke.stdout]).toEqual([0, expect.stringContaining('smoke smoke (smoke) active')]);
    const own = await file('co.yaml', 'points: [{ name: co, path: air.co }]\nrules: [{ point: co, alarm: gas, when: { above: 100 } }]\n');
    const messages = await file('messages.jsonl', `${head}{"ms":0,"message":{"air":{"co":140}}}\n`);
    expect((await run(['sensor', 'template', 'test', own, '--against', messages], { loaders })).stdout).toContain(
      'co gas (gas) active value=140',
    );
  });
});

describe('the program', () => {
  it('has these verbs without a gateway', async () => {
    const bin = new URL('../../bin/bongsu', import.meta.url).pathname;
    const child = spawn(bin, ['--lang', 'en', 'sensor', 'grammar', 'test', 'est3x', '--against', join(recordings, 'est3x.jsonl')]);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += String(chunk);
    });
    const [status] = (await once(child, 'close')) as [number];
    expect([status, text]).toEqual([0, expect.stringContaining('mains power fault (power-fault) raised')]);
  });
});
