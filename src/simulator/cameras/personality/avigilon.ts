// Avigilon cameras.
import { logical } from '../topics.ts';
import { type Personality, plainQuirks, plan } from './personality.ts';
import { plain } from './plain.ts';

/** Avigilon: active and inactive, topics with `/.` at the end, one endpoint for all, connections that end after each answer. */
export const avigilon: Personality = {
  ...plain,
  maker: 'Avigilon',
  model: '6.0C-H5A-BO1-IR',
  firmware: '4.38.0.14',
  hardware: '6.0C-H5A-BO1-IR',
  oui: '00:18:85',
  loginBy: 'digest',
  codec: 'h264',
  tokens: { source: (n) => `vs${n}`, configuration: (n) => `vsc${n}`, analytics: (n) => `va${n}` },
  profiles: [
    plan((channel) => `prof_${channel}0`, 'primary', { encoding: 'codec', size: [3072, 2048], rate: 20, plays: 'main' }),
    plan((channel) => `prof_${channel}1`, 'secondary', { encoding: 'H264', size: [640, 424], plays: 'sub' }),
  ],
  topics: {
    motion: { path: 'tns1:VideoSource/MotionAlarm/.', source: [['Source', '{source}']], data: 'State', values: logical },
    tamper: {
      path: 'tns1:VideoSource/GlobalSceneChange/ImagingService/.',
      source: [['Source', '{source}']],
      data: 'State',
      values: logical,
    },
  },
  has: ['motion', 'tamper', 'digital-input', 'relay', 'storage-failure'],
  quirks: {
    ...plainQuirks,
    values: ['active', 'inactive'],
    sharedEndpoint: 'urn:uuid:00075fb1-0000-1000-8000-001885000000',
    closesConnections: true,
    maxPullPoints: 2,
    times: 'no-zone',
  },
};
