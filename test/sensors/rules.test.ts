// The rules as tables: value after value, what is said.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameText } from '#base';
import { chooseTurn, type Turn, waitAfterPoll } from '../../src/sensors/modbus/turn.ts';
import { afterEcho, afterLostEcho, afterProbe, afterTimeout, fullTrust, stanceOf } from '../../src/sensors/modbus-rtu/trust.ts';
import type { Rule, Template } from '../../src/sensors/options.ts';
import { stepHealth, unknownHealth } from '../../src/sensors/rules/health.ts';
import { type RuleState, ruleAtStart, stepRule } from '../../src/sensors/rules/rule.ts';
import { seedSensor, stepSensor } from '../../src/sensors/rules/sensor.ts';
import { shippedTemplate } from '../../src/sensors/templates/index.ts';

const atOnce = { count: 1, time: 0 };
const rule = (part: Partial<Rule>): Rule => ({
  point: 'p',
  alarm: 'smoke',
  when: { equals: true },
  raiseAfter: atOnce,
  clearAfter: atOnce,
  as: 'sensor-fault',
  hold: 0,
  quiet: 0,
  ...part,
});

function templateOf(name: string): Template {
  const template = shippedTemplate(name);
  if (!template) throw new Error(`no template ${name}`);
  return template;
}

/** Values one second apart from 0; `+` raised, `-` cleared, `.` nothing. */
function play(one: Rule, values: readonly number[], before: RuleState = ruleAtStart(false)): string {
  let state = before;
  return values
    .map((value, index) => {
      const step = stepRule(one, state, {
        value,
        latest: new Map([[one.point, value]]),
        votes: new Map(),
        monotonicMs: index * 1000,
        wallMs: 0,
      });
      state = step.state;
      return step.change === undefined ? '.' : step.change === 'active' ? '+' : '-';
    })
    .join('');
}

describe('a rule', () => {
  it.each([
    ['a contact', {}, [0, 1, 1, 0, 0, 1], '.+.-.+'],
    ['a contact that opens', { when: { equals: false } }, [1, 0, 1], '.+-'],
    ['a state number', { when: { equals: 3 } }, [1, 3, 2], '.+-'],
    ['debounced by count', { raiseAfter: { count: 3, time: 0 } }, [1, 1, 0, 1, 1, 1, 0], '.....+-'],
    ['debounced by time', { raiseAfter: { count: 1, time: 2000 } }, [1, 1, 1, 0], '..+-'],
    ['cleared after a count', { clearAfter: { count: 2, time: 0 } }, [1, 0, 1, 0, 0], '+...-'],
    ['above a threshold', { when: { above: 10 } }, [10, 11, 10, 9], '.+-.'],
    ['above with hysteresis', { when: { above: 10, clearAt: 5 } }, [11, 6, 10, 5.1, 5, 6, 11], '+...-.+'],
    ['below with hysteresis', { when: { below: 2, clearAt: 3 } }, [2, 1.9, 2.5, 3], '.+.-'],
    ['held for a time', { hold: 3000 }, [1, 0, 0, 0, 0], '+..-.'],
    ['quiet after its end', { alarm: 'tamper', quiet: 3000 }, [1, 0, 1, 0, 1, 1], '+-..+.'],
    ['risen', { when: { rises: { by: 5, within: 3000 } } }, [0, 2, 4, 6, 6, 6, 6], '...+-..'],
    ['risen too slowly', { when: { rises: { by: 5, within: 3000 } } }, [0, 1, 2, 3, 4, 5, 6, 7], '........'],
    ['fallen', { when: { falls: { by: 5, within: 3000 } } }, [9, 9, 3, 3, 3, 3, 3], '..+..-.'],
    ['stuck', { when: { stuckFor: 2000 } }, [7, 7, 7, 7, 8, 8, 8], '..+.-.+'],
    ['hysteresis interrupts a debounce', { when: { above: 10, clearAt: 5 }, raiseAfter: { count: 2, time: 0 } }, [11, 7, 11, 11], '...+'],
  ] as const)('%s', (_, part, values, said) => {
    expect(play(rule(part), values)).toBe(said);
  });

  it('that never spoke says its first decision, a seeded one does not repeat itself', () => {
    expect(play(rule({}), [0, 0, 1], ruleAtStart(undefined))).toBe('-.+');
    expect(play(rule({}), [1, 1, 0], ruleAtStart(true))).toBe('..-');
  });

  it('raises and clears in strict turn, whatever it sees', () => {
    const values = fc.array(fc.integer({ min: -3, max: 15 }));
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), (seen, raise, clear) => {
        const said = play(
          rule({ when: { above: 8, clearAt: 3 }, raiseAfter: { count: raise, time: 0 }, clearAfter: { count: clear, time: 0 } }),
          seen,
        );
        expect(said.replaceAll('.', '')).toMatch(/^(\+-)*\+?$/);
      }),
    );
  });
});

