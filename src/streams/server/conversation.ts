// The RTSP server's side of one connection, method by method (RFC 2326 §10): from OPTIONS to TEARDOWN, for one lease.
import type { Description } from '../path/index.ts';
import type { RtspRequest } from '../rtsp/index.ts';
import { describeTrack, encodeResponse, header } from '../rtsp/index.ts';
import { tokenHashIn } from './token.ts';
import { encodeTransport, readTransport, type Transport, type TransportOffer } from './transport.ts';

/** What a connection may do with the lease that its token opened. */
export interface Visit {
  /** Takes a reader's place, if this connection has none yet, and wants the camera opened; false when all places are taken. */
  enter(): boolean;
  /** False when the camera has been lost since `enter`; the place is given up then. */
  readonly hasCamera: boolean;
  /** Waits for the camera. Only after `enter`. */
  describe(): Promise<Description>;
  /** Takes an offer, in place of the one before; undefined when it cannot be had. Only after `enter`. */
  setUp(offer: TransportOffer): Promise<Transport | undefined>;
  /** Whether pictures may begin to flow once more: not when its lease has let them begin too often of late. Asked before each `play`. */
  mayPlay(): boolean;
  /** Lets the pictures flow. Only after `setUp`. */
  play(): void;
  /** Nothing more is sent, until `play`. */
  pause(): void;
}

export interface ConversationDeps {
  /** What the token opens; undefined when it is wrong. Asked at every request, for it may have ended meanwhile. */
  visit(tokenHash: string): Visit | undefined;
  /** It has taken a reader's place. */
  welcome(): void;
  /** Waits as long as a wrong token has to. */
  punish(): Promise<void>;
  readonly sessionId: string;
}

export interface Answer {
  readonly bytes: string;
  /** What to do once the answer is on its way. */
  readonly next: 'go-on' | 'close' | 'play';
}

export interface Conversation {
  /** Answers one request. Never called twice at once. */
  answer(request: RtspRequest): Promise<Answer>;
  /** Call when an answer with `play` has been written. */
  play(): void;
}

type Stage = 'new' | 'set-up' | 'playing';

const methods = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN';
const known: ReadonlySet<string> = new Set(methods.split(', '));
/** Announced to readers (RFC 2326 §12.37): so long one that does not get pictures over TCP may say nothing. */
export const sessionTimeoutS = 60;

/** Opens a conversation; it has no lease until the first request that names one. */
export function openConversation(deps: ConversationDeps): Conversation {
  let stage: Stage = 'new';
  let bound: string | undefined;
  let visit: Visit | undefined;
  const session = `${deps.sessionId};timeout=${sessionTimeoutS}`;

  const enter = (guest: Visit): boolean => {
    const hasPlace = guest.enter();
    if (hasPlace) deps.welcome();
    return hasPlace;
  };
  const setUp = async (sequence: string, request: RtspRequest, guest: Visit): Promise<Answer> => {
    if (stage === 'playing') return reply(sequence, 455);
    const offers = readTransport(header(request, 'transport') ?? '');
    if (offers.length === 0) return reply(sequence, 461);
    if (!enter(guest)) return reply(sequence, 453);
    for (const offer of offers) {
      const taken = await guest.setUp(offer);
      if (!taken) continue;
      stage = 'set-up';
      return reply(sequence, 200, { Transport: encodeTransport(taken), Session: session });
    }
    return reply(sequence, 461);
  };
  const playing = (sequence: string, request: RtspRequest, guest: Visit): Answer => {
    if (stage === 'new' || !isSession(request)) return reply(sequence, 454);
    if (!guest.hasCamera) return reply(sequence, 503, {}, '', 'close');
    if (stage === 'set-up' && !guest.mayPlay()) return reply(sequence, 503, {}, '', 'close');
    const headers = { Session: session, Range: 'npt=now-' };
    const next = stage === 'set-up' ? 'play' : 'go-on';
    stage = 'playing';
    return reply(sequence, 200, headers, '', next);
  };
  const pausing = (sequence: string, request: RtspRequest, guest: Visit): Answer => {
    if (stage === 'new' || !isSession(request)) return reply(sequence, 454);
    guest.pause();
    stage = 'set-up';
    return reply(sequence, 200, { Session: session });
  };
  const isSession = (request: RtspRequest): boolean => {
    const named = header(request, 'session');
    return named === undefined || named.split(';')[0]?.trim() === deps.sessionId;
  };
  const admitted = async (sequence: string, request: RtspRequest, guest: Visit): Promise<Answer> => {
    switch (request.method) {
      case 'DESCRIBE':
        return enter(guest) ? describe(sequence, request, await guest.describe()) : reply(sequence, 453);
      case 'SETUP':
        return await setUp(sequence, request, guest);
      case 'PLAY':
        return playing(sequence, request, guest);
      case 'PAUSE':
        return pausing(sequence, request, guest);
      case 'TEARDOWN':
        return reply(sequence, 200, {}, '', 'close');
      default:
        return reply(sequence, isSession(request) ? 200 : 454, stage === 'new' ? {} : { Session: session });
    }
  };

  return {
    play: () => visit?.play(),
    async answer(request) {
      const sequence = header(request, 'cseq') ?? '';
      if (!/^\d{1,10}$/.test(sequence)) return { bytes: encodeResponse(400, {}), next: 'close' };
      const required = header(request, 'require');
      if (required !== undefined) return reply(sequence, 551, { Unsupported: required.slice(0, 200) });
      if (request.method === 'OPTIONS') {
        if (bound !== undefined && !deps.visit(bound)) return reply(sequence, 454, {}, '', 'close');
        return reply(sequence, 200, { Public: methods });
      }
      if (!known.has(request.method)) return reply(sequence, 501, { Public: methods });

      // A reader in a session may leave the address out of GET_PARAMETER and PLAY; the lease is then the one it is in.
      const named = tokenHashIn(request.url, 's');
      const hash = named ?? (stage === 'new' ? undefined : bound);
      visit = hash === undefined || (bound !== undefined && bound !== hash) ? undefined : deps.visit(hash);
      if (!visit) {
        await deps.punish();
        return reply(sequence, 404, {}, '', 'close');
      }
      bound = hash;
      return await admitted(sequence, request, visit);
    },
  };
}

function describe(sequence: string, request: RtspRequest, description: Description): Answer {
  if (!description.ok) return reply(sequence, 503, {}, '', 'close');
  const base = request.url.replace(/\/*$/, '/');
  return reply(sequence, 200, { 'Content-Base': base, 'Content-Type': 'application/sdp' }, describeTrack(description.track));
}

function reply(
  sequence: string,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = '',
  next: Answer['next'] = 'go-on',
): Answer {
  return { bytes: encodeResponse(status, { CSeq: sequence, ...headers }, body), next };
}
