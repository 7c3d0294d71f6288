// What a line's grammar does not know: told at once of a fire panel, whatever is understood in between, and over an hour after the last.
import { describe, expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import { sensorsOptions } from '#sensors/options';
import { openSense } from '../../src/sensors/line/sense.ts';
import { shippedGrammar } from '../../src/sensors/line/shipped.ts';
import { openSensors } from '../../src/sensors/sensors.ts';
import { openTeller } from '../../src/sensors/teller.ts';
import { openEventClock } from '../fakes/event-clock.ts';
import { openRecorder } from './recorder.ts';

const hour = 3_600_000;

function stage(name: string, patterns?: object[]) {
  const clock = openEventClock(Date.UTC(2026, 10, 20));
  const env = { clock, random: systemRandom, log: openLog('silent') };
  const recorder = openRecorder();
  const teller = openTeller(recorder, env, new AbortController().signal);
  const grammar = patterns ? sensorsOptions.parse({ grammars: { own: { patterns } } }).grammars['own'] : shippedGrammar(name);
  if (!grammar) throw new Error(name);
  const sense = openSense({ id: 'l', device: 'panel-1', grammar }, teller, env);
  const pass = async (ms: number): Promise<void> => {
    let isOver = false;
    clock.after(ms, () => (isOver = true));
    await clock.runUntil(() => isOver);
  };
  return {
    sense,
    recorder,
    pass,
    told: () => recorder.conditions.map(({ channel, state, severity }) => `${channel} ${state} ${severity}`),
  };
}

describe('a line that the grammar of a fire panel does not know', () => {
  it('is told the first time, as major and with its text, though the panel lives', async () => {
    const { sense, recorder, pass, told } = stage('korean-r-type');
    sense.understood();
    for (let at = 0; at < 12; at += 1) {
      sense.unknown(`[화재발생] 2026-11-20 10:00:${10 + at} 3-${at} 2층\u001b[2J복도`);
      sense.understood();
    }
    await pass(1);
    expect(told()).toEqual(['unknown-line-1 raised major']);
    expect(recorder.conditions[0]?.message.ko).toMatch(/화재일 수 있으니.*\[화재발생\] 2026-11-20 10:00:10 3-0 2층\?\[2J복도$/);
    expect(sense.problem()?.en).toContain('3-11 2층');
    sense.unknown(`[새이벤트] ${'가'.repeat(5000)}`);
    await pass(hour / 2);
    expect(told().slice(1)).toEqual(['unknown-line-2 raised major']);
    expect(recorder.conditions[1]?.message.ko.length).toBeLessThan(250);
    await pass(hour);
    expect(told().slice(2).toSorted()).toEqual(['unknown-line-1 cleared minor', 'unknown-line-2 cleared minor']);
    expect(sense.problem()).toBeUndefined();
  });

  it('has at most eight conditions, whatever comes, and none for what a wrong speed has spoilt', async () => {
    const { sense, pass, told } = stage('est3x');
    for (let at = 0; at < 100; at += 1) sense.unknown(`EVENT ${'x'.repeat(at)}`);
    sense.unknown('\uFFFD1\uFFFD');
    await pass(1);
    expect(told().filter((each) => each.startsWith('unknown-line'))).toHaveLength(8);
    expect(told()).toContain('line raised minor');
  });

  it('of a line without fires counts from the eighth in an hour, in a row or not', async () => {
    const { sense, pass, told } = stage('own', [{ says: 'values', match: 'LEVEL (?<level>\\d+)' }]);
    for (let at = 0; at < 7; at += 1) {
      sense.unknown('LEVEL ?');
      sense.understood();
    }
    await pass(1);
    expect(told()).toEqual([]);
    sense.unknown('LEVEL ?');
    await pass(1);
    expect(told()).toEqual(['unknown-line-1 raised minor']);
  });

  it('that stands from before a restart is over after an hour', async () => {
    const { sense, recorder, pass } = stage('korean-r-type');
    await recorder.condition({
      device: 'panel-1',
      channel: 'unknown-line-1',
      kind: 'sensor-fault',
      severity: 'major',
      state: 'raised',
      time: 0,
      message: { ko: '', en: '' },
    });
    sense.understood();
    await pass(hour + 1);
    expect(recorder.said().at(-1)).toBe('sensor-fault cleared panel-1');
  });
});

describe('a serial port that is not there', () => {
  it('is why its panel is not heard', async () => {
    const env = { clock: openEventClock(0), random: systemRandom, log: openLog('silent') };
    const recorder = openRecorder();
    const lines = [{ id: 'l', device: 'panel-1', via: 'serial', port: '/dev/serial/by-id/none', grammar: 'korean-r-type' }];
    const sensors = openSensors(sensorsOptions.parse({ lines }), recorder, env);
    const stop = new AbortController();
    const done = sensors.service.run(stop.signal);
    const isTold = (): boolean => recorder.said().length > 0;
    for (let tries = 0; !isTold() && tries < 200; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(sensors.status()[0]).toMatchObject({ state: 'fault', problem: { en: expect.stringMatching(/^The serial port is not there/) } });
    expect(recorder.said()).toEqual(['bus-fault raised gateway']);
    stop.abort();
    await done;
  });
});
