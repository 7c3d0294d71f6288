// Sets of logins: sealed in the store, in order, and gone when they are removed; and the login of one camera, replaced.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog, openSealer, systemEnv } from '#base';
import type { Device } from '#model';
import { type Credentials, openCredentials, openRegistry } from '#registry';
import { openStore, type Store } from '#store';

const env = systemEnv(openLog('silent'));
const sealer = openSealer(new Uint8Array(32).fill(7), env.random);
const nowhere = { ranges: [], makers: [], macs: [] };
const secret = 'correct-horse-battery';

let folder = '';
let store: Store;
let credentials: Credentials;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-credentials-'));
  const path = join(folder, 'bongsu.db');
  store = await openStore({ entry: new URL('thread-entry.ts', import.meta.url), workerData: { path }, queueLimit: 1000 }, env);
  credentials = openCredentials({ store, sealer }, env);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('sets of logins', () => {
  it('are tried in their order and told without their secret', async () => {
    await credentials.add({ name: 'b', login: { user: 'two', password: secret }, scope: nowhere });
    await credentials.add({ name: 'c', login: { user: 'three', password: secret }, scope: { ...nowhere, ranges: ['10.0.0.0/22'] } });
    await credentials.add({ name: 'a', login: { user: 'one', password: secret }, scope: nowhere, position: 0 });
    expect((await credentials.open()).map(({ name, login }) => [name, login.user, login.password])).toEqual([
      ['a', 'one', secret],
      ['b', 'two', secret],
      ['c', 'three', secret],
    ]);
    const listed = await credentials.list();
    expect(listed[2]).toEqual({ name: 'c', user: 'three', position: 2, scope: { ...nowhere, ranges: ['10.0.0.0/22'] } });
    expect(JSON.stringify(listed)).not.toContain(secret);
    await credentials.remove('b');
    expect((await credentials.list()).map(({ name }) => name)).toEqual(['a', 'c']);
  });

  it('lie sealed on the disk', async () => {
    await credentials.add({ name: 'a', login: { user: 'somebody', password: secret }, scope: nowhere });
    await store[Symbol.asyncDispose]();
    const bytes = await readFile(join(folder, 'bongsu.db'), 'latin1');
    expect(bytes).toContain('credential_set');
    expect(bytes).not.toContain(secret);
    expect(bytes).not.toContain('somebody');
  });

  it.each([
    [{ name: 'a' }, 'registry.set-exists'],
    [{ name: 'Not An Id' }, 'registry.invalid'],
    [{ login: { user: '', password: 'x' } }, 'registry.invalid'],
    [{ login: { user: 'u', password: 'x'.repeat(200) } }, 'registry.invalid'],
    [{ scope: { ...nowhere, makers: [''] } }, 'registry.invalid'],
    [{ scope: { ...nowhere, ranges: Array.from({ length: 51 }, () => '10.0.0.1') } }, 'registry.invalid'],
  ])('refuse %j', async (wrong, code) => {
    await credentials.add({ name: 'a', login: { user: 'u', password: 'p' }, scope: nowhere });
    await expect(credentials.add({ name: 'b', login: { user: 'u', password: 'p' }, scope: nowhere, ...wrong })).rejects.toMatchObject({
      code,
    });
    expect(await credentials.list()).toHaveLength(1);
  });

  it('are at most 200', async () => {
    for (let n = 0; n < 200; n += 1) await credentials.add({ name: `s${n}`, login: { user: 'u', password: 'p' }, scope: nowhere });
    await expect(credentials.add({ name: 'one-more', login: { user: 'u', password: 'p' }, scope: nowhere })).rejects.toMatchObject({
      code: 'registry.sets-full',
    });
  });

  it('are left out under another key, and the others are not', async () => {
    await credentials.add({ name: 'a', login: { user: 'u', password: secret }, scope: nowhere });
    const other = openCredentials({ store, sealer: openSealer(new Uint8Array(32).fill(8), env.random) }, env);
    expect(await other.open()).toEqual([]);
    expect(await other.list()).toMatchObject([{ name: 'a', user: '' }]);
    await expect(other.remove('z')).rejects.toMatchObject({ code: 'registry.set-unknown' });
  });
});

describe("a camera's own login", () => {
  const camera: Device = {
    id: 'cam-1',
    type: 'camera',
    name: '',
    address: '10.0.0.5',
    purpose: '',
    place: {},
    channels: [],
    identity: { maker: '', model: '', firmware: '', serial: '' },
  };
  it('is replaced and removed, and whoever watches is told', async () => {
    const registry = await openRegistry({ store, sealer }, env);
    const told: string[] = [];
    using _watch = registry.watchLogins((id) => told.push(id));
    await registry.add(camera, { user: 'u', password: 'old' });
    await registry.setLogin('cam-1', { user: 'u', password: 'new' });
    expect(await registry.login('cam-1')).toEqual({ user: 'u', password: 'new' });
    await registry.setLogin('cam-1', undefined);
    expect(await registry.login('cam-1')).toBeUndefined();
    await expect(registry.setLogin('cam-2', undefined)).rejects.toMatchObject({ code: 'registry.unknown' });
    expect(told).toEqual(['cam-1', 'cam-1']);
  });
});
