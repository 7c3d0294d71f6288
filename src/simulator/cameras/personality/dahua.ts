// Dahua cameras.
import { type Personality, plainQuirks, plan } from './personality.ts';
import { plain } from './plain.ts';

const dahuaNumber = (channel: number, stream: number): string =>
  `${String(channel - 1).padStart(3, '0')}${String(stream).padStart(2, '0')}`;

/** Dahua: Basic offered beside Digest, absolute termination times only, locked for five minutes after five failed logins. */
export const dahua: Personality = {
  ...plain,
  maker: 'Dahua',
  model: 'IPC-HFW5442E-ZE',
  firmware: '2.840.0000000.18.R, Build Date 2023-05-16',
  hardware: '1.00',
  oui: '3c:ef:8c',
  loginBy: 'either',
  codec: 'h265',
  ptz: true,
  tokens: {
    source: (channel) => dahuaNumber(channel, 0),
    configuration: (channel) => dahuaNumber(channel, 0),
    analytics: (channel) => dahuaNumber(channel, 0),
  },
  profiles: [
    plan((channel) => `MediaProfile${dahuaNumber(channel, 0)}`, 'MediaProfile_Channel1_MainStream', {
      encoding: 'codec',
      size: [2688, 1520],
      rate: 25,
      plays: 'main',
    }),
    plan((channel) => `MediaProfile${dahuaNumber(channel, 1)}`, 'MediaProfile_Channel1_SubStream1', {
      encoding: 'H264',
      size: [704, 576],
      plays: 'sub',
    }),
    plan((channel) => `MediaProfile${dahuaNumber(channel, 2)}`, 'MediaProfile_Channel1_SubStream2', {
      encoding: 'H264',
      size: [352, 288],
      plays: 'sub',
    }),
  ],
  has: [
    'motion',
    'motion-alarm',
    'tamper',
    'scene-change',
    'line-crossing',
    'intrusion',
    'abandoned',
    'sound',
    'digital-input',
    'video-loss',
  ],
  quirks: {
    ...plainQuirks,
    basic: true,
    termination: 'absolute',
    lock: { failures: 5, lockMs: 300_000, status: 401 },
    maxPullPoints: 4,
  },
};
