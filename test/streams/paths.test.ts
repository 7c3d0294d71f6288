// The table of paths: who shares a camera's connection, and who must not.
import { describe, expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import type { StreamSource } from '#model';
import { openPaths, openReader, type PathDeps } from '../../src/streams/path/index.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { pieceOf } from './pieces.ts';

const key = { device: 'cam-1', channel: 1, quality: 'main' } as const;
const source: StreamSource = { url: 'rtsp://10.0.0.1/live', user: 'u', password: 'p' };
const track = { codec: 'h264', payloadType: 96 } as unknown as Parameters<Parameters<PathDeps['runSource']>[1]['ready']>[0];

function opened() {
  const clock = openFakeClock(1_700_000_000_000);
  const running: string[] = [];
  const runs: { readonly source: StreamSource; show(): void }[] = [];
  const runSource: PathDeps['runSource'] = (options, sink, _env, signal) => {
    const name = `${options.source.url} ${options.source.user} ${options.source.password}`;
    running.push(name);
    sink.ready(track);
    runs.push({ source: options.source, show: () => sink.piece(pieceOf(Buffer.from(options.source.url), { isKey: true })) });
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        running.splice(running.indexOf(name), 1);
        resolve(undefined);
      });
    });
  };
  const events = { sourceOpened: () => {}, sourceClosed: () => {}, sourceFailed: () => {} };
  const options = { closeAfterMs: 10_000, openTimeoutMs: 10_000, frameTimeoutMs: 10_000 };
  const env = { clock, random: systemRandom, log: openLog('silent') };
  const paths = openPaths(options, { runSource, readBuffer: Buffer.alloc(1), events }, env);
  const look = (from: StreamSource) => {
    const seen: string[] = [];
    const member = paths.join(key, from, () => {});
    const line = { write: (bytes: Buffer) => void seen.push(bytes.toString()), waitingBytes: 0 };
    member.attach(openReader(line, { channels: { rtp: 0, rtcp: 1 }, bufferBytes: 1_000 }, clock));
    return { member, seen };
  };
  return { clock, running, runs, paths, look };
}

describe('paths', () => {
  it('share one connection among leases of the same source, also just after the last reader left', () => {
    const { running, runs, look } = opened();
    const first = look(source);
    look({ ...source }).member.leave();
    first.member.leave();
    look({ ...source });
    expect([running.length, runs.length]).toEqual([1, 1]);
  });

  it.each<[string, Partial<StreamSource>]>([
    ['address', { url: 'rtsp://10.0.0.2/live' }],
    ['user', { user: 'other' }],
    ['password', { password: 'other' }],
  ])('never show a reader what another %s gives', async (_, changes) => {
    const { clock, running, runs, paths, look } = opened();
    const old = look(source);
    old.member.leave();
    const other = { ...source, ...changes };
    const next = look(other);
    expect(running).toEqual([`${other.url} ${other.user} ${other.password}`]);
    expect(paths.list()).toMatchObject([{ ...key, state: 'ready', readers: 1 }]);
    for (const run of runs) run.show();
    expect([old.seen, next.seen]).toEqual([[], [other.url]]);
    clock.advance(60_000);
    expect(running).toHaveLength(1);
  });

  it('leave those who look at the old source under their own lease alone', () => {
    const { clock, running, runs, look } = opened();
    const old = look(source);
    const next = look({ ...source, url: 'rtsp://10.0.0.2/live' });
    for (const run of runs) run.show();
    expect([old.seen, next.seen]).toEqual([['rtsp://10.0.0.1/live'], ['rtsp://10.0.0.2/live']]);
    old.member.leave();
    clock.advance(10_000);
    expect(running).toEqual(['rtsp://10.0.0.2/live u p']);
  });

  it('send away who comes in the pause after a refused login, but not before he has come', async () => {
    const refused = { reason: 'login-refused', detail: '' } as const;
    let asked = 0;
    const runSource: PathDeps['runSource'] = async () => {
      asked += 1;
      return refused;
    };
    const events = { sourceOpened: () => {}, sourceClosed: () => {}, sourceFailed: () => {} };
    const env = { clock: openFakeClock(1_700_000_000_000), random: systemRandom, log: openLog('silent') };
    const options = { closeAfterMs: 10_000, openTimeoutMs: 10_000, frameTimeoutMs: 10_000 };
    const paths = openPaths(options, { runSource, readBuffer: Buffer.alloc(1), events }, env);
    await paths.join(key, source, () => {}).describe();
    const ends: string[] = [];
    const second = paths.join(key, source, ({ reason }) => ends.push(reason));
    expect(ends).toEqual([]);
    expect(await second.describe()).toEqual({ ok: false, failure: refused });
    expect([ends, asked]).toEqual([['login-refused'], 1]);
  });
});
