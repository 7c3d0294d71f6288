// Grammars of text lines: the shipped ones on a recording each, what a cut line may mean, time, charsets, and that no pattern and no bytes stop the gateway.
import { readdir, readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grammarOption } from '../../src/sensors/grammar-option.ts';
import { stripCodes } from '../../src/sensors/line/codes.ts';
import { panelTimeOf } from '../../src/sensors/line/panel-time.ts';
import { openReader } from '../../src/sensors/line/reader.ts';
import { type Recording, readRecording } from '../../src/sensors/line/recording.ts';
import { type Playback, replayGrammar, replayTemplate } from '../../src/sensors/line/replay.ts';
import { readGrammar, shippedGrammar } from '../../src/sensors/line/shipped.ts';
import { shippedGrammars, watchedGrammars } from '../../src/sensors/line-options.ts';
import { isPanel } from '../../src/sensors/line-watch.ts';
import { templateOption } from '../../src/sensors/template.ts';

const receivedMs = Date.parse('2026-11-20T05:00:10Z');

function grammarOf(name: string) {
  const grammar = shippedGrammar(name);
  if (!grammar) throw new Error(`no grammar ${name}`);
  return grammar;
}

async function recordingOf(name: string): Promise<Recording> {
  return readRecording(await readFile(new URL(`recordings/${name}.jsonl`, import.meta.url)));
}

/** What is said, in short: `zone-3 fire-panel active 2F CORRIDOR EAST`. */
function told({ played }: Playback): string[] {
  return played.flatMap(({ says }) =>
    says.map((said) => {
      if ('condition' in said) return `${said.condition.channel} ${said.condition.kind} ${said.condition.state}`;
      const { channel, kind, state, detail } = said.report;
      return [channel, kind, state, detail?.['premises']].filter((part) => part !== undefined).join(' ');
    }),
  );
}

