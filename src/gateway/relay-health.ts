// The relay's health as a condition of the gateway: raised when its process died or a port is taken, cleared when it serves again.
import { type Env, type Service, type Text, untilAborted } from '#base';
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
const died: Text = {
  ko: '영상 중계 프로세스가 중단되었습니다. 자동으로 다시 시작합니다. 반복되면 게이트웨이 로그를 확인하십시오.',
  en: "The media process died. It is started again by itself; when it happens often, look into the gateway's log.",
};
const cannotListen: Text = {
  ko: '영상 중계가 접속을 받을 수 없습니다. 포트를 쓰는 다른 프로그램을 끝내거나 streams의 포트를 바꾸십시오. 자동으로 다시 시도합니다.',
  en: 'The relay cannot listen. End the program that holds the port, or change the port under streams. It is tried again by itself.',
};

/** What is wrong with a listener. */
interface Trouble {
  readonly message: Text;
  /** Address and errno: for the site's own people. */
  readonly detail: string;
}

/** Opens the relay's health. A condition that stood when the gateway was stopped is cleared like any other. */
export function openRelayHealth(intake: Intake, env: Env): RelayHealth {
  /** By listener and process. */
  const troubles = new Map<string, Trouble>();
  let told: Text | 'nothing' = 'nothing';
  let sound: Disposable | undefined;
  let telling: Promise<void> = Promise.resolve();

  const tell = (): void => {
    const [trouble] = troubles.values();
    const { message, detail } = trouble ?? { message: servesAgain, detail: '' };
    if (told === message) return;
    told = message;
    const state = trouble ? 'raised' : 'cleared';
    const time = env.clock.now();
    telling = telling.then(() =>
      intake.condition({ device: 'gateway', channel: 'media', kind: 'media-down', state, severity: 'major', time, message, detail }),
    );
  };
  const settle = (): void => {
    sound?.[Symbol.dispose]();
    sound = env.clock.after(soundAfterMs, tell);
  };
  return {
    onEvent(event) {
      if (event.event === 'media-down') {
        for (const listener of ['rtsp', 'http']) troubles.set(`${listener} ${event.process}`, { message: died, detail: event.reason });
        tell();
      } else if (event.event === 'cannot-listen') {
        troubles.set(`${event.listener} ${event.process}`, { message: cannotListen, detail: `${event.address}, ${event.reason}` });
        tell();
      } else if (event.event === 'listening') {
        troubles.delete(`${event.listener} ${event.process}`);
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
