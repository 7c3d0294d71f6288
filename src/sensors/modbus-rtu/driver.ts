// The drivers for Modbus RTU: the shared bus over a serial line, or over the connection to a serial server.
import { openBackoff } from '#base';
import { type Bus, type DriverWorld, type LineOpener, openBus } from '../modbus/index.ts';
import type { BusOptions } from '../options.ts';
import { dial, openSerialPort, type SerialSettings } from '../wire/index.ts';
import { openRtuLine } from './line.ts';
import { openBytePort } from './port.ts';
import { formOf, seekSettings } from './seek.ts';
import type { Trusts } from './trust.ts';
import { type ByteWire, serialWire, socketWire } from './wire.ts';

type RtuOptions = Extract<BusOptions, { driver: 'modbus-rtu' | 'modbus-rtu-tcp' }>;

/** Opens the driver. A port that is unplugged is opened again every 1 to 5 s, with jitter so that many buses do not come at once. */
export function openModbusRtu(options: Extract<RtuOptions, { driver: 'modbus-rtu' }>, world: DriverWorld): Bus {
  const { env } = world;
  const open = async (settings: SerialSettings): Promise<ByteWire> => serialWire(await openSerialPort(settings, env));
  const seek: LineOpener['seek'] = (units, signal) =>
    seekSettings({ ...options, units, responseTimeoutMs: options.responseTimeout }, open, env, signal);
  return openOver(
    () => open(options),
    () => 1000 + env.random.uniform() * 4000,
    { options, world, seek },
  );
}

/** Opens the driver for a serial server (raw TCP). A lost connection is made again after 1 to 30 s, growing while it fails. */
export function openModbusRtuTcp(options: Extract<RtuOptions, { driver: 'modbus-rtu-tcp' }>, world: DriverWorld): Bus {
  const { env } = world;
  const { host, port } = options;
  const backoff = openBackoff({ minMs: 1000, maxMs: 30_000 }, env.random);
  const open = async (signal: AbortSignal): Promise<ByteWire> => {
    const socket = await dial({ host, port, reason: 'serial-server-unreachable' }, signal, env);
    backoff.reset();
    return socketWire(socket, `${host}:${port}`);
  };
  return openOver(open, () => backoff.next(), { options, world, deadAfterMs: 10_000 });
}

function openOver(
  open: (signal: AbortSignal) => Promise<ByteWire>,
  reopenMs: () => number,
  {
    options,
    world,
    deadAfterMs,
    seek,
  }: { readonly options: RtuOptions; readonly world: DriverWorld; readonly deadAfterMs?: number; readonly seek?: LineOpener['seek'] },
): Bus {
  const { env } = world;
  const trusts: Trusts = new Map();
  const timing = { baud: options.baud, responseTimeoutMs: options.responseTimeout, ...(deadAfterMs !== undefined && { deadAfterMs }) };
  const openLine = async (signal: AbortSignal) => openRtuLine(openBytePort(await open(signal), env), timing, trusts, env);
  return openBus(options, { open: openLine, reopenMs, settings: settingsOf(options), ...(seek && { seek }) }, world);
}

function settingsOf(options: RtuOptions): string {
  if (options.driver === 'modbus-rtu-tcp') return `${options.host}:${options.port} ${options.baud}`;
  return `${options.port} ${formOf(options)}`;
}
