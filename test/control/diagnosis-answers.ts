// What a gateway of memory answers about the health of a camera.
import type { ControlHandlers, Result } from '#control';

/** Handlers of `camera.test` and `camera.show`. */
export function diagnosisAnswers(
  camera: Result<'camera.list'>['cameras'][number],
  at: number,
): Pick<ControlHandlers, 'camera.test' | 'camera.show'> {
  return {
    'camera.test': async function* ({ id }) {
      const verdict = {
        camera: 'cam-0417',
        result: 'failed' as const,
        step: 'picture' as const,
        cause: 'picture-silent',
        message: { en: 'The camera opens the stream but sends no picture', ko: '카메라가 영상을 열었지만 화면을 보내지 않습니다' },
        hint: { en: 'Restart it.', ko: '재시작하십시오.' },
      };
      if (id === undefined) {
        yield { total: 2 };
        yield { verdict: { camera: 'cam-1', result: 'ok', message: { en: 'Nothing is wrong', ko: '이상 없음' } } };
      } else {
        yield { finding: { step: 'port', result: 'ok', message: { en: '10.1.0.17:80 is open', ko: '10.1.0.17:80 열림' } } };
        yield { finding: verdict };
      }
      yield { verdict };
      const { camera: _, ...cause } = verdict;
      if (id === undefined) yield { summary: { total: 2, well: 1, causes: [{ ...cause, count: 1, cameras: ['cam-0417'] }] } };
    },
    'camera.show': async () => ({
      camera: {
        ...camera,
        group: 'switch-7',
        features: { relays: 1, inputs: 2, microphone: true, soundDetection: false, https: true, rtsps: false },
        authentication: 'digest',
        user: 'gate',
        clockOffsetMs: 1200,
        services: ['media2 21.12'],
        streams: [{ number: 1, name: '정문', streams: { main: 'rtsp://10.1.0.17/main' } }],
        pullPoint: 'http://10.1.0.17/onvif/pull/1',
        counters: { pulls: 9, messages: 41, subscriptionsCreated: 1, subscriptionsResumed: 2 },
        topics: { 'VideoSource/MotionAlarm': 41 },
        conditions: [],
        troubles: [
          {
            from: at,
            to: at,
            count: 3,
            message: { en: 'The camera cannot be reached', ko: '카메라에 연결할 수 없습니다' },
            hint: { en: 'Check power.', ko: '전원을 확인하십시오.' },
          },
        ],
      },
    }),
  };
}
