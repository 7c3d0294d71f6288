// The relay's health as a condition of the gateway: down when its process died or a port is taken, clear when it serves again.
import type { Env, Service } from '#base';
import type { Condition } from '#model';
import type { StreamEvent } from '#streams';
import type { Intake } from './intake.ts';

/** Follows the media process. */
export interface RelayHealth {
  onEvent(event: StreamEvent): void;
  readonly service: Service;
}

/** A process that has lived so long is taken for sound. */
const soundAfterMs = 3000;

/** Opens the relay's health. */
export function openRelayHealth(intake: Intake, env: Env): RelayHealth {
  let trouble: string | undefined = '';
  let sound: Disposable | undefined;
  let told: string | undefined;
  let telling: Promise<void> = Promise.resolve();

  const tell = (): void => {
    if (told === trouble) return;
    told = trouble;
    const step: Condition = {
      device: 'gateway',
      channel: 'media',
      kind: 'media-down',
      state: trouble === undefined ? 'cleared' : 'raised',
      severity: 'major',
      time: env.clock.now(),
      message: trouble ?? 'the relay serves again',
    };
    telling = telling.then(() => intake.condition(step));
  };
  const ill = (message: string): void => {
    sound?.[Symbol.dispose]();
    trouble = message;
    tell();
  };
  return {
    onEvent(event) {
      if (event.event === 'media-down') ill(`the media process died (${event.reason}); it is started again`);
      else if (event.event === 'cannot-listen') ill(`the relay cannot listen on ${event.address}: ${event.reason}`);
      else if (event.event === 'media-up') {
        sound?.[Symbol.dispose]();
        sound = env.clock.after(soundAfterMs, () => {
          trouble = undefined;
          tell();
        });
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
