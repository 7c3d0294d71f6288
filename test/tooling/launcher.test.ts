// The launcher: which Node.js it takes, what it says when there is none, and where it keeps compiled code.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
/** An installed copy: bin/bongsu and a main that tells how it was started. */
let home: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'bongsu-launcher-')));
  home = join(folder, 'opt', 'bongsu');
  mkdirSync(join(home, 'bin'), { recursive: true });
  mkdirSync(join(home, 'src'));
  cpSync(join(import.meta.dirname, '../../bin/bongsu'), join(home, 'bin/bongsu'));
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(home, 'src/main.ts'),
    'const cache: string = process.env.NODE_COMPILE_CACHE ?? "";\nconsole.log(JSON.stringify({ node: process.env.FAKE ?? "real", cache, args: process.argv.slice(2), flags: process.execArgv, arenas: process.env.MALLOC_ARENA_MAX }));\n',
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that says it is Node.js of a version, and is the real one when it is started. */
function putNode(path: string, version: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n[ "$1" = --version ] && { echo ${version}; exit; }\nFAKE=${path} exec ${process.execPath} "$@"\n`);
  chmodSync(path, 0o755);
}

interface Started {
  readonly status: number | null;
  readonly stderr: string;
  readonly told:
    | { readonly node: string; readonly cache: string; readonly args: readonly string[]; readonly flags: readonly string[] }
    | undefined;
}

function start(program = join(home, 'bin/bongsu'), args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Started {
  const path = `${join(folder, 'path')}:/usr/bin:/bin`;
  // The machine's own node must not be found: a bin folder of tools alone.
  const tools = join(folder, 'tools');
  mkdirSync(tools, { recursive: true });
  for (const tool of ['sh', 'readlink', 'dirname']) if (!existsSync(join(tools, tool))) symlinkSync(`/bin/${tool}`, join(tools, tool));
  const done = spawnSync(program, args, { encoding: 'utf8', env: { PATH: path.replace('/usr/bin:/bin', tools), ...env } });
  return { status: done.status, stderr: done.stderr, told: done.stdout === '' ? undefined : JSON.parse(done.stdout) };
}

describe('the launcher', () => {
  it('takes its own runtime first, then the development one, then that of the PATH', () => {
    const ways = [join(folder, 'path/node'), join(home, 'node_modules/.bin/node'), join(home, 'runtime/bin/node')];
    for (const way of ways) {
      putNode(way, 'v24.1.0');
      expect(start().told?.node).toBe(way);
    }
  });

  it('passes over one that is too old or broken', () => {
    putNode(join(folder, 'path/node'), 'v25.0.0');
    putNode(join(home, 'node_modules/.bin/node'), 'v20.20.2');
    putNode(join(home, 'runtime/bin/node'), 'Segmentation fault');
    expect(start().told?.node).toBe(join(folder, 'path/node'));
  });

  it.each([['v20.20.2'], ['v9.0.0'], ['v23.11.1'], ['garbage'], ['']])(
    'says in one line what to do when there is only %j, and exits 69',
    (version) => {
      putNode(join(folder, 'path/node'), version);
      const { status, stderr, told } = start();
      expect({ status, told }).toEqual({ status: 69, told: undefined });
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stderr).toContain('Node.js 24 이상이 필요합니다');
      expect(stderr).toContain('Node.js 24 or newer is needed');
    },
  );

  it('says so too when there is none at all', () => {
    expect(start().status).toBe(69);
  });

  it('finds its home through links, relative and absolute, from any folder', () => {
    putNode(join(home, 'runtime/bin/node'), 'v24.0.0');
    mkdirSync(join(folder, 'usr/bin'), { recursive: true });
    symlinkSync('../../opt/bongsu/bin/bongsu', join(folder, 'usr/bin/relative'));
    symlinkSync(join(folder, 'usr/bin/relative'), join(folder, 'usr/bin/bongsu'));
    expect(start(join(folder, 'usr/bin/bongsu')).told?.node).toBe(join(home, 'runtime/bin/node'));
  });

  it('hands on the arguments as they are', () => {
    putNode(join(folder, 'path/node'), 'v24.0.0');
    const args = ['camera', 'add', 'a b', '', '--name=삼례읍 $HOME', '*'];
    expect(start(undefined, args).told?.args).toEqual(args);
  });

  it('bounds what a thread keeps of memory that is young or freed; who administers the machine may say otherwise of the latter', () => {
    putNode(join(folder, 'path/node'), 'v24.0.0');
    expect(start().told).toMatchObject({ flags: ['--max-semi-space-size=8'], arenas: '2' });
    expect(start(undefined, [], { MALLOC_ARENA_MAX: '4' }).told).toMatchObject({ arenas: '4' });
  });

  it('keeps compiled code below the home of the account, and nowhere when it has none', () => {
    putNode(join(folder, 'path/node'), 'v24.0.0');
    expect(start().told?.cache).toBe(existsSync('/var/cache/bongsu') ? '/var/cache/bongsu/node' : '');
    expect(start(undefined, [], { HOME: '/nonexistent' }).told?.cache).toBe('');
    expect(start(undefined, [], { HOME: folder }).told?.cache).toBe(join(folder, '.cache/bongsu/node'));
    expect(start(undefined, [], { HOME: folder, NODE_COMPILE_CACHE: '/elsewhere' }).told?.cache).toBe('/elsewhere');
  });
});
