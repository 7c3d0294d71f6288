// A short look at the disk's tortures: the file is cut off, and its log goes; the gateway starts, the hub hears what happened, and alarms flow.
import { expect, it } from 'vitest';
import { diskTorture } from '../torture/disk.ts';

it.each(['truncated', 'wal-removed'])(
  '%s: nothing that is answered afterwards is lost, and no hole stays open',
  { timeout: 120_000 },
  async (name) => {
    const { figures, stood } = await diskTorture({ only: [name], rounds: 1, sendMs: 700, tell: () => {} });
    const told = JSON.stringify(figures);
    expect(told).toContain('"lostAfter":0');
    expect(told).toContain('"unexplained":0');
    expect(stood, told).toBe(true);
  },
);
