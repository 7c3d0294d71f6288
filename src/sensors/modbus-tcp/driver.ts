// The driver for Modbus TCP: the shared bus over a socket.
import { openBackoff } from '#base';
import { type Bus, type DriverWorld, openBus } from '../modbus/index.ts';
import { openTcpLine, type TcpBusOptions } from './line.ts';

/** Opens the driver. A lost connection is made again after 1 to 30 s, growing while it fails. */
export function openModbusTcp(options: TcpBusOptions, world: DriverWorld): Bus {
  const { env } = world;
  const backoff = openBackoff({ minMs: 1000, maxMs: 30_000 }, env.random);
  const open = async (signal: AbortSignal) => {
    const line = await openTcpLine(options, env, signal);
    backoff.reset();
    return line;
  };
  return openBus(options, { open, reopenMs: () => backoff.next(), settings: `${options.host}:${options.port}` }, world);
}
