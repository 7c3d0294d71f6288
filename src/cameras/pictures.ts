// Where the pictures of a camera are: of an ONVIF camera as it said, of a source without ONVIF as a person has entered it.
import type { Login } from '#base';
import type { Quality, StreamSource } from '#model';
import type { CameraAddress } from './address.ts';
import type { CameraState } from './camera-state.ts';
import { faults } from './faults.ts';
import type { CameraRecord } from './supervise.ts';

/** What it takes to know it. */
export interface Pictured {
  readonly record: CameraRecord;
  readonly address: CameraAddress | undefined;
  readonly state: CameraState;
}

/** @throws cameras.not-ready, cameras.no-stream */
export function findStream({ address, state, record }: Pictured, channel: number, quality: Quality): StreamSource {
  const detail = `${record.device.id}, channel ${channel}`;
  if (address?.protocol === 'rtsp') {
    const url = enteredStream(record, address.url, channel, quality);
    if (url === undefined) throw faults.fault('no-stream', { detail });
    return { url, user: record.login?.user ?? address.user, password: record.login?.password ?? address.password };
  }
  if (!state.profile) throw faults.fault('not-ready', { detail });
  const url = state.profile.channels.find((one) => one.channel.number === channel)?.streams[quality];
  if (url === undefined) throw faults.fault('no-stream', { detail });
  return withLogin(url, state.login ?? record.login);
}

/** @throws cameras.not-ready, cameras.no-still */
export function findStill({ address, state, record }: Pictured, channel: number): StreamSource {
  const detail = `${record.device.id}, channel ${channel}`;
  if (address?.protocol === 'rtsp') throw faults.fault('no-still', { detail });
  if (!state.profile) throw faults.fault('not-ready', { detail });
  const url = state.profile.channels.find((one) => one.channel.number === channel)?.still;
  if (url === undefined) throw faults.fault('no-still', { detail });
  return withLogin(url, state.login ?? record.login);
}

/** Numbers of the channels of which pictures can be had. */
export function picturedChannels({ address, state, record }: Pictured): readonly number[] {
  if (address?.protocol !== 'rtsp') return state.profile?.channels.map(({ channel }) => channel.number) ?? [];
  const entered = record.device.channels.filter(({ streams }) => streams).map(({ number }) => number);
  return entered.length > 0 ? entered : [1];
}

/** A source without addresses of its channels has one, at the device's own address. */
function enteredStream({ device }: CameraRecord, url: URL, channel: number, quality: Quality): string | undefined {
  if (!device.channels.some(({ streams }) => streams)) return channel === 1 ? url.href : undefined;
  const streams = device.channels.find(({ number }) => number === channel)?.streams;
  return streams?.[quality] ?? streams?.main ?? streams?.sub;
}

function withLogin(url: string, login: Login | undefined): StreamSource {
  return { url, user: login?.user ?? '', password: login?.password ?? '' };
}
