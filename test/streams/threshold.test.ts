// The threshold before TLS: how many connections it lets on, in whose turn, and that it keeps nothing of who went.
import { EventEmitter } from 'node:events';
import type { Server, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openThreshold } from '../../src/streams/server/threshold.ts';
import { openFakeClock } from '../fakes/clock.ts';

function openStage() {
  const clock = openFakeClock(1_700_000_000_000);
  const inside: string[] = [];
  const inner = new EventEmitter().on('connection', (socket: Socket) => inside.push(socket.remoteAddress ?? ''));
  const server = openThreshold(inner as Server, clock);
  const arrive = (remoteAddress: string): Socket => {
    const socket = Object.assign(new EventEmitter(), {
      remoteAddress,
      destroyed: false,
      destroy: () => Object.assign(socket, { destroyed: true }).emit('close'),
    }) as unknown as Socket;
    server.emit('connection', socket);
    return socket;
  };
  return { clock, inside, arrive };
}

describe('the threshold', () => {
  it('lets 100 on at once, and 250 in each second after that', async () => {
    const { clock, inside, arrive } = openStage();
    for (let count = 0; count < 1_000; count += 1) arrive('10.0.0.1');
    await Promise.resolve();
    expect(inside).toHaveLength(100);
    clock.advance(1_000);
    expect(inside).toHaveLength(350);
    clock.advance(5_000);
    expect(inside).toHaveLength(1_000);
    expect(clock.pending).toBe(0);
  });

  it('lets each network on in its turn', async () => {
    const { clock, inside, arrive } = openStage();
    for (let count = 0; count < 500; count += 1) arrive('10.0.0.1');
    await Promise.resolve();
    arrive('10.0.0.2');
    arrive('10.0.0.3');
    await Promise.resolve();
    clock.advance(20);
    expect(inside.slice(100)).toEqual(expect.arrayContaining(['10.0.0.2', '10.0.0.3']));
  });

  it('forgets who went, or was sent away, while he waited', async () => {
    const { clock, inside, arrive } = openStage();
    const sockets = Array.from({ length: 300 }, () => arrive('10.0.0.1'));
    sockets[0]?.destroy();
    await Promise.resolve();
    for (const socket of sockets.slice(280)) socket.destroy();
    clock.advance(1_000);
    expect(inside).toHaveLength(279);
    expect(clock.pending).toBe(0);
  });
});
