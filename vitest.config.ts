// The test runner: unit tests of the rooms, stories in test/flows on real peers, and what measures, alone at the end. Most of them wait more than they
// count, so more files run at once than there are cores, and the stories run among the rooms' tests.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files whose figures need a machine that does nothing else. */
const alone = ['test/tooling/backlog.test.ts', 'test/tooling/bench.test.ts', 'test/flows/cameras-torture.test.ts'];

/** Part of the rooms' files among which the stories are spread: the longer ones, which take as long together as all stories take. */
const longer = 0.35;

class StoriesAmongRooms extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const longestFirst = Object.groupBy(await super.sort(files), ({ project }) => project.name);
    const { flows = [], rooms = [], alone: last = [] } = longestFirst;
    const stories = flows.map((file, index) => ({ file, at: (index * longer * rooms.length) / flows.length }));
    const mixed = [...stories, ...rooms.map((file, at) => ({ file, at }))].toSorted((a, b) => a.at - b.at);
    return [...mixed.map(({ file }) => file), ...last];
  }
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: StoriesAmongRooms },
    projects: [
      { extends: true, test: { name: 'rooms', include: ['test/**/*.test.ts'], exclude: ['test/flows/**', ...alone] } },
      { extends: true, test: { name: 'flows', include: ['test/flows/**/*.test.ts'], exclude: alone, testTimeout: 120_000 } },
      { extends: true, test: { name: 'alone', include: alone, testTimeout: 120_000, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
