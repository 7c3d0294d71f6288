// Bosch cameras.
import { logical } from '../topics.ts';
import { type Personality, plainQuirks, plan } from './personality.ts';
import { plain } from './plain.ts';

/** Bosch: the rule's name inside the topic, Media1 without GetServices, the clock told to those who logged in alone, addresses of another network. */
export const bosch: Personality = {
  ...plain,
  maker: 'Bosch',
  model: 'NBE-5503-AL',
  firmware: '8.47.0026',
  hardware: 'F0007383',
  oui: '00:07:5f',
  loginBy: 'digest',
  media2: false,
  tokens: { source: (n) => `${n}`, configuration: (n) => `vsc_${n}`, analytics: (n) => `vac_${n}` },
  profiles: [
    plan((channel) => `0_${channel - 1}_0`, 'Balanced', { encoding: 'H264', size: [2592, 1944], rate: 30, plays: 'main' }),
    plan((channel) => `0_${channel - 1}_1`, 'Low', { encoding: 'H264', size: [512, 288], rate: 30, plays: 'sub' }),
  ],
  topics: {
    intrusion: {
      path: 'tns1:IVA/EnteringField/Detect any object in yard',
      source: [['VideoSource', '{source}']],
      data: 'State',
      values: logical,
    },
    motion: {
      path: 'tns1:RuleEngine/MotionRegionDetector/Motion',
      source: [
        ['VideoSource', '{source}'],
        ['RuleName', 'MOTION+'],
      ],
      data: 'State',
      values: logical,
    },
  },
  has: ['motion', 'intrusion', 'scene-change', 'blurry', 'dark', 'bright', 'video-loss', 'digital-input', 'relay', 'storage-failure'],
  quirks: { ...plainQuirks, getServices: false, clockNeedsLogin: true, addresses: 'internal', maxPullPoints: 4, maxPullMs: 30_000 },
};
