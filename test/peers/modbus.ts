// A Modbus counterpart that is not ours: pymodbus (Debian: python3-pymodbus) on TCP or on a serial device.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Which of a unit's four tables. */
export type ModbusTable = 'coil' | 'discrete' | 'holding' | 'input';

/** A running server. Every act is done when its promise resolves. Addresses 0 to 99; others are answered by exception 2. */
export interface ModbusServer extends AsyncDisposable {
  /** TCP only; 0 otherwise. */
  readonly port: number;
  set(unit: number, table: ModbusTable, address: number, ...values: number[]): Promise<void>;
  /** The unit answers nothing until `unmute`. */
  mute(unit: number): Promise<void>;
  unmute(unit: number): Promise<void>;
}

/** Starts a server for `units`, on a free TCP port or on the serial device `rtu`. */
export async function openModbusServer(
  where: { tcp: true; port?: number } | { rtu: string },
  units: readonly number[],
): Promise<ModbusServer> {
  const script = fileURLToPath(new URL('modbus-server.py', import.meta.url));
  const place = 'tcp' in where ? ['tcp', String(where.port ?? 0)] : ['rtu', where.rtu];
  const server = spawn('/usr/bin/python3', [script, ...place, ...units.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done) throw new Error('the Modbus server ended');
    return line.value;
  };
  const ready = await next();
  const command = async (text: string): Promise<void> => {
    server.stdin.write(`${text}\n`);
    await next();
  };
  return {
    port: Number(ready.split(' ')[1]) || 0,
    set: (unit, table, address, ...values) => command(`set ${unit} ${table} ${address} ${values.join(' ')}`),
    mute: (unit) => command(`mute ${unit}`),
    unmute: (unit) => command(`unmute ${unit}`),
    async [Symbol.asyncDispose]() {
      server.kill();
      await ended;
    },
  };
}
