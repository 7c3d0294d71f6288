// A store that takes no condition, as while its disk is sick: no fire waits behind one, asked, told or on a line.
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { type Env, openLog, resolvedSecret, systemEnv } from '#base';
import type { Condition } from '#model';
import { openEndings, openSensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { openSensorMemory } from '../../src/sensors/memory.ts';
import { openMessageSource } from '../../src/sensors/messages/index.ts';
import { openObserver } from '../../src/sensors/observer.ts';
import { conditionOf, type Observation } from '../../src/sensors/rules/index.ts';
import { openTeller } from '../../src/sensors/teller.ts';
import { templateOption } from '../../src/sensors/template.ts';
import { openToldObserver } from '../../src/sensors/told-observer.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openRecorder } from './recorder.ts';

const env: Env = systemEnv(openLog('silent'));
const template = templateOption.parse({
  points: [
    { name: 'mains', path: 'mains' },
    { name: 'fire', path: 'fire' },
  ],
  rules: [
    { point: 'mains', as: 'power-fault', fault: 'no mains', when: { equals: 0 } },
    { point: 'fire', alarm: 'fire', when: { equals: 1 } },
  ],
});

/** Conditions wait until `heal`; how many were handed over is counted. */
function openSick() {
  const recorder = openRecorder();
  const healed = Promise.withResolvers<void>();
  const deps = {
    ...recorder,
    async condition(step: Condition) {
      await healed.promise;
      return recorder.condition(step);
    },
  };
  return { recorder, deps, heal: () => healed.resolve() };
}

const seen = (values: Record<string, number>): Extract<Observation, { result: 'values' }> => ({
  result: 'values',
  values: new Map(Object.entries(values)),
  fault: undefined,
});

const turns = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('while the store takes no condition', () => {
  it('the fire of a sensor that is asked is told', async () => {
    const { recorder, deps, heal } = openSick();
    const observer = openObserver({ device: 'd', template }, { deps, env, signal: new AbortController().signal });
    for (let poll = 0; poll < 200; poll += 1) {
      observer.observe(seen({ mains: poll % 2, fire: 0 }));
      if (poll === 0) await turns();
    }
    observer.observe(seen({ mains: 0, fire: 1 }));
    await turns();
    expect(recorder.reports.at(-1)).toMatchObject({ kind: 'fire', state: 'active' });
    heal();
    await observer.settled();
    expect(recorder.said().at(-1)).toBe('power-fault raised d');
  });

  it('the fire of one that tells is told, and the sender of the fault still waits', async () => {
    const { recorder, deps, heal } = openSick();
    const { signal } = new AbortController();
    const memory = openSensorMemory(recorder.notes, env);
    const stop = new AbortController();
    const done = memory.service.run(stop.signal);
    const observer = openToldObserver({ device: 'd', template, silentAfterMs: 0 }, { deps, env, signal, memory });
    let answered = false;
    const take = async (): Promise<void> => {
      await observer.take(seen({ mains: 0, fire: 0 }));
      answered = true;
    };
    const fault = take();
    await observer.take(seen({ fire: 1 }));
    expect([recorder.reports.map(({ kind, state }) => `${kind} ${state}`), answered]).toEqual([['fire active'], false]);
    heal();
    await fault;
    expect(recorder.said()).toContain('power-fault raised d');
    stop.abort();
    await done;
  });

  it('its sender is answered after two seconds, so that no platform has its hands full, and the fault is told when it can be', async () => {
    const { recorder, deps, heal } = openSick();
    const clock = openFakeClock(Date.UTC(2026, 10, 20));
    const world = { ...env, clock };
    const memory = openSensorMemory(recorder.notes, world);
    const stop = new AbortController();
    const done = memory.service.run(stop.signal);
    const observer = openToldObserver({ device: 'd', template, silentAfterMs: 0 }, { deps, env: world, signal: stop.signal, memory });
    const fault = observer.take(seen({ mains: 0 }));
    await turns();
    clock.advance(2000);
    await fault;
    heal();
    await observer.settled();
    expect(recorder.said()).toContain('power-fault raised d');
    stop.abort();
    await done;
  });

  it('the fire behind a power fault on a line is told', async () => {
    const { recorder, deps, heal } = openSick();
    const grammar = {
      patterns: [
        { says: 'fault', as: 'power-fault', channel: 'mains', fault: '정전', match: '정전' },
        { says: 'alarm', kind: 'fire-panel', channel: 'zone-{zone}', match: '화재 (?<zone>\\d+)' },
      ],
    };
    const options = { lines: [{ id: 'p', device: 'panel', grammar: 'own', via: 'tcp-listen', listen: { port: 0 }, from: ['127.0.0.1'] }] };
    const sensors = openSensors(sensorsOptions.parse({ ...options, grammars: { own: grammar } }), deps, env);
    const stop = new AbortController();
    const done = sensors.service.run(stop.signal);
    const { port } = await vi.waitFor(() => {
      const address = sensors.lineAddress('p');
      if (!address) throw new Error('not listening');
      return address;
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('정전\r\n화재 3\r\n');
    await vi.waitFor(() => expect(recorder.reports).toMatchObject([{ channel: 'zone-3', state: 'active' }]), { timeout: 3000 });
    expect(recorder.conditions).toEqual([]);
    heal();
    await vi.waitFor(() => expect(recorder.said()).toContain('power-fault raised panel'), { timeout: 3000 });
    socket.destroy();
    stop.abort();
    await done;
  });

  it('of thousands that wait the newest of each is kept, and of too many the newest', async () => {
    const { recorder, deps, heal } = openSick();
    const teller = openTeller(deps, env, new AbortController().signal);
    const step = (channel: string, state: 'raised' | 'cleared') => ({
      condition: conditionOf('d', 'power-fault', { channel, state, time: 1, message: { ko: 'a', en: 'a' } }),
    });
    for (let at = 0; at < 5000; at += 1) teller.say([step(`c${at % 100}`, at >= 4900 ? 'raised' : 'cleared')]);
    expect(teller.free).toBe(true);
    heal();
    await teller.settled();
    expect(recorder.conditions).toHaveLength(100);
    for (let at = 0; at < 3000; at += 1) teller.say([step(`d${at}`, 'raised')]);
    await teller.settled();
    expect(recorder.conditions.length).toBeLessThan(100 + 1100);
    expect(recorder.conditions.at(-1)).toMatchObject({ channel: 'd2999' });
  });

  it('a condition that it refuses is said again by the next message', async () => {
    const recorder = openRecorder();
    const { signal } = new AbortController();
    const clock = openFakeClock(Date.UTC(2026, 10, 20));
    const memory = openSensorMemory(recorder.notes, { ...env, clock });
    const observer = openToldObserver(
      { device: 'd', template, silentAfterMs: 0 },
      { deps: recorder, env: { ...env, clock }, signal, memory },
    );
    const stop = new AbortController();
    const done = memory.service.run(stop.signal);
    await observer.take(seen({ mains: 1, fire: 0 }));
    recorder.failing = true;
    await expect(observer.take(seen({ mains: 0 }))).rejects.toThrow('disk full');
    recorder.failing = false;
    await observer.take(seen({ mains: 0 }));
    expect(recorder.said().filter((each) => each.startsWith('power-fault raised'))).toEqual(['power-fault raised d']);
    stop.abort();
    await done;
  });
});

describe('a person who ends an alarm', () => {
  it('is heard by the sensor that is asked: what still stands is raised at its next poll, and its end is told', async () => {
    const recorder = openRecorder();
    const endings = openEndings();
    const deps = { ...recorder, endings };
    const observer = openObserver({ device: 'd', template }, { deps, env, signal: new AbortController().signal });
    const poll = async (fire: number): Promise<string[]> => {
      observer.observe(seen({ fire }));
      await observer.settled();
      return recorder.reports.splice(0).map(({ state }) => state);
    };
    expect([await poll(1), await poll(1)]).toEqual([['active'], []]);
    endings.tell({ device: 'other', channel: 'fire', kind: 'fire' });
    expect(await poll(1)).toEqual([]);
    endings.tell({ device: 'd', channel: 'fire', kind: 'fire' });
    expect([await poll(1), await poll(1), await poll(0)]).toEqual([['active'], [], ['inactive']]);
  });

  it('is heard by the sensor that tells', async () => {
    const recorder = openRecorder();
    const endings = openEndings();
    const { signal } = new AbortController();
    const memory = openSensorMemory(recorder.notes, env);
    const stop = new AbortController();
    const done = memory.service.run(stop.signal);
    const observer = openToldObserver({ device: 'd', template, silentAfterMs: 0 }, { deps: { ...recorder, endings }, env, signal, memory });
    const said = async (): Promise<number> => {
      await observer.take(seen({ fire: 1 }));
      return recorder.reports.splice(0).length;
    };
    expect([await said(), await said()]).toEqual([1, 0]);
    endings.tell({ device: 'd', channel: 'fire', kind: 'fire' });
    expect([await said(), await said()]).toEqual([1, 0]);
    stop.abort();
    await done;
  });

  it('is heard where a flood is thinned: the same event is news again', async () => {
    const recorder = openRecorder();
    const endings = openEndings();
    const { signal } = new AbortController();
    const rule = { kind: 'emergency-call' as const, state: 'active', when: { path: 'is', equals: ['pressed'] } };
    const source = { id: 's', device: 'd', token: resolvedSecret('0123456789abcdef'), map: { rules: [rule] } };
    const [options] = sensorsOptions.parse({ webhook: { sources: [source] } }).webhook?.sources ?? [];
    if (!options) throw new Error('no source');
    const memory = openSensorMemory(recorder.notes, env);
    const unknown = (): never => {
      throw new Error('none is named');
    };
    const opened = openMessageSource(options, { deps: { ...recorder, endings }, env, memory, signal, template: unknown, map: unknown });
    const content = { is: 'pressed' };
    const message = { content, body: Buffer.from(JSON.stringify(content)) };
    const urgency = (): string => opened.look(message).urgency();
    const before = urgency();
    await opened.take(message, () => {});
    const told = urgency();
    endings.tell({ device: 'd', channel: recorder.reports[0]?.channel ?? '', kind: 'emergency-call' });
    expect([before, told, urgency()]).toEqual(['raises', 'none', 'raises']);
  });
});
