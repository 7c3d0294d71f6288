// Frames that wait in a flood: nobody loses a line to another sender, and what is grave is not what is dropped.
import { describe, expect, it } from 'vitest';
import { openFrameQueue } from '../../src/sensors/line/queue.ts';

const open = (capacity = 8) => openFrameQueue({ capacity, isGrave: (frame) => String(frame).startsWith('FIRE') });
type Queue = ReturnType<typeof open>;
const add = (queue: Queue, sender: string, text: string): string | undefined =>
  queue.add(sender, { frame: Buffer.from(text), wallMs: 0, monotonicMs: 0 });
function drain(queue: Queue): string[] {
  const texts: string[] = [];
  for (let next = queue.next(); next; next = queue.next()) texts.push(String(next.frame));
  return texts;
}

describe('the queue of a line', () => {
  it('drops of the sender that has most waiting, its newest', () => {
    const queue = open();
    const shed = Array.from({ length: 20 }, (_, at) => add(queue, 'loud', `loud ${at}`));
    expect(shed.filter((sender) => sender === 'loud')).toHaveLength(12);
    expect([add(queue, 'a', 'a 1'), add(queue, 'a', 'a 2'), add(queue, 'b', 'b 1')]).toEqual(['loud', 'loud', 'loud']);
    expect(queue.size).toBe(8);
    expect(drain(queue)).toEqual(['loud 0', 'a 1', 'b 1', 'loud 1', 'a 2', 'loud 2', 'loud 3', 'loud 4']);
    expect(queue.size).toBe(0);
  });

  it('keeps what is grave, in its place, and a sender that sends nothing else loses its own', () => {
    const queue = open();
    for (let at = 0; at < 30; at += 1) add(queue, 'loud', at === 20 ? 'FIRE' : `${at}`);
    expect(drain(queue)).toEqual(['0', '1', '2', '3', '4', '5', '6', 'FIRE']);
    for (let at = 0; at < 30; at += 1) add(queue, 'loud', `FIRE ${at}`);
    expect(add(queue, 'b', 'OK')).toBe('loud');
    expect(drain(queue)).toEqual(['FIRE 0', 'OK', 'FIRE 1', 'FIRE 2', 'FIRE 3', 'FIRE 4', 'FIRE 5', 'FIRE 6']);
  });

  it('has room for 256 senders; one that comes beyond them loses its frame', () => {
    const queue = open(1024);
    for (let sender = 0; sender < 256; sender += 1) expect(add(queue, `${sender}`, 'x')).toBeUndefined();
    expect(add(queue, 'more', 'FIRE')).toBe('more');
    expect(add(queue, '7', 'y')).toBeUndefined();
    expect(queue.size).toBe(257);
  });
});
