// The driver for Modbus RTU: the shared bus over a serial line.
import type { Driver } from '../driver.ts';
import { type DriverWorld, openBus } from '../modbus/index.ts';
import { openSerialLine } from './line.ts';
import type { RtuBusOptions } from './port.ts';

/** Opens the driver. A port that is unplugged is opened again every 1 to 5 s, with jitter so that many buses do not come at once. */
export function openModbusRtu(options: RtuBusOptions, world: DriverWorld): Driver {
  const { env } = world;
  return openBus(options, { open: () => openSerialLine(options, env), reopenMs: () => 1000 + env.random.uniform() * 4000 }, world);
}
