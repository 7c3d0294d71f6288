// A TCP relay on loopback that can lose all that one side says, while the other is heard: what came was taken, and nobody knows.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `near`: whoever connects to the relay; `far`: whoever it connects to. */
export type Side = 'near' | 'far';

/** The relay. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** What this side says from now on is lost; connections stay. */
  lose(side: Side): void;
  /** Connections of before are gone, and both sides are heard again. */
  mend(): void;
}

/** Opens a relay to a port of this machine. */
export async function openRelay(target: () => number): Promise<Relay> {
  let lost: Side | undefined;
  const ends = new Set<Socket>();
  const pass = (from: Socket, to: Socket, side: Side): void => {
    ends.add(from);
    from.on('data', (chunk: Buffer) => {
      if (lost !== side) to.write(chunk);
    });
    from.on('error', () => {});
    from.on('close', () => {
      ends.delete(from);
      to.destroy();
    });
  };
  const server = createServer((near) => {
    const far = connect(target(), '127.0.0.1');
    pass(near, far, 'near');
    pass(far, near, 'far');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const end of ends) end.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    lose(side) {
      lost = side;
    },
    mend() {
      cut();
      lost = undefined;
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
