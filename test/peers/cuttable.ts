// A cable on loopback that can be cut: a TCP relay that swallows what is under way, as a dead switch does, and answers nobody until it is mended.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The cable. */
export interface Cuttable extends AsyncDisposable {
  readonly port: number;
  /** Whatever is sent from now on is lost; both ends still think that they are connected. */
  cut(): void;
  /** Connections of before are gone, new ones work. */
  mend(): void;
}

/** Lays a cable to a port of this machine. */
export async function openCuttable(target: () => number): Promise<Cuttable> {
  let whole = true;
  const ends = new Set<Socket>();
  const relay = (from: Socket, to: Socket): void => {
    from.on('data', (chunk: Buffer) => {
      if (whole) to.write(chunk);
    });
    from.on('close', () => {
      if (whole) to.destroy();
    });
    from.on('error', () => {});
    ends.add(from);
    from.on('close', () => ends.delete(from));
  };
  const server = createServer((near) => {
    near.on('error', () => {});
    ends.add(near);
    near.on('close', () => ends.delete(near));
    if (!whole) return;
    const far = connect(target(), '127.0.0.1');
    relay(near, far);
    relay(far, near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gone = (): void => {
    for (const end of ends) end.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      whole = false;
    },
    mend() {
      gone();
      whole = true;
    },
    async [Symbol.asyncDispose]() {
      gone();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
