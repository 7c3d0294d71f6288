// The relay's health as a condition of the gateway: raised when its process died or a port is taken, cleared when it serves again.
import type { Env, Service } from '#base';
import type { StreamEvent } from '#streams';
import type { Intake } from './intake.ts';

/** Follows the media process. */
export interface RelayHealth {
  onEvent(event: StreamEvent): void;
  readonly service: Service;
}

/** A listener that has stood so long is taken for sound. */
const soundAfterMs = 3000;

/** Opens the relay's health. A condition that stood when the gateway was stopped is cleared like any other. */
export function openRelayHealth(intake: Intake, env: Env): RelayHealth {
  const troubles = new Map<'rtsp' | 'http', string>();
  let told: string | undefined = 'unknown since the start';
  let sound: Disposable | undefined;
  let telling: Promise<void> = Promise.resolve();

  const tell = (): void => {
    const trouble = [...troubles.values()][0];
    if (told === trouble) return;
    told = trouble;
    const state = trouble === undefined ? 'cleared' : 'raised';
    const message = trouble ?? 'the relay serves again';
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
        for (const listener of ['rtsp', 'http'] as const)
          troubles.set(listener, `the media process died (${event.reason}); it is started again`);
        tell();
      } else if (event.event === 'cannot-listen') {
        troubles.set(event.listener, `the relay cannot listen on ${event.address}: ${event.reason}`);
        tell();
      } else if (event.event === 'listening') {
        troubles.delete(event.listener);
        settle();
      }
    },
    service: {
      name: 'relay health',
      async run(signal) {
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        sound?.[Symbol.dispose]();
        await telling;
      },
    },
  };
}
