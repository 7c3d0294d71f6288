// The test runner: unit tests of the rooms, and the stories in test/flows, which run one file at a time because they start real peers.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'rooms', include: ['test/**/*.test.ts'], exclude: ['test/flows/**'], maxWorkers: 2 } },
      { extends: true, test: { name: 'flows', include: ['test/flows/**/*.test.ts'], testTimeout: 120_000, fileParallelism: false } },
    ],
  },
});
