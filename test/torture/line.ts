// A line of its own to a broker: a network namespace with one cable for the gateway and one for the hub, of which the first can be cut. Needs root.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The line. Addresses are those of the far end. */
export interface Line extends AsyncDisposable {
  readonly namespace: string;
  /** Over the gateway's cable. */
  readonly address: string;
  /** Over the hub's cable, which is never cut. */
  readonly hubAddress: string;
  /** The cable is pulled at the far end: nothing comes and nothing goes. */
  cut(): Promise<void>;
  /** The cable is in, and every packet is sent to a station that is not there: both ends think that they are connected. */
  swallow(): Promise<void>;
  /** Whole again. */
  mend(): Promise<void>;
}

const nowhere = '02:00:00:00:00:99';
const run = promisify(execFile);
const ip = async (...words: string[]): Promise<void> => void (await run('ip', words));

export async function openLine(): Promise<Line> {
  const namespace = `bongsu${process.pid}`;
  const [near, far] = [`bg${process.pid}`, 'gateway'];
  const subnet = `10.213.${process.pid % 256}`;
  const [nearAddress, address, hubAddress] = [`${subnet}.1`, `${subnet}.2`, `${subnet}.6`];
  await ip('netns', 'add', namespace);
  const line: Line = {
    namespace,
    address,
    hubAddress,
    cut: () => ip('-n', namespace, 'link', 'set', far, 'down'),
    async swallow() {
      await ip('neigh', 'replace', address, 'lladdr', nowhere, 'dev', near, 'nud', 'permanent');
      await ip('-n', namespace, 'neigh', 'replace', nearAddress, 'lladdr', nowhere, 'dev', far, 'nud', 'permanent');
    },
    async mend() {
      await ip('-n', namespace, 'link', 'set', far, 'up');
      await ip('neigh', 'flush', 'dev', near, 'nud', 'permanent');
      await ip('-n', namespace, 'neigh', 'flush', 'dev', far, 'nud', 'permanent');
    },
    // The cables go with the namespace that holds their far ends.
    [Symbol.asyncDispose]: () => ip('netns', 'del', namespace),
  };
  try {
    await lay(namespace, { near, far, from: nearAddress, to: address });
    await lay(namespace, { near: `bh${process.pid}`, far: 'hub', from: `${subnet}.5`, to: hubAddress });
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  } catch (error) {
    await line[Symbol.asyncDispose]();
    throw error;
  }
  return line;
}

async function lay(namespace: string, cable: { near: string; far: string; from: string; to: string }): Promise<void> {
  const { near, far, from, to } = cable;
  await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', namespace);
  await ip('addr', 'add', `${from}/30`, 'dev', near);
  await ip('-n', namespace, 'addr', 'add', `${to}/30`, 'dev', far);
  await ip('link', 'set', near, 'up');
  await ip('-n', namespace, 'link', 'set', far, 'up');
}
