// Connections that leave the site: TCP, or TLS whose certificate must lead to a known authority.
import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Env } from '#base';
import type { PushFailure } from '../faults.ts';
import type { PushAddress } from '../push-address.ts';

export interface OutwardOptions {
  readonly address: PushAddress;
  /** File with the authorities that count; undefined: those of the system. */
  readonly ca: string | undefined;
  readonly timeoutMs: number;
}

export type Outward = { readonly ok: true; readonly socket: Socket } | { readonly ok: false; readonly failure: PushFailure };

const untrusted = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/;

/** Connects. Never rejects. */
export async function openOutward({ address, ca, timeoutMs }: OutwardOptions, env: Env): Promise<Outward> {
  const { host, port, scheme } = address;
  const { promise, resolve } = Promise.withResolvers<Outward>();
  const failed = (reason: PushFailure['reason'], detail: string): void => resolve({ ok: false, failure: { reason, detail } });
  let socket: Socket | undefined;
  using _timer = env.clock.after(timeoutMs, () => failed('unreachable', 'timeout'));
  try {
    const isTls = scheme.endsWith('s');
    const authorities = ca === undefined ? {} : { ca: readFileSync(ca) };
    const name = isIP(host) === 0 ? { servername: host } : {};
    const opened = isTls ? connectTls({ host, port, ...authorities, ...name }) : connect({ host, port });
    socket = opened;
    opened.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? '';
      failed(untrusted.test(code) ? 'untrusted' : 'unreachable', code);
    });
    opened.once(isTls ? 'secureConnect' : 'connect', () => resolve({ ok: true, socket: opened }));
  } catch (error) {
    failed('untrusted', error instanceof Error && 'code' in error ? String(error.code) : '');
  }
  const result = await promise;
  if (!result.ok) socket?.destroy();
  return result;
}
