// The key that seals secrets in the store: a systemd credential, else a file that is made at the first start.
import { link, mkdtemp, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BongsuError, messageOf, type Random } from '#base';
import type { Environment } from './environment.ts';
import { configFaults } from './errors.ts';
import { exposedBits } from './secrets.ts';

const keyBytes = 32;
const credentialName = 'store-key';

/** What the key is looked for with. */
export interface StoreKeyDeps {
  readonly environment: Environment;
  readonly random: Random;
}

/**
 * The 32 bytes of the store's key: credential `store-key`, else the file `keyFile`, which is made (mode 0600, on the disk before this resolves) when it is
 * not there. @throws config.key-unusable
 */
export async function storeKey(keyFile: string, deps: StoreKeyDeps): Promise<Buffer> {
  const { credentialsDirectory } = deps.environment;
  const credential = credentialsDirectory === undefined ? undefined : await readKey(join(credentialsDirectory, credentialName), false);
  if (credential) return credential;
  const found = await readKey(keyFile, true);
  if (found) return found;
  await makeKey(keyFile, deps.random);
  return (await readKey(keyFile, true)) ?? unusable(keyFile, 'it vanished');
}

async function readKey(path: string, guarded: boolean): Promise<Buffer | undefined> {
  try {
    await using file = await open(path);
    const stat = await file.stat();
    if (guarded && (stat.mode & exposedBits) !== 0) unusable(path, `mode ${(stat.mode & 0o777).toString(8)}`);
    if (stat.size > 200) unusable(path, `${stat.size} bytes`);
    const bytes = await file.readFile();
    const text = bytes.toString('latin1').trim();
    if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
    return bytes.length === keyBytes ? bytes : unusable(path, 'wrong length');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof BongsuError) throw error;
    return unusable(path, messageOf(error), error);
  }
}

/** Written beside its place and linked into it: a power cut leaves a whole key or none, and a key that is there is never replaced. */
async function makeKey(path: string, random: Random): Promise<void> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(dirname(path), '.store-key-'));
    const draft = join(folder, 'key');
    {
      await using file = await open(draft, 'wx', 0o600);
      await file.writeFile(`${random.bytes(keyBytes).toString('hex')}\n`);
      await file.sync();
    }
    await link(draft, path);
    await using parent = await open(dirname(path));
    await parent.sync();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') unusable(path, messageOf(error), error);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function unusable(path: string, why: string, cause?: unknown): never {
  throw configFaults.fault('key-unusable', { cause, detail: `${path}: ${why}` });
}
