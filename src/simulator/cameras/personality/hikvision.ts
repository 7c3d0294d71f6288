// Hikvision cameras.
import { logical } from '../topics.ts';
import { type Personality, plainQuirks, plan } from './personality.ts';
import { plain } from './plain.ts';

/** Hikvision: times of 0000-00-00, an input topic of its own, several addresses in discovery, locked for half an hour after seven failed logins. */
export const hikvision: Personality = {
  ...plain,
  maker: 'HIKVISION',
  model: 'DS-2CD2T47G2-L',
  firmware: 'V5.7.12 build 230512',
  hardware: '88',
  oui: '44:19:b6',
  loginBy: 'either',
  codec: 'h265',
  tokens: {
    source: (channel) => `VideoSource_${channel}`,
    configuration: (channel) => `VideoSourceToken${channel === 1 ? '' : `_${channel}`}`,
    analytics: (channel) => `VideoAnalyticsToken${channel === 1 ? '' : `_${channel}`}`,
  },
  profiles: [
    plan((channel) => `Profile_${channel}`, 'mainStream', { encoding: 'codec', size: [2688, 1520], rate: 25, plays: 'main' }),
    plan((channel) => `Profile_${channel + 1}`, 'subStream', { encoding: 'H264', size: [640, 480], plays: 'sub' }),
    plan((channel) => `Profile_${channel + 2}`, 'thirdStream', { encoding: 'H264', size: [1280, 720], plays: 'sub' }),
  ],
  namespaces: { tnshik: 'http://www.hikvision.com/2011/event/topics' },
  topics: {
    'digital-input': {
      path: 'tns1:Device/Trigger/tnshik:AlarmIn',
      source: [['AlarmInToken', 'AlarmIn_{n}']],
      data: 'State',
      values: logical,
    },
    'motion-alarm': { path: 'tns1:VideoSource/MotionAlarm', source: [['Source', '{source}']], data: 'State', values: logical },
  },
  has: [
    'motion',
    'motion-alarm',
    'tamper',
    'intrusion',
    'line-crossing',
    'digital-input',
    'relay',
    'scene-change',
    'blurry',
    'dark',
    'bright',
    'storage-failure',
  ],
  quirks: {
    ...plainQuirks,
    addresses: 'several',
    lock: { failures: 7, lockMs: 1_800_000, status: 401 },
    times: 'zero',
    maxPullPoints: 3,
  },
};