describe('health', () => {
  const answered = (fault?: string) => ({ answered: true, fault: fault === undefined ? undefined : sameText(fault) }) as const;
  const silent = { answered: false, problem: sameText('no answer') } as const;
  it.each([
    ['says at first that all is well', [answered()], ['sensor-silent cleared', 'sensor-fault cleared']],
    ['is silent at the third unanswered poll, once', [silent, silent, silent, silent], ['sensor-silent raised']],
    ['forgets single losses', [answered(), silent, silent, answered(), silent, silent], ['sensor-silent cleared', 'sensor-fault cleared']],
    [
      'says each fault anew and keeps it over silence',
      [answered('a'), answered('a'), answered('b'), silent, silent, silent, answered('b'), answered()],
      [
        'sensor-silent cleared',
        'sensor-fault raised',
        'sensor-fault raised',
        'sensor-silent raised',
        'sensor-silent cleared',
        'sensor-fault cleared',
      ],
    ],
  ] as const)('%s', (_, contacts, expected) => {
    let state = unknownHealth;
    const said = contacts.flatMap((contact) => {
      const step = stepHealth(state, contact, 3);
      state = step.state;
      return step.changes.map((change) => `${change.kind} ${change.state}`);
    });
    expect(said).toEqual(expected);
  });
});

describe('a sensor', () => {
  it('says alarms before its health, and leaves rules alone whose point was not read', () => {
    const template = templateOf('smoke-ug3');
    const moment = { wallMs: 5000, monotonicMs: 100 };
    const seen = (values: [string, number][]) => ({
      observation: { result: 'values', values: new Map(values), fault: undefined } as const,
      moment,
    });
    const first = stepSensor({ device: 'd', template }, seedSensor(template, []), seen([['smoke', 1]]));
    expect(first.says.map((said) => ('report' in said ? `${said.report.kind} ${said.report.state}` : said.condition.kind))).toEqual([
      'smoke active',
      'sensor-silent',
      'sensor-fault',
    ]);
    expect(first.says[0]).toEqual({
      report: { device: 'd', channel: 'smoke', kind: 'smoke', state: 'active', occurrence: undefined, time: 5000, clockQuality: 'receipt' },
    });
    const second = stepSensor({ device: 'd', template }, first.state, seen([['service', 1]]));
    expect(second.says).toMatchObject([
      {
        condition: {
          kind: 'sensor-fault',
          channel: 'service',
          state: 'raised',
          message: { ko: expect.stringContaining('오염'), en: expect.stringContaining('dirty') },
        },
      },
    ]);
  });
});

describe('a sensor at the start', () => {
  it.each([
    ['an alarm that is open', false, []],
    ['a test that is open', true, ['smoke active']],
  ])('that is on fire, with %s', (_, test, expected) => {
    const template = templateOf('smoke-ug3');
    const alarm = {
      alarmId: 'a',
      device: 'd',
      channel: 'smoke',
      kind: 'smoke',
      severity: 'critical',
      raisedAt: 1,
      updates: 0,
      detail: {},
    } as const;
    const state = seedSensor(template, [{ ...alarm, clearedAt: undefined, test }]);
    const observation = { result: 'values', values: new Map([['smoke', 1]]), fault: undefined } as const;
    const { says } = stepSensor({ device: 'd', template }, state, { observation, moment: { wallMs: 5000, monotonicMs: 100 } });
    expect(says.flatMap((said) => ('report' in said ? [`${said.report.kind} ${said.report.state}`] : []))).toEqual(expected);
  });
});

