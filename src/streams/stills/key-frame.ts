// A still of a camera that offers none: the next key frame of its stream, or the one that is kept, decoded.
import type { Env } from '#base';
import type { StreamSource } from '#model';
import { type Member, openReader, type PathKey, type Paths, type ReaderLine } from '../path/index.ts';
import { decodePicture } from './decoder.ts';
import type { Desk } from './desk.ts';
import type { Snapshot } from './snapshot.ts';
import { openPictureCollector } from './units.ts';

export interface KeyFrameOptions {
  /** Path of the program. */
  readonly ffmpeg: string;
  /** Until the camera's next key frame. */
  readonly timeoutMs: number;
  readonly paths: Paths;
  readonly desk: Desk;
}

const channels = { rtp: 0, rtcp: 1 };

/** Opens the camera, if it is not open, for as long as one key frame takes. Never rejects. */
export async function takeKeyFrame(
  key: PathKey,
  source: StreamSource,
  options: KeyFrameOptions,
  env: Env,
  signal: AbortSignal,
): Promise<Snapshot> {
  const lost = Promise.withResolvers<Snapshot>();
  const member = options.paths.join(key, source, (failure) => lost.resolve({ ok: false, failure }));
  try {
    const description = await member.describe();
    if (!description.ok) return description;
    const { codec } = description.track;
    if (codec === 'jpeg' || codec === 'metadata') return { ok: false, failure: { reason: 'no-video', detail: codec, words: 'no-still' } };
    using _late = env.clock.after(options.timeoutMs, () =>
      lost.resolve({ ok: false, failure: { reason: 'timeout', detail: 'key frame' } }),
    );
    signal.addEventListener('abort', () => lost.resolve({ ok: false, failure: { reason: 'lost', detail: '' } }), { once: true });
    const picture = await Promise.race([nextPicture(member, { ...description.track, codec }, env), lost.promise]);
    if (!Buffer.isBuffer(picture)) return picture;
    // The camera is not kept open for it.
    member.leave();
    const decoded = await options.desk.take(async () => ({ jpeg: await decodePicture(options.ffmpeg, codec, picture, env, signal) }));
    if (!decoded) return { ok: false, failure: { reason: 'busy', detail: 'too many stills at once' } };
    const { jpeg } = decoded;
    return jpeg ? { ok: true, jpeg } : { ok: false, failure: { reason: 'malformed', detail: 'key frame' } };
  } finally {
    member.leave();
  }
}

function nextPicture(member: Member, track: Parameters<typeof openPictureCollector>[0], env: Env): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const collector = openPictureCollector(track);
  const line: ReaderLine = {
    waitingBytes: 0,
    write(bytes) {
      for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUInt16BE(at + 2)) {
        if (bytes[at + 1] !== channels.rtp) continue;
        // What was written is filled anew afterwards.
        const picture = collector.take(Buffer.from(bytes.subarray(at + 4, at + 4 + bytes.readUInt16BE(at + 2))));
        if (picture) return resolve(picture);
      }
    },
  };
  member.attach(openReader(line, { channels, bufferBytes: 1024 * 1024 }, env.clock));
  return promise;
}
