// Axis cameras.
import type { TopicForm } from '../topics.ts';
import { type Personality, plainQuirks, plan } from './personality.ts';
import { plain } from './plain.ts';

const axisApplication = (path: string): TopicForm => ({
  path: `tnsaxis:CameraApplicationPlatform/${path}`,
  source: [],
  data: 'active',
  values: ['1', '0'],
});

/** Axis: all subscriptions at one address, told apart by a SubscriptionId that must be echoed; SHA-256 digests. */
export const axis: Personality = {
  ...plain,
  maker: 'AXIS',
  model: 'P3255-LVE',
  firmware: '11.8.61',
  hardware: '8C4.1',
  oui: 'ac:cc:8e',
  loginBy: 'digest-sha256',
  codec: 'h265',
  relays: 1,
  inputs: 1,
  tokens: {
    source: (channel) => `${channel - 1}`,
    configuration: (channel) => `video_source_config_${channel}`,
    analytics: (channel) => `Analytics_${channel}`,
  },
  profiles: [
    plan((channel) => `profile_${channel}_h265`, 'profile_1 h265', { encoding: 'codec', size: [1920, 1080], rate: 30, plays: 'main' }),
    plan((channel) => `profile_${channel}_h264`, 'profile_1 h264', { encoding: 'H264', size: [1280, 720], rate: 30, plays: 'sub' }),
    plan((channel) => `profile_${channel}_jpeg`, 'profile_1 jpeg', { encoding: 'JPEG', size: [1920, 1080], rate: 30 }),
  ],
  namespaces: { tnsaxis: 'http://www.axis.com/2009/event/topics' },
  topics: {
    motion: axisApplication('VMD/Camera{n}ProfileANY'),
    'motion-region': axisApplication('MotionGuard/Camera{n}ProfileANY'),
    'line-crossing': axisApplication('FenceGuard/Camera{n}ProfileANY'),
    loitering: axisApplication('LoiteringGuard/Camera{n}ProfileANY'),
    intrusion: axisApplication('ObjectAnalytics/Device1ScenarioANY'),
    'digital-input': { path: 'tns1:Device/tnsaxis:IO/Port', source: [['port', '{n}']], data: 'state', values: ['1', '0'] },
  },
  has: ['motion', 'motion-region', 'line-crossing', 'loitering', 'intrusion', 'digital-input', 'tamper', 'relay'],
  quirks: { ...plainQuirks, reference: 'parameter', maxPullPoints: 10 },
};
