// Breaks: counted, told once an hour at most, and told to be over; what of local detections is kept and for how long.
import { describe, expect, it } from 'vitest';
import { openBreakCounts, openBreaks } from '../../src/cameras/events/breaks.ts';
import { openDetections } from '../../src/cameras/events/detections.ts';
import type { Sighting } from '../../src/cameras/events/meaning.ts';
import type { CamerasProcedures } from '../../src/cameras/tables.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { env, openFakeStore } from './fake-deps.ts';
import { at, read, said } from './said.ts';

const hourMs = 3_600_000;

function opened(heardBefore?: number) {
  const clock = openFakeClock(at);
  const counts = openBreakCounts();
  return { clock, counts, breaks: openBreaks({ device: 'cam-1', heardBefore }, counts, clock) };
}

describe('breaks', () => {
  it('are none for a camera that is heard for the first time, or taken up again after a restart', () => {
    expect(opened().breaks.resumed(true)).toBeUndefined();
    expect(opened(at - 5000).breaks.resumed(false)).toBeUndefined();
  });

  it('count from the last word to the new subscription, and are told', () => {
    const { clock, counts, breaks } = opened();
    breaks.resumed(true);
    breaks.heard();
    clock.advance(187_000);
    const told = breaks.resumed(false);
    expect(told).toMatchObject({ device: 'cam-1', kind: 'events-missed', state: 'raised', severity: 'warning', time: at });
    expect(told?.message.en).toMatch(/from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d to /);
    expect(counts).toEqual({ count: 1, unheardMs: 187_000, last: { from: at, to: at + 187_000 } });
  });

  it('reach back to a former daemon whose subscription is gone', () => {
    const { counts, breaks } = opened(at - 60_000);
    expect(breaks.resumed(true)).toMatchObject({ state: 'raised', time: at - 60_000 });
    expect(counts.unheardMs).toBe(60_000);
  });

  it('are one condition until an hour has passed without one, and then told together', () => {
    const { clock, breaks } = opened();
    for (let index = 0; index < 3; index += 1) {
      breaks.heard();
      clock.advance(10_000);
      expect(breaks.resumed(true)?.state).toBe(index === 0 ? 'raised' : undefined);
      clock.advance(hourMs - 1);
      expect(breaks.due()).toBeUndefined();
    }
    clock.advance(1);
    const over = breaks.due();
    expect(over?.state).toBe('cleared');
    expect(over?.message.en).toContain('3 times, 30s in all');
    expect(over?.message.ko).toContain('3번, 모두 30초');
    expect(breaks.due()).toBeUndefined();
  });

  it('do not wait for a clock that is set', () => {
    const { clock, counts, breaks } = opened();
    breaks.heard();
    clock.jump(-86_400_000);
    clock.advance(2000);
    breaks.resumed(true);
    expect(counts.unheardMs).toBe(2000);
  });

  it('end what a former daemon may have raised, an hour after the start', () => {
    const { clock, breaks } = opened();
    expect(breaks.due()).toBeUndefined();
    clock.advance(hourMs);
    expect(breaks.due()).toMatchObject({ state: 'cleared' });
  });
});

describe('local detections', () => {
  const calls = (store: ReturnType<typeof openFakeStore>) => store.procedures<CamerasProcedures>('cameras');
  const moved = (state: string): Sighting =>
    read(said('RuleEngine/CellMotionDetector/Motion', { IsMotion: state }, { VideoSource: 'src1', Rule: '뒷문' }));

  it('are kept, the newest of the site, and found by camera and kind', async () => {
    await using store = openFakeStore();
    const detections = openDetections(calls(store), 5, env);
    for (let index = 0; index < 4; index += 1) detections.note('cam-1', moved('1'));
    detections.note('cam-2', read(said('Device/Trigger/Relay', { LogicalState: 'active' }, { RelayToken: '1' })));
    expect(await detections.list({ limit: 10 })).toHaveLength(5);
    detections.note('cam-1', { ...moved('0'), reason: 'timeout' });
    const [newest, ...rest] = await detections.list({ limit: 10 });
    expect(newest).toMatchObject({ device: 'cam-1', channel: '2', kind: 'motion', zone: '뒷문', state: 'inactive', reason: 'timeout', at });
    expect(rest).toHaveLength(4);
    expect(await detections.list({ device: 'cam-2', limit: 10 })).toMatchObject([{ kind: 'relay', channel: 'relay-1' }]);
    expect(await detections.list({ kind: 'motion', device: 'cam-1', limit: 2, before: newest?.row })).toHaveLength(2);
    await calls(store).forget('cam-1');
    expect(await detections.list({ limit: 10 })).toHaveLength(1);
  });

  it('are counted as dropped when the store fails, and when too many wait', async () => {
    await using store = openFakeStore();
    const failing = { ...calls(store), keepDetections: () => Promise.reject(new Error('disk')) };
    const detections = openDetections(failing, 5, env);
    for (let index = 0; index < 5003; index += 1) detections.note('cam-1', moved('1'));
    expect(detections.dropped).toBe(3);
    expect(await detections.list({ limit: 10 })).toEqual([]);
    expect(detections.dropped).toBe(5003);
  });

  it('are none when none are to be kept', async () => {
    await using store = openFakeStore();
    const detections = openDetections(calls(store), 0, env);
    detections.note('cam-1', moved('1'));
    expect(await detections.list({ limit: 10 })).toEqual([]);
  });
});
