// Whether pictures come: RTSP is asked to describe them, then the first frame is awaited; it stays in memory, and the look is on the audit.
import type { LookAsk } from '#model';
import { type Looked, pictureCauseOf } from '../watch/index.ts';
import { type Finding, found, type StepName, skipped, well } from './findings.ts';
import type { DiagnosisDeps, Patient } from './patient.ts';

/** Whose pictures, and who wants to know. */
export interface SeeAsk {
  readonly patient: Pick<Patient, 'device' | 'source'>;
  readonly host: string;
  readonly channels: readonly number[];
  readonly by: string;
}

/** Of a recorder, so many channels are looked at. */
const maxChannels = 4;
const stepOf: Readonly<Record<LookAsk['depth'], StepName>> = { answer: 'stream', picture: 'picture' };

/** Looks at the main stream of the first four channels; a channel that does not describe its stream is not asked for a frame. */
export async function* seePictures(
  { patient, host, channels, by }: SeeAsk,
  deps: DiagnosisDeps,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const { id } = patient.device;
  const look = async (channel: number, depth: LookAsk['depth']): Promise<Finding | undefined> => {
    const source = patient.source(channel, 'main');
    if (!source) return undefined;
    const looked = await deps.looker.look(host, { device: id, channel, quality: 'main', source, depth }, signal);
    return judge(stepOf[depth], channel, looked);
  };
  if (!deps.sight) return yield skipped('stream', { en: 'Nobody can look at pictures here', ko: '영상을 확인할 수 없습니다' });
  const able: number[] = [];
  for (const channel of channels.slice(0, maxChannels)) {
    const finding = await look(channel, 'answer');
    if (!finding) continue;
    yield finding;
    if (finding.result === 'ok') able.push(channel);
    // One refused login is one for all channels.
    if (isAboutLogin(finding)) return;
  }
  if (able.length === 0) return;
  await deps.sight.account('camera-test', able.map((channel) => `${id}/${channel}`).join(' '), by);
  for (const channel of able) {
    const finding = await look(channel, 'picture');
    if (finding) yield finding;
  }
}

function isAboutLogin({ cause }: Finding): boolean {
  return cause === 'login-held' || cause === 'picture-login-refused' || cause === 'picture-basic-only';
}

function judge(step: StepName, channel: number, looked: Looked): Finding {
  switch (looked.result) {
    case 'unknown':
      return found(step, 'relay-down', undefined, 'warning');
    case 'waits': {
      const seconds = Math.ceil(looked.waitMs / 1000);
      return found(step, 'login-held', { en: `RTSP, tried again in ${seconds} s`, ko: `RTSP, ${seconds}초 뒤 재시도` });
    }
    case 'failed': {
      const { en, ko } = looked.text;
      return found(step, `picture-${pictureCauseOf(looked)}`, { en: `channel ${channel}: ${en}`, ko: `채널 ${channel}: ${ko}` });
    }
    case 'seen': {
      const { codec, tookMs } = looked;
      const what = step === 'stream' ? { en: 'described', ko: '응답 정상' } : { en: 'first frame', ko: '첫 화면 수신' };
      return well(step, {
        en: `Channel ${channel}: ${what.en} after ${tookMs} ms, ${codec}`,
        ko: `채널 ${channel}: ${what.ko}, ${tookMs} ms, ${codec}`,
      });
    }
  }
}
