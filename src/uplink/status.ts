// How the uplink stands, as a technician reads it.
import type { BongsuError, Env, Text } from '#base';
import type { ProtocolLevel } from './version.ts';

/** How the uplink stands. Times are wall milliseconds. */
export interface UplinkStatus {
  readonly connected: boolean;
  /** When it became so. */
  readonly since: number;
  readonly address: string;
  /** Undefined while not connected. */
  readonly protocolVersion: '5' | '3.1.1' | undefined;
  /** Why the last connection failed or ended, or what is wrong with this one. */
  readonly lastError: { readonly code: string; readonly text: Text; readonly hint: Text; readonly at: number } | undefined;
  /** Attempts since it was last connected. */
  readonly attempts: number;
  readonly commands: { readonly accepted: number; readonly refused: number; readonly outcomesDropped: number };
}

/** Where the supervisor writes down how it stands; a change is logged, a repetition is not. */
export interface Standing {
  attempted(): void;
  connected(level: ProtocolLevel): void;
  disconnected(): void;
  failed(fault: BongsuError): void;
  read(): Omit<UplinkStatus, 'commands'>;
}

export function openStanding(address: string, env: Env): Standing {
  let level: ProtocolLevel | undefined;
  let since = env.clock.now();
  let attempts = 0;
  let lastError: UplinkStatus['lastError'];
  let lastLogged = '';
  return {
    attempted() {
      attempts += 1;
    },
    connected(newLevel) {
      level = newLevel;
      since = env.clock.now();
      attempts = 0;
      lastLogged = '';
      env.log.info({ address, level }, 'connected to the hub');
    },
    disconnected() {
      level = undefined;
      since = env.clock.now();
    },
    failed(fault) {
      lastError = { code: fault.code, text: fault.text, hint: fault.hint, at: env.clock.now() };
      if (lastLogged === fault.code) return;
      lastLogged = fault.code;
      env.log.warn({ address, code: fault.code, attempts }, fault.message);
    },
    read() {
      const protocolVersion = level === undefined ? undefined : level === 5 ? '5' : '3.1.1';
      return { connected: level !== undefined, since, address, protocolVersion, lastError, attempts };
    },
  };
}
