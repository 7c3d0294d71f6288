// Whether events can be heard: known where the camera is being heard now, else tried with a subscription that is given back at once.
import type { Env } from '#base';
import { openPullPointCalls } from '../events/index.ts';
import type { SoapSession } from '../soap/index.ts';
import { type Finding, failedCall, found, well } from './findings.ts';
import type { Patient } from './patient.ts';

/** Shorter than a camera may grant, for it is given back. */
const lifetimeMs = 60_000;
const waitMs = 1000;
const answerMs = 10_000;
const maxBytes = 256 * 1024;

/** What is heard, or why nothing is. */
export async function hearOnce(
  { session, events, heard }: { readonly session: SoapSession; readonly events: URL | undefined; readonly heard: Patient['heard'] },
  env: Env,
  signal: AbortSignal,
): Promise<Finding> {
  if (!events) return found('events', 'no-events', undefined, 'warning');
  if (heard) {
    const { pulls, messages } = heard;
    return well('events', {
      en: `Being heard: ${pulls} pulls, ${messages} messages since the start`,
      ko: `수신 중: 시작 후 조회 ${pulls}회, 메시지 ${messages}건`,
    });
  }
  const calls = openPullPointCalls(session, env);
  const created = await calls.create(events, lifetimeMs, signal);
  if (created.result === 'failed')
    return created.failure.kind === 'fault'
      ? found('events', 'events-refused', created.failure.detail)
      : failedCall('events', created.failure);
  const pulled = await calls.pull(created.point, { waitMs, messages: 10, maxBytes, timeoutMs: waitMs + answerMs }, signal);
  await calls.unsubscribe(created.point, answerMs, signal);
  // A camera may close an empty pull early, or allow other waits: it is heard all the same.
  if (pulled.result === 'failed' && pulled.failure.kind !== 'closed') return found('events', 'events-silent', pulled.failure.detail);
  return well('events', { en: 'A subscription was taken and given back', ko: '이벤트 구독을 시험하고 반납했습니다' });
}
