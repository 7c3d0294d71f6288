// Connections that leave the site: TCP, or TLS whose certificate must lead to a known authority.
import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Env } from '#base';
import { cutConnection } from '../cut.ts';
import type { PushFailure } from '../faults.ts';
import type { PushAddress } from '../push-address.ts';

export interface OutwardOptions {
  readonly address: PushAddress;
  /** File with the authorities that count; undefined: those of the system. */
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  /** Nobody waits for it any more: what was opened is closed. Once it is open, it is its taker's. */
  readonly signal: AbortSignal;
}

/** A connection that stands. */
export interface OutwardLine {
  readonly socket: Socket;
  /** Ends it at once: what the kernel has not sent yet is dropped too. */
  cut(): void;
}

export type Outward = { readonly ok: true; readonly line: OutwardLine } | { readonly ok: false; readonly failure: PushFailure };

const untrusted = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/;

/** Connects. Never rejects. */
export async function openOutward({ address, ca, timeoutMs, signal }: OutwardOptions, env: Env): Promise<Outward> {
  const { host, port, scheme } = address;
  const { promise, resolve } = Promise.withResolvers<Outward>();
  const failed = (reason: PushFailure['reason'], detail: string): void => resolve({ ok: false, failure: { reason, detail } });
  const abort = (): void => failed('lost', '');
  let line: OutwardLine | undefined;
  using _timer = env.clock.after(timeoutMs, () => failed('unreachable', 'timeout'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    const isTls = scheme.endsWith('s');
    const authorities = ca === undefined ? {} : { ca: readFileSync(ca) };
    const name = isIP(host) === 0 ? { servername: host } : {};
    const below = connect({ host, port });
    const opened = isTls ? connectTls({ socket: below, host, ...authorities, ...name }) : below;
    const cut = (): void => cutConnection(below, opened);
    line = { socket: opened, cut };
    for (const socket of new Set([below, opened])) {
      socket.on('error', (error: NodeJS.ErrnoException) => {
        const code = error.code ?? '';
        failed(untrusted.test(code) ? 'untrusted' : 'unreachable', code);
      });
    }
    opened.once(isTls ? 'secureConnect' : 'connect', () => resolve({ ok: true, line: { socket: opened, cut } }));
  } catch (error) {
    failed('untrusted', error instanceof Error && 'code' in error ? String(error.code) : '');
  }
  const result = await promise;
  signal.removeEventListener('abort', abort);
  if (result.ok && !signal.aborted) return result;
  line?.cut();
  return result.ok ? { ok: false, failure: { reason: 'lost', detail: '' } } : result;
}
