// One reader's session over RTSP: what its connection, its lease and its path have to do with each other, from SETUP to the end.
import type { Env } from '#base';
import { failureText, type SourceFailure } from '../faults.ts';
import type { Beginning, Tenancy, Tenant } from '../leases.ts';
import { type Member, openReader, type Paths, type Reader, type ReaderLine } from '../path/index.ts';
import type { MediaEvent, SessionEnd, SessionReport } from '../protocol.ts';
import { type ReaderConnection, sessionTimeoutS, type Transport, type UdpLine, type UdpPorts, type Visit } from '../server/index.ts';

export interface SessionDeps {
  readonly paths: Paths;
  readonly readerBufferBytes: number;
  /** Undefined where pictures must not leave in clear. */
  readonly udp: UdpPorts | undefined;
  emit(event: MediaEvent): void;
}

export interface Session extends Visit {
  readonly tokenHash: string;
  readonly isPlaying: boolean;
  /** The reader asked for something. */
  touch(): void;
  report(): SessionReport | undefined;
  end(reason: SessionEnd): void;
}

/** A reader whose line took nothing for so long is closed. */
const stallLimitMs = 60_000;
const tcpChannels = { rtp: 0, rtcp: 1 };

/** A reader while it plays; `udp` where that is its way. */
interface Flow {
  readonly reader: Reader;
  readonly udp: UdpLine | undefined;
  mute(): void;
}

/** Opens a session; it takes no place and opens no camera until `enter`. */
export function openSession(connection: ReaderConnection, tenancy: Tenancy, deps: SessionDeps, env: Env): Session {
  const { lease } = tenancy;
  const { grant, device, channel, quality } = lease;
  const session = connection.sessionId;
  const now = env.clock.monotonicMs;
  let member: Member | undefined;
  let transport: Transport | undefined;
  let flow: Flow | undefined;
  let past = { frames: 0, bytes: 0, dropped: 0 };
  let firstFrameMs: number | undefined;
  let startedAt: number | undefined;
  let touchedAt = now();
  let ended = false;
  let beginning: Beginning = 'next';

  const seconds = (): number => Math.round((now() - (startedAt ?? now())) / 10) / 100;
  const counts = (): typeof past => {
    const { frames, bytes, dropped } = flow?.reader.counts ?? { frames: 0, bytes: 0, dropped: 0 };
    return { frames: past.frames + frames, bytes: past.bytes + bytes, dropped: past.dropped + dropped };
  };
  const pause = (): void => {
    past = counts();
    firstFrameMs ??= flow?.reader.firstFrameMs;
    flow?.mute();
    flow = undefined;
  };
  const end = (reason: SessionEnd): void => {
    if (ended) return;
    ended = true;
    pause();
    tenancy.leave(tenant);
    member?.leave();
    connection.cut();
    if (startedAt === undefined) return;
    deps.emit({ event: 'session-closed', grant, session, reason, frames: past.frames, bytes: past.bytes, seconds: seconds() });
  };
  const tenant: Tenant = { end };
  /** Who only waits for the camera gets an answer, and keeps no place; who plays is cut. */
  const dismissed = (failure: SourceFailure): void => {
    env.log.info({ grant, session, reason: failure.reason }, failureText(failure).en);
    if (startedAt !== undefined) end('source');
    else {
      member = undefined;
      tenancy.leave(tenant);
    }
  };

  return {
    tokenHash: lease.tokenHash,
    end,
    pause,
    get hasCamera() {
      return member !== undefined;
    },
    touch: () => {
      touchedAt = now();
    },
    enter() {
      if (ended) return false;
      if (member) return true;
      if (!tenancy.enter(tenant)) return false;
      member = deps.paths.join({ device, channel, quality }, lease.source, dismissed);
      return true;
    },
    describe: async () => (member ? await member.describe() : { ok: false, failure: { reason: 'lost', detail: '' } }),
    async setUp(offer) {
      const server = offer.kind === 'udp' ? await deps.udp?.bind() : undefined;
      const taken = offer.kind === 'tcp' ? offer : server && { ...offer, server };
      transport = taken ?? transport;
      return taken;
    },
    mayPlay() {
      beginning = tenancy.begin();
      return beginning !== 'refused';
    },
    play() {
      if (ended || flow || !member || !transport) return;
      if (startedAt === undefined) {
        startedAt = now();
        deps.emit({ event: 'session-opened', grant, session, form: 'stream', peer: connection.peer });
      }
      flow = openFlow(connection, transport, deps, env);
      if (flow) member.attach(flow.reader, beginning === 'kept' ? 'kept' : 'next');
    },
    get isPlaying() {
      if (!flow) return false;
      if (!flow.udp) return flow.reader.stalledMs() < stallLimitMs;
      return now() - Math.max(touchedAt, flow.udp.heardAtMs) < sessionTimeoutS * 1000;
    },
    report() {
      if (startedAt === undefined || !transport) return undefined;
      const said = flow?.udp?.report;
      const heard = said && { lossRatio: said.lossRatio, jitterMs: said.jitterTicks / 90 };
      return {
        grant,
        session,
        device,
        channel,
        quality,
        transport: transport.kind,
        peer: connection.peer,
        ...counts(),
        seconds: seconds(),
        firstFrameMs: firstFrameMs ?? flow?.reader.firstFrameMs,
        ...heard,
      };
    },
  };
}

function openFlow(connection: ReaderConnection, transport: Transport, deps: SessionDeps, env: Env): Flow | undefined {
  const udp = transport.kind === 'udp' ? deps.udp?.open(connection.address, transport.client) : undefined;
  if (transport.kind === 'udp' && !udp) return undefined;
  const line = udp ?? connection;
  let muted = false;
  const through: ReaderLine = {
    write: (bytes) => {
      if (!muted) line.write(bytes);
    },
    get waitingBytes() {
      return line.waitingBytes;
    },
  };
  const channels = transport.kind === 'tcp' ? transport.channels : tcpChannels;
  return {
    udp,
    reader: openReader(through, { channels, bufferBytes: deps.readerBufferBytes }, env.clock),
    mute() {
      muted = true;
      udp?.[Symbol.dispose]();
    },
  };
}
