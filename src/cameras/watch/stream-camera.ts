// The loop of a source without ONVIF: it is there when it describes its stream over RTSP.
import { type Env, isAbort, messageOf } from '#base';
import type { StreamSource } from '#model';
import { type Failure, type FailureKind, failure } from '../faults.ts';
import type { Memory } from '../memory.ts';
import type { Looked, Looker } from './looker.ts';
import { type PictureCause, pictureCauseOf } from './picture-words.ts';

/** A source without ONVIF. */
export interface StreamCamera {
  readonly id: string;
  readonly host: string;
  /** Its first channel's main stream. */
  source(): StreamSource | undefined;
  /** Milliseconds before the first look. */
  readonly delayMs: number;
  /** What is remembered of its refused login, opened before the first look. */
  remember(): Promise<Pick<Memory, 'refused' | 'accepted'>>;
  /** It answered. */
  well(): Promise<void>;
  /** It did not, so many times in a row. */
  ill(failed: Failure, failures: number): Promise<void>;
}

const kinds: Readonly<Record<PictureCause, FailureKind>> = {
  unreachable: 'unreachable',
  timeout: 'silent',
  lost: 'closed',
  silent: 'silent',
  'login-refused': 'login-refused',
  'basic-only': 'login-refused',
  refused: 'fault',
  busy: 'fault',
  'no-video': 'fault',
  malformed: 'garbage',
  changed: 'fault',
};

/** Supervises one until `signal` aborts. Never rejects. */
export async function superviseStream(
  camera: StreamCamera,
  options: { readonly checkEvery: number; readonly retryMax: number },
  looker: Looker,
  env: Env,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  let memory: Awaited<ReturnType<StreamCamera['remember']>> | undefined;
  const beat = async (): Promise<void> => {
    const source = camera.source();
    if (!source) return;
    memory ??= await camera.remember();
    const { id, host } = camera;
    const looked = await looker.look(host, { device: id, channel: 1, quality: 'main', source, depth: 'answer' }, signal);
    if (looked.result === 'seen') failures = 0;
    if (looked.result === 'failed') failures += 1;
    if (looked.result === 'seen') await Promise.all([camera.well(), memory.accepted()]);
    if (looked.result === 'failed' && looked.reason === 'login-refused' && !looked.basicOnly) await memory.refused();
    const failed = failureOf(looked, source);
    if (failed) await camera.ill(failed, failures);
  };
  try {
    await env.clock.sleep(camera.delayMs, signal);
    for (;;) {
      await beat().catch((error: unknown) => {
        if (isAbort(error, signal)) throw error;
        env.log.error({ camera: camera.id, error: messageOf(error) }, 'supervising a stream failed; trying again');
      });
      const waitMs = failures > 0 ? Math.min(options.checkEvery, options.retryMax) : options.checkEvery;
      await env.clock.sleep(waitMs * (0.9 + env.random.uniform() * 0.2), signal);
    }
  } catch (error) {
    if (!isAbort(error, signal)) env.log.error({ camera: camera.id, error: messageOf(error) }, 'supervising a stream ended');
  }
}

function failureOf(looked: Looked, { url }: StreamSource): Failure | undefined {
  const where = URL.parse(url)?.host ?? '';
  if (looked.result === 'failed') {
    const { ko, en } = looked.text;
    return failure(kinds[pictureCauseOf(looked)], { ko: `${where}: ${ko}`, en: `${where}: ${en}` });
  }
  if (looked.result !== 'waits') return undefined;
  const seconds = Math.ceil(looked.waitMs / 1000);
  return failure('login-refused', { ko: `${where}, ${seconds}초 뒤 재시도`, en: `${where}, tried again in ${seconds} s` });
}
