// Whoever uses HTTP loads HTTP alone: Node's fetch and its client would come with an import, at 13 MiB of resident memory.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the gateway loads no fetch', () => {
  const script = `await import('#gateway'); console.log(process.moduleLoadList.filter((name) => /\\bundici\\b/.test(name)).length)`;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', cwd: process.cwd() }).trim()).toBe('0');
});
