// The client against servers that misbehave.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectControl } from '#control';

async function openOddServer(speak: (socket: Socket) => void): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-odd-'));
  const path = join(folder, 's');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => speak(socket));
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    async [Symbol.asyncDispose]() {
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

describe('the client', () => {
  const odd: readonly (readonly [string, (socket: Socket) => void, string])[] = [
    ['garbage', (socket) => socket.write('garbage\n'), 'control.answer-unreadable'],
    ['an answer of another shape', (socket) => socket.write('{"id":1,"answer":{"rows":"many"}}\n'), 'control.answer-unreadable'],
    ['nothing but a close', (socket) => socket.end(), 'control.connection-lost'],
    ['half an answer', (socket) => socket.end('{"id":1,'), 'control.connection-lost'],
    ['a line without end', (socket) => socket.write(Buffer.alloc(13 * 1024 * 1024, 'x')), 'control.answer-unreadable'],
  ];
  it.each(odd)('names what is wrong with %s', async (_, speak, code) => {
    await using server = await openOddServer(speak);
    await using client = await connectControl(server.path, 'kim');
    await expect(client.call('audit.verify', {})).rejects.toMatchObject({ code });
  });

  it('asks a hundred times over one connection without a listener more for each', async () => {
    const answer = (socket: Socket): boolean => socket.write('{"id":1,"answer":{"rows":0,"valid":true}}\n');
    await using server = await openOddServer((socket) => {
      answer(socket);
      socket.on('data', () => answer(socket));
    });
    const warnings: string[] = [];
    const warned = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', warned);
    await using client = await connectControl(server.path, 'kim');
    for (let count = 0; count < 100; count += 1) await client.call('audit.verify', {});
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  it('checks an input before it is sent', async () => {
    let heard = false;
    await using server = await openOddServer(() => {
      heard = true;
    });
    await using client = await connectControl(server.path, 'kim');
    await expect(client.call('camera.snapshot', { id: 'cam-1', reason: '' })).rejects.toMatchObject({ code: 'control.input-invalid' });
    expect(heard).toBe(false);
  });
});
