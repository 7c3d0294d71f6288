// The gate of floods: each device's own allowance, what is critical, and the last word.
import { describe, expect, it } from 'vitest';
import { type Env, openLog, systemEnv } from '#base';
import { openGate } from '../../src/sensors/mqtt/gate.ts';
import type { MqttMessage } from '../../src/sensors/mqtt/intake.ts';
import { openFakeClock } from '../fakes/clock.ts';

type Urgency = 'raises' | 'eases' | 'none';

function openStage(perSecond: number) {
  const clock = openFakeClock(0);
  const env: Env = { ...systemEnv(openLog('silent')), clock };
  const dropped: string[] = [];
  const taken: string[] = [];
  const intake = {
    look: (_: string, { topic, payload }: MqttMessage) => ({ sender: topic, urgency: () => String(payload).split(' ')[0] as Urgency }),
    take: async (_: string, { topic, payload }: MqttMessage) => {
      taken.push(`${topic} ${String(payload)}`);
      return 'measured' as const;
    },
  };
  const gate = openGate({ perSecond, intake, floods: { over: (sender) => void dropped.push(sender) } }, env);
  const send = (topic: string, text: string) => gate.passes({ topic, payload: Buffer.from(text), qos: 1, isRetained: false });
  return { clock, gate, send, dropped, taken };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the gate', () => {
  it('lets each device have its own allowance, all that raises, and a second allowance of what eases', async () => {
    const { send, dropped } = openStage(1);
    const passed = { a: 0, b: 0, raises: 0, eases: 0 };
    for (let at = 0; at < 100; at += 1) {
      if (await send('a', 'none')) passed.a += 1;
      if (at < 5 && (await send('b', 'none'))) passed.b += 1;
    }
    for (let at = 0; at < 100; at += 1) {
      if (await send('a', 'raises')) passed.raises += 1;
      if (await send('a', 'eases')) passed.eases += 1;
    }
    expect(passed).toEqual({ a: 10, b: 5, raises: 100, eases: 10 });
    expect(dropped).toHaveLength(90 + 90);
    expect(new Set(dropped)).toEqual(new Set(['a']));
  });

  it('judges the last word of each when there is room, unless a later one has passed', async () => {
    const { clock, gate, send, taken } = openStage(1);
    const stop = new AbortController();
    const watching = gate.watch(stop.signal).catch(() => {});
    for (const device of ['a', 'b']) for (let at = 0; at < 50; at += 1) await send(device, `none ${at}`);
    await send('b', 'raises');
    clock.advance(1000);
    await settle();
    expect(taken).toEqual(['a none 49']);
    for (let second = 0; second < 5; second += 1) {
      clock.advance(1000);
      await settle();
    }
    expect(taken).toEqual(['a none 49']);
    stop.abort();
    await watching;
  });

  it('keeps the last words of 64 devices and no more', async () => {
    const { clock, gate, send, taken } = openStage(1);
    const stop = new AbortController();
    const watching = gate.watch(stop.signal).catch(() => {});
    for (let device = 0; device < 100; device += 1) for (let at = 0; at < 11; at += 1) await send(`d${device}`, `none ${at}`);
    for (let second = 0; second < 3; second += 1) {
      clock.advance(1000);
      for (let turn = 0; turn < 100; turn += 1) await settle();
    }
    expect(taken).toHaveLength(64);
    expect(taken[0]).toBe('d36 none 10');
    stop.abort();
    await watching;
  });
});
