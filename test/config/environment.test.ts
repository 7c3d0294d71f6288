// The environment and the store's key: what the process was started with.
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '#base';
import { environment, storeKey } from '#config';

describe('environment', () => {
  it.each([
    [{ LANG: 'ko_KR.UTF-8' }, 'ko'],
    [{ LANG: 'ko' }, 'ko'],
    [{ LANG: 'kok_IN' }, 'en'],
    [{ LANG: 'ko_KR.UTF-8', LC_ALL: 'C' }, 'en'],
    [{ LANG: 'C', LC_MESSAGES: 'ko_KR' }, 'ko'],
    [{}, 'en'],
  ])('%j speaks %s', (variables, language) => expect(environment(variables).language).toBe(language));

  it.each([
    [{ WATCHDOG_USEC: '30000000' }, 30_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) }, 30_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }, undefined],
    [{ WATCHDOG_USEC: 'soon' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{}, undefined],
  ])('%j: watchdog %s', (variables, expected) => expect(environment(variables).watchdogMs).toBe(expected));

  it('takes the first of several directories and says who called sudo', () => {
    const found = environment({ STATE_DIRECTORY: '/var/lib/bongsu:/x', RUNTIME_DIRECTORY: '', SUDO_USER: 'kim', USER: 'root' });
    expect(found).toMatchObject({
      stateDirectory: '/var/lib/bongsu',
      runtimeDirectory: undefined,
      user: 'kim',
      configPath: '/etc/bongsu/config.yaml',
    });
  });
});

describe('storeKey', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bongsu-key-'));
    path = join(folder, 'store.key');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const key = (variables: Record<string, string> = {}): Promise<Buffer> =>
    storeKey(path, { environment: environment(variables), random: systemRandom });

  it('makes a key of its own at the first start and keeps it', async () => {
    const made = await key();
    expect(made).toHaveLength(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await key()).toEqual(made);
    expect(await readFile(path, 'utf8')).toBe(`${made.toString('hex')}\n`);
  });

  it('agrees with itself when two start at once', async () => {
    const [first, second] = await Promise.all([key(), key()]);
    expect(first).toEqual(second);
  });

  it('takes the credential before the file', async () => {
    await key();
    await writeFile(join(folder, 'store-key'), Buffer.alloc(32, 9));
    expect(await key({ CREDENTIALS_DIRECTORY: folder })).toEqual(Buffer.alloc(32, 9));
  });

  it.each<[string, () => Promise<void>]>([
    ['is too short', () => writeFile(path, 'abc', { mode: 0o600 })],
    ['is too long', () => writeFile(path, 'a'.repeat(300), { mode: 0o600 })],
    ['is empty', () => writeFile(path, '', { mode: 0o600 })],
    [
      'can be read by others',
      async () => {
        await key();
        await chmod(path, 0o644);
      },
    ],
  ])('refuses a key that %s, and leaves it', async (_, prepare) => {
    await prepare();
    const before = await readFile(path, 'utf8').catch(() => undefined);
    await expect(key()).rejects.toMatchObject({ code: 'config.key-unusable', message: expect.stringContaining(path) });
    expect(await readFile(path, 'utf8').catch(() => undefined)).toBe(before);
  });

  it('says where there is no folder for it', async () => {
    path = join(folder, 'gone', 'store.key');
    await expect(key()).rejects.toMatchObject({ code: 'config.key-unusable', message: expect.stringContaining(path) });
  });
});
