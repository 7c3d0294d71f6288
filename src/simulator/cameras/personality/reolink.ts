// Reolink cameras.
import { logical, type TopicForm } from '../topics.ts';
import { type Personality, plainQuirks, plan } from './personality.ts';
import { plain } from './plain.ts';

const reolinkRule = (name: string): TopicForm => ({
  path: `tns1:RuleEngine/MyRuleDetector/${name}`,
  source: [['Source', '{source}']],
  data: 'State',
  values: logical,
});

/** Reolink: UsernameToken only, Media1 only, renews with a fault, and takes no connections for a minute after ten faults. */
export const reolink: Personality = {
  ...plain,
  maker: 'Reolink',
  model: 'RLC-810A',
  firmware: 'v3.1.0.956_22041503',
  hardware: 'IPC_523128M8MP',
  oui: 'ec:71:db',
  loginBy: 'username-token',
  media2: false,
  relays: 0,
  inputs: 0,
  tokens: {
    source: (channel) => String(channel - 1).padStart(3, '0'),
    configuration: (channel) => String(channel - 1).padStart(3, '0'),
    analytics: (channel) => String(channel - 1).padStart(3, '0'),
  },
  profiles: [
    plan((channel) => `${channel - 1}00`, 'MainStream', { encoding: 'H264', size: [3840, 2160], rate: 20, plays: 'main' }),
    plan((channel) => `${channel - 1}01`, 'SubStream', { encoding: 'H264', size: [640, 360], plays: 'sub' }),
  ],
  topics: {
    motion: { path: 'tns1:VideoSource/MotionAlarm', source: [['Source', '{source}']], data: 'State', values: logical },
    people: reolinkRule('PeopleDetect'),
    vehicle: reolinkRule('VehicleDetect'),
    face: reolinkRule('FaceDetect'),
  },
  has: ['motion', 'people', 'vehicle', 'face'],
  quirks: { ...plainQuirks, remembersTokens: false, renew: 'fault', faultLock: { faults: 10, lockMs: 60_000 }, maxPullPoints: 2 },
};
