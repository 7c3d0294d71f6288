// The sessions of RTSP readers: each connection has at most one, and each request of it is held against its lease.
import type { Env } from '#base';
import type { Leases } from '../leases.ts';
import type { SessionEnd, SessionReport } from '../protocol.ts';
import type { Hall, ReaderConnection } from '../server/index.ts';
import { openSession, type Session, type SessionDeps } from './session.ts';

export interface SessionsDeps extends SessionDeps {
  readonly leases: Leases;
}

/** The hall of the RTSP server, with a list of who plays. */
export interface Sessions extends Hall {
  list(): readonly SessionReport[];
  /** Ends the one with this id; false when there is none. */
  cut(session: string): boolean;
  /** Ends all, when the process goes. */
  close(reason: SessionEnd): void;
}

/** Opens the table of sessions; it is bounded by the server's connections. */
export function openSessions(deps: SessionsDeps, env: Env): Sessions {
  const sessions = new Map<ReaderConnection, Session>();
  return {
    visit(connection, tokenHash) {
      const tenancy = deps.leases.claim(tokenHash, { peer: connection.address, door: 'rtsp' });
      if (!tenancy) return undefined;
      const known = sessions.get(connection);
      known?.touch();
      if (known) return known.tokenHash === tokenHash ? known : undefined;
      const session = openSession(connection, tenancy, deps, env);
      sessions.set(connection, session);
      return session;
    },
    gone(connection) {
      const session = sessions.get(connection);
      sessions.delete(connection);
      session?.end('reader');
    },
    isPlaying: (connection) => sessions.get(connection)?.isPlaying ?? false,
    list: () => [...sessions.values()].flatMap((session) => session.report() ?? []),
    cut(id) {
      const found = [...sessions].find(([connection]) => connection.sessionId === id);
      found?.[1].end('revoked');
      return found !== undefined;
    },
    close(reason) {
      for (const session of sessions.values()) session.end(reason);
    },
  };
}
