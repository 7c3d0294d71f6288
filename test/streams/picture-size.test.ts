// The size of pictures out of parameter sets of real encoders, and of whatever else stands there.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../src/streams/rtsp/index.ts';

/** Of ffmpeg's `testsrc2` by x264 (High; one 4:2:2 and interlaced) and x265. */
const rows = [
  ['h264', 'Z2QAKKzZQHgCJ+XARAAAAwAEAAADAMg8YMZY', 1920, 1080],
  ['h264', 'Z2QADazZQWH7ARAAAAMAEAAAAwMg8UKZYA==', 352, 240],
  ['h264', 'Z2QAHqzZQKAv+XARAAADAAEAAAMAMg8WLZY=', 640, 360],
  ['h264', 'Z3oAKLzZQHgET8uAiAAAAwAIAAADAZD4sWyw', 1920, 1080],
  ['h265', 'QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBDlllZpJMrwFoCAAAADAIAAAAyE', 1920, 1080],
  ['h265', 'QgEBAWAAAAMAkAAAAwAAAwA8oAsIDxZZWaSTK8BaAgAAAwACAAADADIQ', 352, 240],
  ['h265', 'QgEBAWAAAAMAkAAAAwAAAwA/oAUCAWlllZpJMrwFoCAAAAMAIAAAAwMh', 640, 360],
] as const;

const parametersOf = (codec: 'h264' | 'h265', set: string): string =>
  codec === 'h264' ? `packetization-mode=1;sprop-parameter-sets=aO48gA==,${set}` : `sprop-vps=QAE=; sprop-sps=${set}; sprop-pps=RAE=`;

describe('the size of the pictures', () => {
  it.each(rows)('is read of %s %s', (codec, set, width, height) => {
    expect(sizeOf({ codec, parameters: parametersOf(codec, set) })).toEqual({ width, height });
  });

  it('is not known where no set stands, or half of one', () => {
    expect(sizeOf({ codec: 'h264', parameters: 'packetization-mode=1' })).toBeUndefined();
    expect(sizeOf({ codec: 'h264', parameters: parametersOf('h264', 'Z2QAKKw=') })).toBeUndefined();
    expect(sizeOf({ codec: 'jpeg', parameters: parametersOf('h264', rows[0][1]) })).toBeUndefined();
  });

  it('is sane or unknown whatever stands there', () => {
    fc.assert(
      fc.property(fc.constantFrom('h264' as const, 'h265' as const), fc.uint8Array({ maxLength: 80 }), (codec, rest) => {
        const set = Buffer.from([...(codec === 'h264' ? [0x67] : [0x42, 1]), ...rest]).toString('base64');
        const size = sizeOf({ codec, parameters: parametersOf(codec, set) });
        expect(size === undefined || (size.width > 0 && size.width <= 16_384 && size.height > 0 && size.height <= 16_384)).toBe(true);
      }),
    );
  });
});
