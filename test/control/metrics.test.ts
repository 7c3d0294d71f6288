// The metrics over the socket and over the loopback listener.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { connectControl, type MetricSample } from '#control';
import { controlOptions } from '#control/options';
import { openFakeClock } from '../fakes/clock.ts';
import { openDoor } from './door.ts';

const samples: readonly MetricSample[] = [
  { name: 'bongsu_uplink_connected', value: 1 },
  { name: 'bongsu_cameras', value: 2, labels: { state: 'online' } },
  { name: 'bongsu_commands_total', value: 41, labels: { result: 'done' } },
  { name: 'bongsu_memory_bytes', value: Number.NaN },
];

describe('metrics', () => {
  it('are the values of now, however often they are asked', async () => {
    let value = 41;
    await using door = await openDoor({
      collect: async () => [{ name: 'bongsu_commands_total', value: value++, labels: { result: 'done' } }],
    });
    await using client = await connectControl(door.path, 'kim');
    expect((await client.call('metrics', {})).text).toContain('bongsu_commands_total{result="done"} 41');
    expect((await client.call('metrics', {})).text).toContain('bongsu_commands_total{result="done"} 42');
  });

  it('are served on loopback where configured, and nothing else is', async () => {
    await using door = await openDoor({ metrics: { host: '127.0.0.1', port: 0 }, collect: async () => samples });
    const { metrics } = await door.service.listening;
    expect(metrics?.port).toBeGreaterThan(0);
    const base = `http://127.0.0.1:${metrics?.port}`;
    const response = await fetch(`${base}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = await response.text();
    expect(text).toContain('# TYPE bongsu_cameras gauge\nbongsu_cameras{state="online"} 2');
    expect(text).toContain('bongsu_uplink_connected 1');
    expect(text).not.toContain('NaN');
    expect((await fetch(`${base}/`)).status).toBe(404);
    expect((await fetch(`${base}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  it('answer 503 when they cannot be collected, and the door stays open', async () => {
    await using door = await openDoor({
      metrics: { host: '127.0.0.1', port: 0 },
      collect: async () => {
        throw new Error('store is closed');
      },
    });
    const { metrics } = await door.service.listening;
    expect((await fetch(`http://127.0.0.1:${metrics?.port}/metrics`)).status).toBe(503);
    await using client = await connectControl(door.path, 'kim');
    await expect(client.call('metrics', {})).rejects.toMatchObject({ code: 'control.failed' });
  });

  it('wait for a port that is taken, and everything else goes on meanwhile', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const clock = openFakeClock(0);
    await using door = await openDoor({ metrics: { host: '127.0.0.1', port }, collect: async () => samples, clock });
    expect((await door.service.listening).metrics).toBeUndefined();
    await using client = await connectControl(door.path, 'kim');
    expect((await client.call('metrics', {})).text).toContain('bongsu_uplink_connected 1');
    other.close();
    await once(other, 'close');
    const scrape = (): Promise<number> =>
      fetch(`http://127.0.0.1:${port}/metrics`).then(
        ({ status }) => status,
        () => 0,
      );
    clock.advance(4999);
    expect(await scrape()).toBe(0);
    clock.advance(1);
    await vi.waitFor(async () => expect(await scrape()).toBe(200));
  });

  it('do not hold up a stop while they wait for their port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const door = await openDoor({ metrics: { host: '127.0.0.1', port } });
    await door[Symbol.asyncDispose]();
    await expect(connectControl(door.path, 'kim')).rejects.toMatchObject({ code: 'control.not-running' });
    other.close();
  });
});

describe('options', () => {
  it.each([
    [{}, true],
    [{ metrics: {} }, true],
    [{ socket: 'relative.sock' }, false],
    [{ socket: `/${'가'.repeat(40)}` }, false],
    [{ metrics: { host: '0.0.0.0' } }, false],
    [{ metrics: { port: 65_536 } }, false],
    [{ sockets: '/run/x' }, false],
  ])('%j is valid: %s', (value, good) => {
    expect(controlOptions.safeParse(value).success).toBe(good);
  });
});
