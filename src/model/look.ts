// The gateway's own look at a camera's pictures: what is asked and what is seen. Its frames stay in the memory of the media process and are dropped there.
import type { Text } from '#base';
import type { Quality, StreamSource } from './device.ts';

/** What is looked at. */
export interface LookAsk {
  readonly device: string;
  readonly channel: number;
  readonly quality: Quality;
  readonly source: StreamSource;
  /** `answer`: the camera describes its stream (RTSP OPTIONS and DESCRIBE). `picture`: its first frame comes. */
  readonly depth: 'answer' | 'picture';
}

/** What became of a look. */
export type Look =
  | {
      readonly result: 'seen';
      readonly codec: 'h264' | 'h265' | 'jpeg';
      /** From connecting to the description or to the first frame. 0 when pictures were already coming for somebody. */
      readonly tookMs: number;
    }
  | {
      readonly result: 'failed';
      readonly reason:
        | 'unreachable'
        | 'login-refused'
        | 'refused'
        | 'busy'
        | 'no-video'
        | 'silent'
        | 'lost'
        | 'malformed'
        | 'timeout'
        | 'changed';
      /** The reason in words, with what the camera said; never a secret. */
      readonly text: Text;
      /** The camera wants the password in clear, and it was not sent. */
      readonly basicOnly?: true | undefined;
    };
