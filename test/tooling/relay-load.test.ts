// The load of the relay's bench by itself: readers straight at the cameras lose nothing, and see when something is missing.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileLoad, segmentFeed, startCameras, startReaders } from '../../bench/relay-load.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-load-'));
  compileLoad(folder);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('passes 4 Mbit/s to each reader, whole and in order', async () => {
  await using cameras = await startCameras(folder, segmentFeed);
  const urls = [1, 2, 3].map((number) => `rtsp://127.0.0.1:${cameras.port}/${number}`);
  await using readers = await startReaders(folder, urls);
  await sleep(300);
  await readers.report();
  await sleep(1_000);
  const { frames, bytes, lost, disordered, playing } = await readers.report();
  expect({ lost, disordered, playing }).toEqual({ lost: 0, disordered: 0, playing: 3 });
  // Not more than the cameras make; less where the machine is busy.
  expect(frames).toBeGreaterThan(15);
  expect(bytes).toBeGreaterThan(100_000);
  expect((await cameras.report()).players).toBe(3);
});

it('counts what is missing', async () => {
  await using cameras = await startCameras(folder, segmentFeed);
  // A relay that drops each fiftieth packet that is no small one.
  const server = createServer((reader) => {
    const camera = connect(cameras.port, '127.0.0.1');
    let kept = Buffer.alloc(0);
    let seen = 0;
    camera.on('data', (bytes: Buffer) => {
      kept = Buffer.concat([kept, bytes]);
      if (kept[0] !== 0x24) {
        reader.write(kept);
        kept = Buffer.alloc(0);
      }
      for (let size = 4 + (kept.length > 3 ? kept.readUInt16BE(2) : 0); kept.length >= size && kept.length > 3; ) {
        seen += 1;
        if (size < 1_000 || seen % 50 !== 0) reader.write(kept.subarray(0, size));
        kept = kept.subarray(size);
        size = 4 + (kept.length > 3 ? kept.readUInt16BE(2) : 0);
      }
    });
    reader.on('data', (bytes) => camera.write(bytes));
    for (const socket of [reader, camera]) socket.on('error', () => {});
    reader.once('close', () => camera.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using readers = await startReaders(folder, [`rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/1`]);
  await sleep(1_500);
  const { lost, disordered, packets } = await readers.report();
  expect(lost).toBeGreaterThan(0);
  expect(disordered).toBe(lost);
  expect(lost / packets).toBeLessThan(0.05);
  server.close();
});