describe('the shipped grammars', () => {
  it('are all there, each with a name in two languages', async () => {
    const files = await readdir(new URL('../../src/sensors/line/grammars/', import.meta.url));
    expect(files.map((file) => file.replace('.yaml', '')).toSorted()).toEqual([...shippedGrammars]);
    for (const name of shippedGrammars) expect(grammarOf(name).title, name).toMatchObject({ ko: /./, en: /./ });
    expect(shippedGrammars.filter((name) => isPanel(grammarOf(name)))).toEqual([...shippedGrammars]);
    expect(shippedGrammars.filter((name) => grammarOf(name).silentAfter > 0)).toEqual(watchedGrammars);
  });

  it.each<[string, string[]]>([
    [
      'korean-r-type',
      [
        'zone-01-02-015 fire-panel active 완주군청 본관 2층 복도 광전식연기감지기',
        'zone-01-02-015 fire-panel active 완주군청 본관 2층 복도 광전식연기감지기',
        'zone-01-02-020 fire-panel active 완주군청 본관 2층 계단 발신기',
        'trouble-01-03-001 sensor-fault raised',
        'mains power-fault raised',
        'mains power-fault cleared',
        'trouble-01-03-001 sensor-fault cleared',
        'zone-01-02-015 fire-panel inactive',
        'zone-01-02-020 fire-panel inactive',
      ],
    ],
    [
      'edwards-io1000',
      [
        'zone-03 fire-panel active 2F CORRIDOR EAST',
        'zone-03 fire-panel active 2F CORRIDOR EAST',
        'trouble-07 sensor-fault raised',
        'mains power-fault raised',
        'mains power-fault cleared',
        'trouble-07 sensor-fault cleared',
        'zone-03 fire-panel inactive',
      ],
    ],
    [
      'est3x',
      [
        'p01-c02-d0125 fire-panel active SMOKE 2F CORRIDOR EAST',
        'trouble-p01-c03-d0007 sensor-fault raised',
        'mains power-fault raised',
        'battery battery-low raised',
        'mains power-fault cleared',
        'battery battery-low cleared',
        'trouble-p01-c03-d0007 sensor-fault cleared',
        'p01-c02-d0125 fire-panel inactive',
      ],
    ],
    [
      'gst9000',
      [
        'zone-001-015 fire-panel active 一楼走廊',
        'zone-001-016 fire-panel active 一楼大厅',
        'mains power-fault raised',
        'trouble-002-003 sensor-fault raised',
        'mains power-fault cleared',
        'trouble-002-003 sensor-fault cleared',
        'zone-001-015 fire-panel inactive',
        'zone-001-016 fire-panel inactive',
      ],
    ],
    [
      'nmea-fir',
      [
        'fir-01-002-015 fire active ENGINE ROOM',
        'fir-01-003-004 sensor-fault raised',
        'fir-01-003-004 sensor-fault cleared',
        'fir-01-002-015 fire inactive ENGINE ROOM',
      ],
    ],
  ])('%s says of its recording what the panel means', async (name, expected) => {
    const playback = replayGrammar(grammarOf(name), await recordingOf(name));
    expect(told(playback)).toEqual(expected);
    expect(playback.played.filter(({ meaning }) => meaning === 'unknown').map(({ text }) => text)).toEqual(
      name === 'nmea-fir' ? ['$FRFIR,E,050008.00,FS,01,009,099,A,V,WRONG SUM*00'] : [],
    );
    expect(playback.droppedBytes).toBe(0);
  });

  it('tell the first facts again while a panel repeats itself, so that the open alarm does not change', async () => {
    const { played } = replayGrammar(grammarOf('korean-r-type'), await recordingOf('korean-r-type'));
    const details = played.slice(1, 3).flatMap(({ says }) => says.map((said) => 'report' in said && said.report.detail));
    expect(details[0]).toEqual({
      event: '화재',
      zone: '01-02-015',
      premises: '완주군청 본관 2층 복도 광전식연기감지기',
      panelTime: '2026-11-20T05:00:05.000Z',
    });
    expect(details[1]).toEqual(details[0]);
  });

  it('read the end of a line as the line itself or not at all', async () => {
    for (const name of shippedGrammars) {
      const grammar = grammarOf(name);
      const reader = openReader({ ...grammar, charset: 'utf-8' });
      const meaningOf = (bytes: Uint8Array): string | undefined => {
        const meaning = reader.read(bytes, receivedMs)?.meaning;
        return meaning && [meaning.number, meaning.facts['zone'], meaning.facts['detector'], meaning.facts['premises']].join(' ');
      };
      for (const { text } of replayGrammar(grammar, await recordingOf(name)).played) {
        const whole = Buffer.from(text);
        for (let from = 1; from < whole.length; from += 1)
          expect([undefined, meaningOf(whole)], `${name}: ${whole.toString('utf8', from)}`).toContain(meaningOf(whole.subarray(from)));
      }
    }
  });
});

