// A process inside a network namespace that walks the way to each address it is given, and says what it found: one JSON value a line.
import { openLog, systemEnv } from '#base';
import { reach } from '../../src/cameras/diagnosis/reach.ts';
import { openNeighbours, openTableSource } from '../../src/cameras/discovery/index.ts';

const env = systemEnv(openLog('silent'));
const neighbours = openNeighbours(openTableSource(), env.clock);
const deps = { neighbour: neighbours.find, options: { requestTimeout: 10_000 } };
for (const address of process.argv.slice(2)) {
  const { isOpen, findings } = await reach(
    new URL(`http://${address}/`),
    { mac: undefined, isGroupLost: false },
    deps,
    env,
    new AbortController().signal,
  );
  console.log(JSON.stringify({ isOpen, findings: findings.map(({ step, result, cause = '' }) => `${step} ${result} ${cause}`.trim()) }));
}
