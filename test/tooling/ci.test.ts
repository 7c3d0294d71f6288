// The CI script with a stand-in for npm: how it counts, and that it cannot say "0 failed" of what failed.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bongsu-ci-'));
  mkdirSync(join(folder, '.ci'));
  mkdirSync(join(folder, 'path'));
  cpSync(join(import.meta.dirname, '../../.ci/run'), join(folder, '.ci/run'));
  symlinkSync(process.execPath, join(folder, 'path/node'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly installs?: boolean;
  /** The check that fails. */
  readonly bad?: string;
  /** What the reporter writes; nothing at all when undefined. */
  readonly report?: object | string;
  readonly testStatus?: number;
}

function ci({ installs = true, bad = 'none', report, testStatus = 0 }: Outcome): {
  readonly status: number | null;
  readonly lines: readonly string[];
} {
  if (report !== undefined) writeFileSync(join(folder, 'report'), typeof report === 'string' ? report : JSON.stringify(report));
  writeFileSync(
    join(folder, 'path/npm'),
    `#!/bin/sh
case "$*" in
  ci*) exit ${installs ? 0 : 1} ;;
  *check:${bad}*) exit 1 ;;
  test*) for word in "$@"; do last=$word; done; [ -f report ] && cp report "\${last#--outputFile.json=}"; echo "Tests  9 passed, 0 failed"; exit ${testStatus} ;;
esac
`,
  );
  chmodSync(join(folder, 'path/npm'), 0o755);
  const done = spawnSync(join(folder, '.ci/run'), { encoding: 'utf8', cwd: '/', env: { PATH: `${join(folder, 'path')}:/usr/bin:/bin` } });
  return { status: done.status, lines: done.stdout.trimEnd().split('\n') };
}

const good = { numPassedTests: 12, numFailedTests: 0, testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }] };

describe('.ci/run', () => {
  const cases: readonly (readonly [string, Outcome, string, number])[] = [
    ['all is well', { report: good }, '12 passed, 0 failed', 0],
    ['two tests fail', { report: { ...good, numPassedTests: 10, numFailedTests: 2 }, testStatus: 1 }, '10 passed, 2 failed', 1],
    ['a check fails', { report: good, bad: 'format' }, '12 passed, 1 failed', 1],
    [
      'a file cannot be loaded',
      { report: { ...good, testResults: [{ status: 'failed', assertionResults: [] }] }, testStatus: 1 },
      '12 passed, 1 failed',
      1,
    ],
    ['an error comes outside of any test', { report: good, testStatus: 1 }, '12 passed, 1 failed', 1],
    ['no report is written', { testStatus: 1 }, '0 passed, 1 failed', 1],
    ['the report is no JSON', { report: '{', testStatus: 0 }, '0 passed, 1 failed', 1],
    ['nothing was tested', { report: { ...good, numPassedTests: 0 } }, '0 passed, 0 failed', 1],
    ['the installation fails', { installs: false, report: good }, '0 passed, 1 failed', 1],
  ];
  it.each(cases)('closes with the count when %s', (_, outcome, last, status) => {
    const done = ci(outcome);
    expect(done.lines.at(-1)).toBe(last);
    expect(done.status).toBe(status);
  });
});
