// Hanwha (Wisenet), Korea's most common cameras.
import { logical, type TopicForm } from '../topics.ts';
import { type Personality, plainQuirks, plan } from './personality.ts';
import { plain } from './plain.ts';

const source = [['VideoSourceToken', '{source}']] as const;
const own = (path: string, data = 'State'): TopicForm => ({ path, source, data, values: logical });

/**
 * Hanwha: a prefix on every segment of a topic, 0 and 1, several messages in one packet; locked for 30 s after five failed logins (HTTP 490), no
 * ONVIF at all before a first password is set.
 */
export const hanwha: Personality = {
  ...plain,
  maker: 'Hanwha Techwin',
  model: 'XNO-8082R',
  firmware: '1.41.13_20230418_R380',
  hardware: 'ONVIF Hardware',
  oui: '00:09:18',
  loginBy: 'either',
  codec: 'h265',
  relays: 1,
  inputs: 1,
  tokens: {
    source: (channel) => `VideoSource${channel - 1}`,
    configuration: (channel) => `VideoSourceConfig${channel - 1}`,
    analytics: (channel) => `VideoAnalyticsConfig${channel - 1}`,
  },
  profiles: [
    plan((channel) => `DefaultProfile-02-OnvifProfile${channel}2`, 'H.265', {
      encoding: 'codec',
      size: [2592, 1944],
      rate: 30,
      plays: 'main',
    }),
    plan((channel) => `DefaultProfile-01-OnvifProfile${channel}1`, 'MJPEG', { encoding: 'JPEG', size: [800, 600], rate: 2 }),
    plan((channel) => `DefaultProfile-03-OnvifProfile${channel}3`, 'H.264', { encoding: 'H264', size: [1920, 1080], plays: 'main' }),
    plan((channel) => `MobileProfile-04-OnvifProfile${channel}4`, 'MOBILE', { encoding: 'H264', size: [640, 360], plays: 'sub' }),
    plan((channel) => `PlaybackProfile-05-OnvifProfile${channel}5`, 'PLAYBACK', { encoding: 'H264', size: [320, 240], plays: 'sub' }),
  ],
  namespaces: { tnssamsung: 'http://www.samsungcctv.com/2011/event/topics' },
  topics: {
    motion: own('tns1:VideoAnalytics/tnssamsung:MotionDetection'),
    tamper: own('tns1:VideoAnalytics/tnssamsung:TamperingDetection'),
    'scene-change': own('tns1:VideoAnalytics/tnssamsung:Tampering'),
    face: own('tns1:VideoSource/tnssamsung:FaceDetection'),
    defocus: own('tns1:VideoSource/tnssamsung:DefocusDetection'),
    fog: own('tns1:VideoSource/tnssamsung:Fog'),
    sound: own('tns1:AudioAnalytics/tnssamsung:SoundDetection'),
    'digital-input': {
      path: 'tns1:Device/tns1:Trigger/tnssamsung:DigitalInput',
      source: [['InputToken', 'DigitalInputToken-{n}']],
      data: 'LogicalState',
      values: logical,
    },
    people: { ...own('tns1:OpenApp/WiseAI/ObjectDetection'), more: [['ClassTypes', 'Person']] },
    vehicle: { ...own('tns1:OpenApp/WiseAI/ObjectDetection'), more: [['ClassTypes', 'Vehicle']] },
  },
  has: ['motion', 'tamper', 'scene-change', 'face', 'defocus', 'fog', 'sound', 'digital-input', 'relay', 'storage-failure', 'people'],
  quirks: {
    ...plainQuirks,
    maxPullPoints: 5,
    lock: { failures: 5, lockMs: 30_000, status: 490 },
    prefixes: 'every',
    values: ['1', '0'],
    bundles: true,
  },
};
