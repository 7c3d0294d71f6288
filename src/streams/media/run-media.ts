// The media process: listens, relays, enforces ends, and goes when its parent goes.
import { type Env, messageOf } from '#base';
import { type ToGateway, type ToMedia, toMedia } from '../protocol.ts';
import { openRelay, type Relay, statusOf } from './relay.ts';

/** The channel to the gateway: what `process` has in a forked child. */
export interface MediaPort {
  send?(message: unknown, handle: undefined, options: undefined, done: (error: Error | null) => void): boolean;
  disconnect?(): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** The modules of the children that the media process starts itself. */
export interface MediaEntries {
  /** Calls `runRemuxer`. */
  readonly remuxer: URL;
}

/**
 * Runs in the forked child: `await runMedia(process, entries, systemEnv(log))`. Resolves when the gateway says `stop` or is gone, with all sessions cut; the
 * process then ends by itself. SIGINT and SIGTERM are left to the gateway.
 */
export async function runMedia(port: MediaPort, entries: MediaEntries, env: Env): Promise<void> {
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  let connected = true;
  const send = (message: ToGateway): void => {
    if (connected) port.send?.(message, undefined, undefined, () => {});
  };
  let relay: Relay | undefined;
  port.on('SIGINT', () => {});
  port.on('SIGTERM', () => {});
  port.on('disconnect', () => {
    connected = false;
    end();
  });
  port.on('message', (raw) => {
    const parsed = toMedia.safeParse(raw);
    if (!parsed.success) return env.log.error({ problem: messageOf(parsed.error) }, 'the gateway said what is no message');
    const message = parsed.data;
    if (message.type === 'stop') return end();
    if (message.type === 'configure') relay ??= openRelay(message.options, entries.remuxer, send, env);
    else if (relay) obey(message, relay, send);
  });
  send({ type: 'ready' });
  await over;
  await relay?.[Symbol.asyncDispose]();
  if (connected) port.disconnect?.();
}

function obey(message: Exclude<ToMedia, { type: 'configure' | 'stop' }>, relay: Relay, send: (message: ToGateway) => void): void {
  const { id } = message;
  if (message.type === 'status') send({ type: 'status', id, status: statusOf(relay) });
  else if (message.type === 'look')
    void relay.looks.take(message.ask, message.timeoutMs).then((look) => send({ type: 'looked', id, ...(look && { look }) }));
  else if (message.type === 'warm') send({ type: 'reply', id, known: relay.warmth.keep(message.warm, message.forMs) });
  else if (message.type === 'cut')
    send({ type: 'reply', id, known: relay.sessions.cut(message.session) || relay.flv.cut(message.session) });
  else send({ type: 'reply', id, known: settle(message, relay) });
}

function settle(message: Extract<ToMedia, { type: 'admit' | 'extend' | 'revoke' }>, { leases, pushes }: Relay): boolean {
  if (message.type === 'extend') return leases.extend(message.grant, message.remainingMs);
  if (message.type === 'revoke') return leases.revoke(message.grant, message.why);
  leases.admit(message.lease, message.openWithinMs);
  pushes.start(message.lease.grant, message.openWithinMs);
  return true;
}
