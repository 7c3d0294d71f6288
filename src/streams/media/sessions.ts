// Sessions: what a reader's connection, its lease and its path have to do with each other.
import type { Env } from '#base';
import { failureText, type SourceFailure } from '../faults.ts';
import type { Leases, Tenancy, Tenant } from '../leases.ts';
import { type Member, openReader, type Paths, type Reader } from '../path/index.ts';
import type { MediaEvent, SessionEnd, SessionReport } from '../protocol.ts';
import type { Hall, ReaderConnection, Visit } from '../server/index.ts';

export interface SessionsDeps {
  readonly leases: Leases;
  readonly paths: Paths;
  readonly readerBufferBytes: number;
  emit(event: MediaEvent): void;
}

/** The hall of the RTSP server, with a list of who plays. */
export interface Sessions extends Hall {
  list(): readonly SessionReport[];
  /** Ends all, when the process goes. */
  close(reason: SessionEnd): void;
}

interface Session extends Visit {
  readonly tokenHash: string;
  readonly connection: ReaderConnection;
  readonly isPlaying: boolean;
  report(): SessionReport | undefined;
  end(reason: SessionEnd): void;
}

/** A reader whose line took nothing for so long is closed. */
const stallLimitMs = 60_000;

/** Opens the table of sessions; it is bounded by the server's connections. */
export function openSessions(deps: SessionsDeps, env: Env): Sessions {
  const sessions = new Map<ReaderConnection, Session>();
  return {
    visit(connection, tokenHash) {
      const tenancy = deps.leases.claim(tokenHash);
      if (tenancy?.lease.form !== 'stream') return undefined;
      const known = sessions.get(connection);
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
    close(reason) {
      for (const session of sessions.values()) session.end(reason);
    },
  };
}

function openSession(connection: ReaderConnection, tenancy: Tenancy, deps: SessionsDeps, env: Env): Session {
  const { lease } = tenancy;
  const { grant, device, channel, quality } = lease;
  const session = connection.sessionId;
  let member: Member | undefined;
  let reader: Reader | undefined;
  let startedAt = 0;
  let ended = false;

  const seconds = (): number => Math.round((env.clock.monotonicMs() - startedAt) / 10) / 100;
  const end = (reason: SessionEnd): void => {
    if (ended) return;
    ended = true;
    tenancy.leave(tenant);
    member?.leave();
    connection.cut();
    if (!reader) return;
    const { frames, bytes } = reader.counts;
    deps.emit({ event: 'session-closed', grant, session, reason, frames, bytes, seconds: seconds() });
  };
  const tenant: Tenant = { end };
  /** Who only waits for the camera gets an answer; who plays is cut. */
  const dismissed = (failure: SourceFailure): void => {
    env.log.info({ grant, session, reason: failure.reason }, failureText(failure).en);
    if (reader) end('source');
  };

  return {
    tokenHash: lease.tokenHash,
    connection,
    end,
    enter() {
      if (ended) return false;
      if (member) return true;
      if (!tenancy.enter(tenant)) return false;
      member = deps.paths.join({ device, channel, quality }, lease.source, dismissed);
      return true;
    },
    describe: async () => (member ? await member.describe() : { ok: false, failure: { reason: 'lost', detail: '' } }),
    play(channels) {
      if (ended || reader || !member) return;
      startedAt = env.clock.monotonicMs();
      reader = openReader(connection, { channels, bufferBytes: deps.readerBufferBytes }, env.clock);
      deps.emit({ event: 'session-opened', grant, session, form: 'stream', peer: connection.peer });
      member.attach(reader);
    },
    get isPlaying() {
      return reader !== undefined && reader.stalledMs() < stallLimitMs;
    },
    report: () => reader && { grant, session, device, channel, quality, peer: connection.peer, ...reader.counts, seconds: seconds() },
  };
}
