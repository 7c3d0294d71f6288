// The story of a key frame: the relay says that somebody waits for one, and the camera is asked to send it now.
import { type Env, messageOf } from '#base';
import type { Cameras } from '#cameras';
import type { StreamEvent } from '#streams';

export interface KeyFrames {
  onEvent(event: StreamEvent): void;
}

/** A camera that has not answered by then sends its next key frame when it will. */
const askMs = 2_000;
/** Cameras that are asked at the same time; beyond, they are not asked. */
const maxAsked = 100;

/** Opens the story. What a camera says to it changes nothing: who waits sees the next key frame in any case. */
export function openKeyFrames(cameras: Pick<Cameras, 'askKeyFrame'>, env: Env): KeyFrames {
  let asked = 0;
  const ask = async (device: string, channel: number, quality: 'main' | 'sub'): Promise<void> => {
    const limit = new AbortController();
    using _limit = env.clock.after(askMs, () => limit.abort());
    asked += 1;
    try {
      await cameras.askKeyFrame(device, channel, quality, limit.signal);
    } catch (error) {
      env.log.debug({ camera: device, error: messageOf(error) }, 'a camera was asked for a key frame in vain');
    } finally {
      asked -= 1;
    }
  };
  return {
    onEvent(event) {
      if (event.event === 'needs-key-frame' && asked < maxAsked) void ask(event.device, event.channel, event.quality);
    },
  };
}
