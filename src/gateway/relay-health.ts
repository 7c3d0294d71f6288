// The relay's health as a condition of the gateway: raised when its process died or a port is taken, cleared when it serves again.
import { type Env, isSameText, type Service, type Text, untilAborted } from '#base';
import type { StreamEvent } from '#streams';
import type { Intake } from './intake.ts';

/** Follows the media process. */
export interface RelayHealth {
  onEvent(event: StreamEvent): void;
  readonly service: Service;
}

/** A listener that has stood so long is taken for sound. */
const soundAfterMs = 3000;

const servesAgain: Text = { ko: '영상 중계가 다시 정상입니다', en: 'The relay serves again' };

/** Opens the relay's health. A condition that stood when the gateway was stopped is cleared like any other. */
export function openRelayHealth(intake: Intake, env: Env): RelayHealth {
  const troubles = new Map<'rtsp' | 'http', Text>();
  let told: Text | 'nothing' | 'sound' = 'nothing';
  let sound: Disposable | undefined;
  let telling: Promise<void> = Promise.resolve();

  const tell = (): void => {
    const [trouble] = troubles.values();
    if (trouble ? typeof told === 'object' && isSameText(told, trouble) : told === 'sound') return;
    told = trouble ?? 'sound';
    const state = trouble ? 'raised' : 'cleared';
    const message = trouble ?? servesAgain;
    const time = env.clock.now();
    telling = telling.then(() =>
      intake.condition({ device: 'gateway', channel: 'media', kind: 'media-down', state, severity: 'major', time, message }),
    );
  };
  const settle = (): void => {
    sound?.[Symbol.dispose]();
    sound = env.clock.after(soundAfterMs, tell);
  };
  return {
    onEvent(event) {
      if (event.event === 'media-down') {
        for (const listener of ['rtsp', 'http'] as const) troubles.set(listener, died(event.reason));
        tell();
      } else if (event.event === 'cannot-listen') {
        troubles.set(event.listener, cannotListen(event));
        tell();
      } else if (event.event === 'listening') {
        troubles.delete(event.listener);
        settle();
      }
    },
    service: {
      name: 'relay health',
      async run(signal) {
        await untilAborted(signal);
        sound?.[Symbol.dispose]();
        await telling;
      },
    },
  };
}

function died(reason: string): Text {
  return {
    ko: `영상 중계 프로세스가 중단되었습니다(${reason}). 자동으로 다시 시작합니다. 반복되면 게이트웨이 로그를 확인하십시오.`,
    en: `The media process died (${reason}). It is started again by itself; when it happens often, look into the gateway's log.`,
  };
}

function cannotListen({ address, reason }: Extract<StreamEvent, { event: 'cannot-listen' }>): Text {
  return {
    ko: `영상 중계가 ${address}에서 접속을 받을 수 없습니다: ${reason}. 포트를 쓰는 다른 프로그램을 끝내거나 streams의 포트를 바꾸십시오. 자동으로 다시 시도합니다.`,
    en: `The relay cannot listen on ${address}: ${reason}. End the program that holds the port, or change the port under streams. It is tried again by itself.`,
  };
}
