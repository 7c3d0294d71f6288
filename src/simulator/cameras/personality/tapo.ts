// TP-Link Tapo cameras.
import { logical, type TopicForm } from '../topics.ts';
import { type Personality, plainQuirks, plan } from './personality.ts';
import { plain } from './plain.ts';

const tapoRule = (name: string): TopicForm => ({
  path: `tns1:RuleEngine/CellMotionDetector/${name}`,
  source: [
    ['VideoSourceConfigurationToken', '{configuration}'],
    ['VideoAnalyticsConfigurationToken', '{analytics}'],
    ['Rule', 'MyCellMotionDetectorRule'],
  ],
  data: `Is${name}`,
  values: logical,
});

/** TP-Link Tapo: ends a pull's connection after ten seconds without a word, does not synchronise, no GetServices. */
export const tapo: Personality = {
  ...plain,
  maker: 'tp-link',
  model: 'Tapo C310',
  firmware: '1.3.9 Build 230425 Rel.41612n',
  hardware: '1.0',
  oui: '5c:a6:e6',
  loginBy: 'username-token',
  media2: false,
  relays: 0,
  inputs: 0,
  imaging: false,
  tokens: { source: () => 'raw_vs1', configuration: () => 'vsconf', analytics: () => 'VideoAnalyticsToken' },
  profiles: [
    plan(() => 'profile_1', 'mainStream', { encoding: 'H264', size: [2304, 1296], plays: 'main' }),
    plan(() => 'profile_2', 'minorStream', { encoding: 'H264', size: [640, 360], plays: 'sub' }),
    plan(() => 'profile_3', 'jpegStream', { encoding: 'JPEG', size: [640, 360], rate: 1 }),
  ],
  topics: {
    people: { ...tapoRule('People'), path: 'tns1:RuleEngine/PeopleDetector/People' },
    vehicle: { ...tapoRule('TPSmartEvent'), path: 'tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent' },
    'line-crossing': tapoRule('LineCross'),
    intrusion: tapoRule('Intrusion'),
    tamper: tapoRule('Tamper'),
    face: tapoRule('People'),
  },
  has: ['motion', 'people', 'vehicle', 'line-crossing', 'intrusion', 'tamper'],
  quirks: { ...plainQuirks, remembersTokens: false, closePullMs: 10_000, synchronises: false, getServices: false, maxPullPoints: 2 },
};