describe('a grammar', () => {
  const own = (patterns: object[], more: object = {}) => grammarOption.parse({ patterns, ...more });

  it('is refused with the place of what is wrong', () => {
    const refused = (text: string): string => {
      try {
        openReader(readGrammar(Buffer.from(text)));
        return 'taken';
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
    };
    expect(refused('patterns: [{ says: ignore, match: "a(?=b)" }]')).toContain('line 1: patterns[0].match: expected a regular expression');
    expect(refused('patterns: [{ says: ignore, match: "(a)\\\\1" }]')).toContain('patterns[0].match');
    expect(refused('patterns: [{ says: ignore, match: "a(" }]')).toContain('patterns[0].match');
    expect(refused('patterns: [{ says: alarm, kind: fire, channel: "zone-{zone}", match: "x" }]')).toContain('has no group zone');
    expect(refused('patterns: [{ says: ignore, match: "((a{100}){100}){100}" }]')).toContain('pattern 1');
    expect(refused('patterns: [{ says: ignore, match: "(?:a?){1000}" }]')).toContain('steps');
    expect(refused('patterns: []')).toContain('patterns');
    expect(refused(': :')).toContain('cannot be used');
    expect(refused('patterns: [{ says: ignore, match: "x" }]')).toBe('taken');
  });

  it('makes a channel of whatever a panel calls its zones, two names never one', () => {
    const grammar = own([{ says: 'alarm', kind: 'fire', channel: 'zone-{zone}', match: 'FIRE (?<zone>.+)' }]);
    const said = ['12', 'A/1', '본관', '별관', `${'9'.repeat(60)}1`, `${'9'.repeat(60)}2`].map((zone) => {
      const hex = Buffer.from(`FIRE ${zone}\n`).toString('hex');
      const [says] = replayGrammar(grammar, { startedAt: receivedMs, pieces: [{ ms: 0, hex }] }).played[0]?.says ?? [];
      return says && 'report' in says ? says.report.channel : '';
    });
    for (const channel of said) expect(channel).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
    expect(said.slice(0, 2)).toEqual(['zone-12', 'zone-a-1']);
    expect(new Set(said).size).toBe(said.length);
  });

  it('feeds the groups of a line to a template', () => {
    const grammar = own([{ says: 'values', match: 'CO=(?<co>[0-9.]+) T=(?<temp>-?[0-9.]+)' }]);
    const template = templateOption.parse({
      points: [{ name: 'co', path: 'co' }],
      rules: [{ point: 'co', alarm: 'gas', when: { above: 100 } }],
    });
    const hex = Buffer.from('CO=20 T=21.5\nCO=140.5 T=22\n').toString('hex');
    const { played } = replayTemplate(template, { startedAt: receivedMs, pieces: [{ ms: 0, hex }] }, grammar);
    expect(played.map(({ text }) => text)).toEqual(['co=20', 'co=140.5']);
    expect(told({ played, droppedBytes: 0 }).filter((each) => each.includes('gas'))).toEqual(['co gas active']);
  });

  it.each<[Record<string, string>, string, string | undefined]>([
    [{ year: '2026', month: '11', day: '20', hour: '14', minute: '00', second: '05' }, '+09:00', '2026-11-20T05:00:05.000Z'],
    [{ year: '26', month: 'Nov', day: '20', hour: '2', minute: '00', half: '오후' }, '+09:00', '2026-11-20T05:00:00.000Z'],
    [{ hour: '12', minute: '30', half: 'AM' }, '+00:00', '2026-11-20T00:30:00.000Z'],
    [{ month: '12', day: '31', hour: '23', minute: '59' }, '+09:00', '2026-12-31T14:59:00.000Z'],
    [{ hour: '23', minute: '59' }, '+00:00', '2026-11-19T23:59:00.000Z'],
    [{ year: '2026', month: '02', day: '30', hour: '10' }, '+09:00', undefined],
    [{ hour: '25' }, '+09:00', undefined],
    [{ zone: '1' }, '+09:00', undefined],
  ])('reads the panel’s time %j at %s', (groups, zone, expected) => {
    const time = panelTimeOf(groups, zone, receivedMs);
    expect(time === undefined ? undefined : new Date(time).toISOString()).toBe(expected);
  });

  it('believes a clock that is kept, within bounds, and no other', () => {
    const patterns = [{ says: 'alarm', kind: 'fire', match: 'FIRE (?<hour>\\d\\d):(?<minute>\\d\\d) (?<day>\\d\\d)' }];
    const play = (clock: string, text: string) => {
      const hex = Buffer.from(`${text}\n`).toString('hex');
      const said = replayGrammar(own(patterns, { clock }), { startedAt: receivedMs, pieces: [{ ms: 0, hex }] }).played[0]?.says[0];
      return said && 'report' in said ? [said.report.time - receivedMs, said.report.clockQuality] : [];
    };
    expect(play('receipt', 'FIRE 14:00 20')).toEqual([0, 'receipt']);
    expect(play('panel', 'FIRE 14:00 20')).toEqual([-10_000, 'synchronised']);
    expect(play('panel', 'FIRE 14:10 20')).toEqual([0, 'receipt']);
    expect(play('panel', 'FIRE 14:00 05')).toEqual([0, 'receipt']);
  });
});

describe('codes of printers', () => {
  it.each<[string, string]>([
    ['\x1b@\x1bW\x01FIRE\x1bW\x00 12\x1bJ\x18', 'FIRE 12'],
    ['\x1b*\x21\x02\x00abcdefFIRE', 'FIRE'],
    ['\x1bK\x03\x00abcFIRE', 'FIRE'],
    ['\x1b(V\x02\x00zzFIRE', 'FIRE'],
    ['\x1bD\x08\x10\x00FIRE', 'FIRE'],
    ['\x1c&FIRE\x1c.\x1c!\x41', 'FIRE'],
    ['\x1b[1;31mFIRE\x1b[0m', 'FIRE'],
    ['\x02FI\x00RE\x07\x7f\x03', 'FIRE'],
    ['FIRE\x1b', 'FIRE'],
    ['FIRE\x1b*\x21\xff\xff', 'FIRE'],
  ])('%j are taken out', (text, expected) => {
    expect(stripCodes(Buffer.from(text, 'latin1')).toString('latin1')).toBe(expected);
  });

  it('leave nothing that is none, and never fail', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const left = stripCodes(bytes);
        expect(left.length).toBeLessThanOrEqual(bytes.length);
        expect(left.every((byte) => byte === 9 || byte === 10 || (byte >= 0x20 && byte !== 0x7f))).toBe(true);
      }),
    );
  });
});

