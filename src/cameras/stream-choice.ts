// The configuration's rules and single choices, as the choice of one camera's streams.
import type { StreamChoice } from './onvif/index.ts';
import type { StreamsOptions } from './profile-options.ts';

/** Opens the choice by id of the camera. */
export function openChoice({ main, sub, chosen }: StreamsOptions): (device: string) => StreamChoice {
  const unbound = Number.MAX_SAFE_INTEGER;
  const rules = {
    main: { codec: main.codec, maxPixels: main.maxSize ?? unbound, maxKbps: main.maxKbps ?? unbound },
    sub: { codec: sub.codec, maxPixels: sub.maxSize, maxKbps: sub.maxKbps ?? unbound },
  };
  const byCamera = Map.groupBy(chosen, ({ camera }) => camera);
  return (device) => ({
    rules,
    chosen: new Map(
      (byCamera.get(device) ?? []).map((one) => [
        one.channel,
        { ...(one.main !== undefined && { main: one.main }), ...(one.sub !== undefined && { sub: one.sub }) },
      ]),
    ),
  });
}
