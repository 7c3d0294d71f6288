// Opening a serial port, with what went wrong told apart for a technician. On serialport, which never opens a port again by itself.
import { SerialPort } from 'serialport';
import { messageOf } from '#base';
import { sensorsFaults } from '../faults.ts';

/** How a port is set. */
export interface SerialSettings {
  readonly port: string;
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
  /** Default 8. */
  readonly dataBits?: 7 | 8;
}

/** Opens the port. Rejects with `sensors.port-missing`, `port-forbidden`, `port-busy` or `port-failed`. An unplugged port emits `close`. */
export async function openSerialPort(settings: SerialSettings): Promise<SerialPort> {
  const { port: path, baud: baudRate, parity, stopBits, dataBits = 8 } = settings;
  try {
    const port = new SerialPort({ path, baudRate, dataBits, parity, stopBits, autoOpen: false });
    await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
    return port;
  } catch (cause) {
    throw sensorsFaults.fault(reasonOf(messageOf(cause)), { cause, detail: path });
  }
}

function reasonOf(message: string): 'port-missing' | 'port-forbidden' | 'port-busy' | 'port-failed' {
  if (/no such (file|device)/i.test(message)) return 'port-missing';
  if (/permission denied/i.test(message)) return 'port-forbidden';
  if (/lock|busy|temporarily unavailable/i.test(message)) return 'port-busy';
  return 'port-failed';
}
