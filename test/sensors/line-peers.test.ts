// Who is connected to a line: a crowd of one address throws out nobody else, and who was understood stays.
import { describe, expect, it } from 'vitest';
import { openPeers } from '../../src/sensors/line/peers.ts';

function open() {
  const ended: string[] = [];
  const peers = openPeers<string>((connection) => ended.push(connection));
  const enter = (address: string, ...names: string[]): string[] => names.map((name) => peers.enter(address, name));
  return { peers, ended, enter };
}
const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

describe('the panels of a line', () => {
  it('are eight of one address; the oldest that was never understood gives way', () => {
    const { peers, ended, enter } = open();
    const [panel = ''] = enter('10.0.0.1', 'panel');
    peers.understood(panel);
    enter('10.0.0.1', ...names('idle', 9));
    expect(ended).toEqual(['idle0', 'idle1']);
  });

  it('are sixteen in all; a crowd gives way before a panel that has said nothing yet', () => {
    const { peers, ended, enter } = open();
    enter('10.0.0.1', 'silent');
    const [panel = ''] = enter('10.0.0.2', 'panel');
    peers.understood(panel);
    enter('10.0.0.3', ...names('c', 8));
    enter('10.0.0.4', ...names('d', 8));
    enter('10.0.0.5', 'e');
    expect(ended).toEqual(['c0', 'c1', 'd0']);
  });

  it('give way by age where all were understood, one that comes back first its own address', () => {
    const { peers, ended, enter } = open();
    for (const peer of [...enter('10.0.0.1', ...names('a', 7)), ...enter('10.0.0.2', ...names('b', 8))]) peers.understood(peer);
    for (const peer of enter('10.0.0.3', 'c')) peers.understood(peer);
    enter('10.0.0.2', 'again');
    enter('10.0.0.9', 'new');
    expect(ended).toEqual(['b0', 'again']);
    peers.leave('peer 1');
    peers.end();
    expect(ended).toHaveLength(17);
  });
});
