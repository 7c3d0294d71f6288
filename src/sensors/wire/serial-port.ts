// Opening a serial port, with what went wrong told apart for a technician. On serialport, which never opens a port again by itself.
import { readdir, stat } from 'node:fs/promises';
import { SerialPort } from 'serialport';
import { type Env, messageOf } from '#base';
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

/** How often it is looked whether the port's name still leads to what was opened. */
const lookMs = 1000;

/** Opens the port. Rejects with `sensors.port-missing`, `port-forbidden`, `port-busy` or `port-failed`. An unplugged port emits `close`, within a second or so. `stableNames`: folder of the names that a missing port could have. */
export async function openSerialPort(
  settings: SerialSettings,
  { clock }: Pick<Env, 'clock'>,
  stableNames = '/dev/serial/by-id',
): Promise<SerialPort> {
  const { port: path, baud: baudRate, parity, stopBits, dataBits = 8 } = settings;
  try {
    const port = new SerialPort({ path, baudRate, dataBits, parity, stopBits, autoOpen: false });
    await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
    watch(port, await deviceAt(path), clock);
    return port;
  } catch (cause) {
    const reason = reasonOf(messageOf(cause));
    const there = reason === 'port-missing' ? await namesIn(stableNames) : '';
    throw sensorsFaults.fault(reason, { cause, detail: there === '' ? path : `${path}; there is ${there}` });
  }
}

/**
 * Closes the port when its name leads elsewhere or nowhere: pulled out in the moment of its opening, a port hangs up without serialport saying so
 * (version 13, on a terminal: more often than not), and would be held for ever.
 */
function watch(port: SerialPort, opened: number | undefined, clock: Env['clock']): void {
  let timer: Disposable | undefined;
  const look = async (): Promise<void> => {
    const now = await deviceAt(port.path);
    if (!port.isOpen) return;
    if (now === opened) timer = clock.after(lookMs, () => void look());
    else port.close(() => {});
  };
  timer = clock.after(lookMs, () => void look());
  port.once('close', () => timer?.[Symbol.dispose]());
}

/** The ports that are there, by the names that stay the same: at most eight. */
async function namesIn(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  return names
    .slice(0, 8)
    .map((name) => `${folder}/${name}`)
    .join(', ');
}

/** The device that a path leads to; undefined: none. */
async function deviceAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ rdev }) => rdev,
    () => undefined,
  );
}

function reasonOf(message: string): 'port-missing' | 'port-forbidden' | 'port-busy' | 'port-failed' {
  if (/no such (file|device)/i.test(message)) return 'port-missing';
  if (/permission denied/i.test(message)) return 'port-forbidden';
  if (/lock|busy|temporarily unavailable/i.test(message)) return 'port-busy';
  return 'port-failed';
}
