// The gateway's own look at a camera: whether it describes its stream, whether a first frame comes. What comes is seen and dropped here.
import type { Env } from '#base';
import type { Look, LookAsk } from '#model';
import { failureText, type SourceFailure } from '../faults.ts';
import type { Track } from '../rtsp/index.ts';
import { parseAddress } from './address.ts';
import { openCameraConnection } from './connection.ts';
import { describe } from './dialogue.ts';
import { runSource, type SourceOptions } from './source.ts';

/** Looks once, with at most one failed login. Never rejects; a look that `signal` ends has failed as `timeout`. */
export async function look(options: SourceOptions, depth: LookAsk['depth'], env: Env, signal: AbortSignal): Promise<Look> {
  const startedMs = env.clock.monotonicMs();
  const seen = await (depth === 'answer' ? seeAnswer(options, env, signal) : seePicture(options, env, signal));
  if (typeof seen === 'string') return { result: 'seen', codec: seen, tookMs: Math.round(env.clock.monotonicMs() - startedMs) };
  const text = failureText(seen);
  return { result: 'failed', reason: seen.reason, text, ...(seen.hint === 'basic-only' && { basicOnly: true }) };
}

/** A look asks for pictures, and what it finds is some. */
function videoOf({ codec }: Track): Codec | SourceFailure {
  return codec === 'metadata' ? { reason: 'no-video', detail: codec } : codec;
}

type Codec = Extract<Look, { readonly result: 'seen' }>['codec'];

async function seeAnswer(options: SourceOptions, env: Env, signal: AbortSignal): Promise<Codec | SourceFailure> {
  const address = parseAddress(options.source.url);
  if (!address) return { reason: 'refused', detail: 'not an RTSP address' };
  const { user, password, basicAllowed = false } = options.source;
  const login = user === '' ? undefined : { user, password };
  const { replyTimeoutMs, readBuffer } = options;
  using connection = openCameraConnection({ address, login, basicAllowed, replyTimeoutMs, readBuffer }, () => {}, env);
  const offering = await Promise.race([describe(connection, address.url, 'video'), aborted(signal)]);
  return offering.ok ? videoOf(offering.offer.track) : offering.failure;
}

async function seePicture(options: SourceOptions, env: Env, signal: AbortSignal): Promise<Codec | SourceFailure> {
  const enough = new AbortController();
  let seen: Codec | SourceFailure | undefined;
  let hasFrame = false;
  const sink = {
    ready: (track: Track) => {
      seen = videoOf(track);
    },
    piece: ({ frames }: { readonly frames: number }) => {
      if (frames === 0) return;
      hasFrame = true;
      enough.abort();
    },
  };
  const failed = await runSource(options, sink, env, AbortSignal.any([signal, enough.signal]));
  if (hasFrame && seen) return seen;
  return failed ?? { reason: 'timeout', detail: '' };
}

function aborted(signal: AbortSignal): Promise<{ readonly ok: false; readonly failure: SourceFailure }> {
  return new Promise((resolve) => {
    const give = (): void => resolve({ ok: false, failure: { reason: 'timeout', detail: '' } });
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}