describe('turns', () => {
  it.each([
    ['nobody is due', [{ critical: true, dueAt: 11, failures: 0 }], undefined],
    [
      'the alarm unit first',
      [
        { critical: false, dueAt: 1, failures: 0 },
        { critical: true, dueAt: 10, failures: 0 },
      ],
      1,
    ],
    [
      'the longest due among equals',
      [
        { critical: true, dueAt: 9, failures: 0 },
        { critical: true, dueAt: 3, failures: 0 },
      ],
      1,
    ],
    [
      'one that waited five seconds longer goes before',
      [
        { critical: false, dueAt: -4000, failures: 0 },
        { critical: true, dueAt: 10, failures: 0 },
      ],
      1,
    ],
    [
      'and one that waited more',
      [
        { critical: false, dueAt: -5001, failures: 0 },
        { critical: true, dueAt: 10, failures: 0 },
      ],
      0,
    ],
  ] as const)('%s', (_, turns, index) => {
    const all: readonly Turn[] = turns;
    expect(chooseTurn(all, 10)).toBe(index === undefined ? undefined : all[index]);
  });

  it('back off after the third failure: 10 s, 60 s, 300 s', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((failures) => waitAfterPoll(failures, 1000))).toEqual([
      1000, 1000, 1000, 10_000, 60_000, 300_000, 300_000,
    ]);
    expect(waitAfterPoll(3, 3_600_000)).toBe(3_600_000);
  });
});

describe('trust', () => {
  it('asks, sends a number after a timeout, and asks again when the number comes back', () => {
    expect(stanceOf(fullTrust, 0)).toEqual({ do: 'ask' });
    const once = afterTimeout(fullTrust, 1000);
    expect(stanceOf(once, 2000)).toEqual({ do: 'echo' });
    expect(stanceOf(afterEcho(once), 2000)).toEqual({ do: 'ask' });
  });

  it('of a unit that sends no number back probes, and waits until all that is owed has come', () => {
    const lost = afterLostEcho(afterTimeout(fullTrust, 1000), 2000, false);
    expect(stanceOf(lost, 2500)).toEqual({ do: 'probe' });
    expect(stanceOf(afterTimeout(lost, 2500), 2700)).toEqual({ do: 'echo' });
    const proven = afterProbe(lost, { sentAt: 3000, nowMs: 3200, responseTimeoutMs: 100 });
    expect(stanceOf(proven, 3200)).toEqual({ do: 'wait', ms: 2001 });
    expect(stanceOf(proven, 5201)).toEqual({ do: 'ask' });
  });

  it('of a unit that has sent one back, be it another, wants it for ever', () => {
    const heard = afterLostEcho(afterTimeout(fullTrust, 1000), 2000, true);
    expect(stanceOf(afterLostEcho(heard, 3000, false), 4000)).toEqual({ do: 'echo' });
    expect(stanceOf(afterLostEcho(afterTimeout(afterEcho(heard), 5000), 6000, false), 7000)).toEqual({ do: 'echo' });
  });

  it('probes however old the timeout is, but then waits for a response time only', () => {
    const old = afterLostEcho(fullTrust, 0, false);
    expect(stanceOf(old, 300_000)).toEqual({ do: 'probe' });
    const proven = afterProbe(old, { sentAt: 300_000, nowMs: 300_020, responseTimeoutMs: 500 });
    expect(stanceOf(proven, 300_020)).toEqual({ do: 'wait', ms: 500 });
    expect(stanceOf(proven, 300_520)).toEqual({ do: 'ask' });
  });

  it('never takes a late answer for another’s: a unit that answers late, always, is believed only when nothing is owed', () => {
    const waits = fc.array(fc.integer({ min: 20, max: 2000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), waits, (lateMs, pauses) => {
        const timeoutMs = 100;
        const owed: number[] = [];
        let trust = fullTrust;
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          const stance = stanceOf(trust, now);
          if (stance.do === 'wait') continue;
          const sentAt = now;
          const stale = owed.filter((at) => at >= sentAt);
          if (stance.do === 'ask') expect(stale, 'an old answer is under way').toEqual([]);
          owed.push(sentAt + lateMs);
          const first = owed.filter((at) => at >= sentAt && at < sentAt + timeoutMs).toSorted((left, right) => left - right)[0];
          if (first === undefined) {
            trust = afterLostEcho(trust, sentAt, false);
            now += 2 * timeoutMs;
          } else {
            now = first;
            trust = stance.do === 'ask' ? trust : afterProbe(trust, { sentAt, nowMs: now, responseTimeoutMs: timeoutMs });
          }
        }
      }),
    );
  });
});
