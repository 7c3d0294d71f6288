// The verbs about the store as a whole: what they ask, what they print where, and how they end.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BongsuError, sameText } from '#base';
import { run } from './command-line.ts';
import { openDoor, recordedHandlers, transition } from './door.ts';

describe('outbox backup', () => {
  it('asks for the file from here, says how far it is on standard error, and what was made', async () => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    const { stdout, stderr, status: exit } = await run(['outbox', 'backup', 'nowhere/b.db', '--socket', door.path]);
    const path = resolve('nowhere/b.db');
    expect(calls[0]).toMatchObject({ operation: 'outbox.backup', input: { path }, context: { origin: 'cli:kim (claimed)' } });
    expect(stdout).toBe(`The backup ${path} is made: 800 KiB.\n`);
    expect(stderr).toMatch(/^25 % \(50 of 200 pages\)\n.* is not to be seen from here/);
    expect(exit).toBe(0);
  });

  it('prints JSON alone where JSON was asked for', async () => {
    await using door = await openDoor();
    const { stdout, stderr } = await run(['outbox', 'backup', door.path, '--json', '--socket', door.path]);
    expect(JSON.parse(stdout)).toEqual({ path: door.path, bytes: 819_200 });
    expect(stderr).toBe('');
  });

  it.each([
    [[], /^\d+ % .*\nError: You left before the end\nHint: The gateway goes on/],
    [['--json'], /^{"error":{"code":"control.backup-left",/],
  ])('that is left early says that it goes on (%j)', async (flags, text) => {
    const left = new AbortController();
    const { handlers } = recordedHandlers({
      'outbox.backup': async function* (_, { signal }) {
        yield { copiedPages: 1, totalPages: 2 };
        setTimeout(() => left.abort(), 20);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    await using door = await openDoor({ handlers });
    const done = await run(['outbox', 'backup', '/b.db', ...flags, '--socket', door.path], { io: { signal: left.signal } });
    expect(done).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(text) });
  });

  it('that fails says why', async () => {
    const { handlers } = recordedHandlers({
      'outbox.backup': async function* () {
        yield { copiedPages: 1, totalPages: 2 };
        throw new BongsuError('store.backup', { message: { ko: '백업하지 못했습니다', en: 'The backup failed' }, hint: sameText('-') });
      },
    });
    await using door = await openDoor({ handlers });
    const { stderr, status: exit } = await run(['outbox', 'backup', '/b.db', '--socket', door.path]);
    expect(stderr).toContain('The backup failed');
    expect(exit).toBe(1);
  });
});

describe('outbox export', () => {
  it('prints a line of JSON for each step', async () => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    const { stdout, stderr, status: exit } = await run(['outbox', 'export', '--from', '2h', '--socket', door.path]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).transition.step)).toEqual(['raised', 'cleared']);
    expect(calls[0]?.input).toEqual({ from: { agoMs: 7_200_000 } });
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
  });

  it('is no faster than its reader, and loses nothing', async () => {
    const rows = 2000;
    const { handlers } = recordedHandlers({
      'outbox.export': async function* () {
        for (let row = 1; row <= rows; row += 1) yield { row, transition };
      },
    });
    await using door = await openDoor({ handlers });
    let most = 0;
    let lines = 0;
    const stdout: Writable = new Writable({
      highWaterMark: 1024,
      write(chunk, _encoding, done) {
        most = Math.max(most, stdout.writableLength);
        lines += String(chunk).split('\n').length - 1;
        setImmediate(done);
      },
    });
    expect((await run(['outbox', 'export', '--socket', door.path], { io: { stdout } })).status).toBe(0);
    await new Promise((resolve) => stdout.end(resolve));
    expect(lines).toBe(rows);
    expect(most).toBeLessThan(4096);
  });

  it('that is interrupted is no success', async () => {
    const { handlers } = recordedHandlers({
      'outbox.export': async function* (_, { signal }) {
        yield { row: 1, transition };
        await once(signal, 'abort');
      },
    });
    await using door = await openDoor({ handlers });
    const stop = new AbortController();
    const stdout = new PassThrough();
    stdout.once('data', () => stop.abort());
    expect((await run(['outbox', 'export', '--socket', door.path], { io: { stdout, signal: stop.signal } })).status).toBe(1);
  });
});

describe('outbox restore', () => {
  it('hands over the file from here and who does it', async () => {
    const asked: unknown[] = [];
    const loaders = {
      restore: async (...call: unknown[]) => {
        asked.push(call);
        return { restored: { path: '/s.db', setAside: '' } };
      },
    };
    const { stdout, status } = await run(['outbox', 'restore', 'b.db', '--config', '/c.yaml', '--yes', '--json'], { loaders });
    expect(asked).toEqual([['/c.yaml', resolve('b.db'), 'kim']]);
    expect(JSON.parse(stdout)).toEqual({ from: resolve('b.db'), path: '/s.db', setAside: '' });
    expect(status).toBe(0);
  });

  it('does nothing under a configuration with problems, or without a yes', async () => {
    const problem = { file: '/c.yaml', line: 3, key: 'store.path', message: { ko: '틀림', en: 'wrong' } };
    const loaders = { restore: async () => ({ problems: [problem] }) };
    const { stderr, status } = await run(['outbox', 'restore', 'b.db', '--yes'], { loaders });
    expect(stderr).toContain('/c.yaml:3: store.path: wrong');
    expect(status).toBe(1);
    expect(await run(['outbox', 'restore', 'b.db'], { loaders })).toMatchObject({ status: 2, stdout: '' });
  });
});