/** What this thread has used, milliseconds: another's load has no part in it. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

describe('no line stops the gateway', () => {
  const evil = ['(a+)+b', '(?:(a|aa)+)+(?<x>.*)c', '(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x', '(?:a|a?)+b', '(?:.*a){20}b', '([a-z]+)*[0-9]'];
  it('with patterns that take a backtracking engine ages, 4 KiB take a moment', () => {
    const reader = openReader(grammarOption.parse({ patterns: evil.map((match) => ({ says: 'ignore', match })) }));
    const line = Buffer.alloc(4096, 'a');
    reader.read(line, receivedMs);
    const before = cpuMs();
    for (let round = 0; round < 5; round += 1) expect(reader.read(line, receivedMs)?.meaning).toBeUndefined();
    expect((cpuMs() - before) / 5).toBeLessThan(500);
  });

  it('time grows with the line, not with its square', () => {
    const reader = openReader(grammarOption.parse({ patterns: evil.map((match) => ({ says: 'ignore', match })) }));
    const cost = (length: number): number => {
      const line = Buffer.alloc(length, 'a');
      const times = Array.from({ length: 7 }, () => {
        const before = cpuMs();
        reader.read(line, receivedMs);
        return cpuMs() - before;
      });
      return Math.min(...times);
    };
    cost(4096);
    expect(cost(4096)).toBeLessThan(Math.max(cost(512), 0.5) * 8 * 4);
  });

  it('any pattern of repetitions over any bytes of any shipped grammar gives an answer in time', () => {
    const atom = fc.constantFrom('a', '.', '[ab]', '(?:a|aa)', '(?:a?)', '(?:a*)', '(?:ab|a)');
    const times = fc.constantFrom('', '*', '+', '?', '{1,20}', '*?', '+?');
    const term = fc
      .array(fc.tuple(atom, times), { minLength: 1, maxLength: 5 })
      .map((parts) => `(?:${parts.map(([one, many]) => one + many).join('')})`);
    fc.assert(
      fc.property(fc.array(fc.tuple(term, times), { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 4096 }), (terms, length) => {
        const match = `${terms.map(([one, many]) => one + many).join('')}z`;
        const parsed = grammarOption.safeParse({ patterns: [{ says: 'ignore', match }] });
        if (!parsed.success) return;
        const before = cpuMs();
        try {
          openReader(parsed.data).read(Buffer.alloc(length, 'ab'), receivedMs);
        } catch (error) {
          expect(error).toMatchObject({ code: 'sensors.grammar-unusable' });
        }
        expect(cpuMs() - before).toBeLessThan(2000);
      }),
      { numRuns: 40 },
    );
    for (const name of shippedGrammars) {
      const reader = openReader(grammarOf(name));
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
          const line = reader.read(bytes, receivedMs);
          expect(line?.meaning).toBeUndefined();
        }),
        { numRuns: 50 },
      );
    }
  });
});

describe('a recording', () => {
  it('whose end was cut off by a loss of power is read up to there; anything else is refused', async () => {
    const whole = await readFile(new URL('recordings/est3x.jsonl', import.meta.url), 'utf8');
    const { pieces } = readRecording(Buffer.from(whole));
    expect(readRecording(Buffer.from(whole.trimEnd().slice(0, -5))).pieces.length).toBe(pieces.length - 1);
    expect(() => readRecording(Buffer.from('{}\n'))).toThrow('line 1');
    expect(() => readRecording(Buffer.from(whole.replace('"hex"', '"hix"')))).toThrow('line 2');
  });
});
