// A camera without quirks, and a recorder of 32 cameras.
import { type Personality, plainHas, plainQuirks, plan } from './personality.ts';

const ordinal = (name: string, channel: number): string => (channel === 1 ? name : `${name}-${channel}`);

/** The camera that the standard describes. */
export const plain: Personality = {
  maker: 'Bongsu',
  model: 'Bongsu-Sim',
  firmware: '1.0.0',
  hardware: 'simulator',
  oui: '02:42:53',
  loginBy: 'digest',
  codec: 'h264',
  media2: true,
  sound: true,
  ptz: false,
  channels: 1,
  relays: 1,
  inputs: 1,
  imaging: true,
  tokens: {
    source: (channel) => `source-${channel}`,
    configuration: (channel) => ordinal('video-source', channel),
    analytics: (channel) => `analytics-${channel}`,
  },
  profiles: [
    plan((channel) => ordinal('main', channel), 'MainStream', { encoding: 'codec', size: [640, 360], plays: 'main' }),
    plan((channel) => ordinal('sub', channel), 'SubStream', { encoding: 'H264', size: [320, 180], plays: 'sub' }),
  ],
  namespaces: {},
  topics: {},
  has: plainHas,
  quirks: plainQuirks,
};

const number = (channel: number): string => String(channel).padStart(3, '0');

/** A recorder: 32 channels, 64 profiles, one event service that speaks for all of them, and a reply to GetProfiles of some 60 KB. */
export const recorder: Personality = {
  ...plain,
  maker: 'Bongsu',
  model: 'Bongsu-Sim-NVR32',
  firmware: 'V4.71.005',
  hardware: 'NVR',
  sound: false,
  channels: 32,
  relays: 4,
  inputs: 16,
  imaging: false,
  tokens: {
    source: (channel) => `VideoSource_${channel}`,
    configuration: (channel) => `VideoSourceToken_${channel}`,
    analytics: (channel) => `VideoAnalyticsToken_${channel}`,
  },
  profiles: [
    plan((channel) => `ProfileToken${number(channel)}_1`, 'mainStream', { encoding: 'codec', size: [1920, 1080], rate: 25, plays: 'main' }),
    plan((channel) => `ProfileToken${number(channel)}_2`, 'subStream', { encoding: 'H264', size: [640, 480], plays: 'sub' }),
  ],
  has: ['motion', 'tamper', 'video-loss', 'digital-input', 'storage-failure'],
  quirks: { ...plainQuirks, maxPullPoints: 4 },
};
