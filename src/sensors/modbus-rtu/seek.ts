// Wrong speed or parity, recognised: a unit that hears nonsense says nothing, so other settings are tried while nobody has ever answered on a bus.
import { BongsuError, type Env } from '#base';
import type { SerialSettings } from '../wire/index.ts';
import { openRtuLine } from './line.ts';
import { openBytePort } from './port.ts';
import type { ByteWire } from './wire.ts';

/** Speeds in the order in which they are met in the field. */
const bauds = [9600, 19_200, 38_400, 115_200, 4800, 57_600, 2400, 1200] as const;
const parities = ['even', 'none', 'odd'] as const;
/** So many units are asked under each setting. */
const maxAsked = 2;

type Settings = Pick<SerialSettings, 'port' | 'baud' | 'parity' | 'stopBits'>;

/** `9600 8E1`. */
export function formOf({ baud, parity, stopBits }: Pick<Settings, 'baud' | 'parity' | 'stopBits'>): string {
  return `${baud} 8${parity.charAt(0).toUpperCase()}${stopBits}`;
}

/** Other settings than these, the likeliest first: the same speed with another parity, then other speeds. Without parity one stop bit, as most have it. */
export function otherSettings(set: Settings): Settings[] {
  const speeds = [set.baud, ...bauds.filter((baud) => baud !== set.baud)];
  const all = speeds.flatMap((baud) => parities.map((parity): Settings => ({ port: set.port, baud, parity, stopBits: 1 })));
  return all.filter(({ baud, parity }) => baud !== set.baud || parity !== set.parity);
}

/** The settings under which one of `units` answers anything; undefined: none, or the port is gone. Takes half a minute at most at 500 ms a question. */
export async function seekSettings(
  set: Settings & { readonly units: readonly number[]; readonly responseTimeoutMs: number },
  open: (settings: Settings) => Promise<ByteWire>,
  env: Env,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { units, responseTimeoutMs } = set;
  try {
    for (const settings of otherSettings(set)) {
      await using line = openRtuLine(
        openBytePort(await open(settings), env),
        { baud: settings.baud, responseTimeoutMs, isQuiet: true },
        new Map(),
        env,
      );
      for (const unit of units.slice(0, maxAsked)) {
        const answer = await line.exchange(unit, { function: 3, address: 0, count: 1 }, signal);
        if (answer.result === 'data' || answer.result === 'exception') return formOf(settings);
      }
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof BongsuError)) throw error;
  }
  return undefined;
}
