// Which profiles become which channel and stream, and under which number.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseChannels, numberSources, plainChoice, type StreamChoice } from '../../../src/cameras/onvif/channels.ts';
import { type Profile, readProfiles } from '../../../src/cameras/onvif/profiles.ts';
import { readXml } from '../../../src/cameras/xml/index.ts';

const profile = (token: string, encoding: string, pixels: number, more: Partial<Profile> = {}): Profile => ({
  token,
  name: `name of ${token}`,
  source: 's',
  sourceConfiguration: 'c',
  sourceName: 'n',
  encoding,
  width: pixels,
  height: 1,
  rate: 15,
  kbps: 2048,
  govLength: 30,
  sound: false,
  analytics: '',
  ptz: undefined,
  ...more,
});
const none = new Map<string, number>();
const choose = (profiles: readonly Profile[], choice: Partial<StreamChoice['rules']> = {}, chosen: StreamChoice['chosen'] = new Map()) =>
  chooseChannels(profiles, { rules: { ...plainChoice.rules, ...choice }, chosen }, none).channels;
const tokensOf = (profiles: readonly Profile[], ...rest: [Partial<StreamChoice['rules']>?, StreamChoice['chosen']?]) => {
  const [channel] = choose(profiles, ...rest);
  return [channel?.profiles.main.token, channel?.profiles.sub.token];
};

describe('main and sub', () => {
  it.each([
    ['one', [profile('a', 'H264', 2e6)], 'a', 'a'],
    ['large and small', [profile('a', 'H264', 3e5), profile('b', 'H265', 4e6)], 'b', 'a'],
    ['three', [profile('a', 'H264', 4e6), profile('b', 'H264', 9e5), profile('c', 'H264', 1e5)], 'a', 'b'],
    ['two large', [profile('a', 'H264', 4e6), profile('b', 'H264', 2e6)], 'a', 'b'],
    ['JPEG beside', [profile('j', 'JPEG', 9e6), profile('a', 'H264', 2e6)], 'a', 'a'],
    ['JPEG alone', [profile('j', 'JPEG', 9e6)], 'j', 'j'],
  ])('%s', (_, profiles, main, sub) => {
    expect(tokensOf(profiles)).toEqual([main, sub]);
  });

  const rule = plainChoice.rules.main;
  const three = [
    profile('a', 'H265', 8e6, { kbps: 8000 }),
    profile('b', 'H264', 2e6, { kbps: 4000 }),
    profile('c', 'H264', 3e5, { kbps: 512 }),
  ];
  it.each([
    ['a codec before all others', { main: { ...rule, codec: 'h264' } }, 'b', 'c'],
    ['not beyond so many pixels', { main: { ...rule, maxPixels: 3e6 } }, 'b', 'c'],
    ['not beyond so many kilobits', { main: { ...rule, maxKbps: 1000 } }, 'c', 'b'],
    ['the smallest where none is within', { main: { ...rule, maxPixels: 10 } }, 'c', 'b'],
    ['a sub stream of more', { sub: { ...rule, maxPixels: 4e6 } }, 'a', 'b'],
  ] as const)('by rule: %s', (_, rules, main, sub) => {
    expect(tokensOf(three, rules)).toEqual([main, sub]);
  });

  it('gives JPEG as sub stream when it is asked for', () => {
    expect(tokensOf([profile('a', 'H264', 2e6), profile('j', 'JPEG', 3e5)], { sub: { ...plainChoice.rules.sub, codec: 'jpeg' } })).toEqual([
      'a',
      'j',
    ]);
  });

  it('takes what a person chose, by token or by name, and says what there is not', () => {
    expect(tokensOf(three, {}, new Map([[1, { main: 'name of b', sub: 'a' }]]))).toEqual(['b', 'a']);
    const [channel] = choose(three, {}, new Map([[1, { main: 'gone' }]]));
    expect(channel?.profiles.main.token).toBe('a');
    expect(channel?.unmet).toEqual(['gone']);
  });

  it('tells codecs and what moves', () => {
    const [channel] = choose([profile('a', 'H265', 9), profile('b', 'H264', 8, { ptz: { configuration: 'pc', node: 'pn' } })]);
    expect(channel?.channel).toEqual({ number: 1, name: 'n', codecs: ['H264', 'H265'], ptz: true });
    expect(channel?.ptz).toEqual({ profile: 'b', configuration: 'pc', node: 'pn' });
  });
});

describe('numbers', () => {
  it('makes one channel of each source', () => {
    const channels = choose([
      profile('a', 'H264', 1, { source: 'x' }),
      profile('b', 'H264', 1, { source: 'y' }),
      profile('c', 'H264', 2, { source: 'x' }),
    ]);
    expect(channels.map((one) => [one.channel.number, one.profiles.main.token])).toEqual([
      [1, 'c'],
      [2, 'b'],
    ]);
  });

  it.each([
    ['first', ['x', 'y'], [], { x: 1, y: 2 }],
    [
      'one is gone',
      ['y', 'z'],
      [
        ['x', 1],
        ['y', 2],
        ['z', 3],
      ],
      { x: 1, y: 2, z: 3 },
    ],
    [
      'one is new before the others',
      ['w', 'x'],
      [
        ['x', 1],
        ['y', 2],
      ],
      { x: 1, y: 2, w: 3 },
    ],
    [
      'all are others',
      ['000', '001'],
      [
        ['x', 1],
        ['y', 2],
      ],
      { '000': 1, '001': 2 },
    ],
    ['nothing is told', [], [['x', 1]], {}],
  ] as const)('%s', (_, sources, known, expected) => {
    expect(Object.fromEntries(numberSources(sources, new Map(known)))).toEqual(expected);
  });

  it('never gives a number twice and never moves a known source', () => {
    const names = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 12 });
    fc.assert(
      fc.property(names, names, (first, second) => {
        const before = numberSources(first, new Map());
        const after = numberSources(second, before);
        expect(new Set(after.values()).size).toBe(after.size);
        if (second.some((source) => before.has(source))) for (const [source, number] of before) expect(after.get(source)).toBe(number);
      }),
    );
  });

  it('makes at most 128 channels of a recorder', () => {
    const many = Array.from({ length: 200 }, (_, index) => profile(`p${index}`, 'H264', 1, { source: `s${index}` }));
    expect(choose(many)).toHaveLength(128);
  });
});

describe('profiles as they are told', () => {
  const read = (xml: string): readonly Profile[] => {
    const document = readXml(`<Body><GetProfilesResponse>${xml}</GetProfilesResponse></Body>`);
    return document.ok ? readProfiles(document.root) : [];
  };
  it('by Media1', () => {
    const xml =
      '<Profiles token="p"><Name>First</Name><VideoSourceConfiguration token="vsc"><Name>문</Name><SourceToken>src</SourceToken></VideoSourceConfiguration>' +
      '<AudioEncoderConfiguration token="aac"/><VideoEncoderConfiguration token="e"><Encoding>H264</Encoding><Resolution><Width>1920</Width><Height>1080</Height></Resolution>' +
      '<RateControl><FrameRateLimit>25</FrameRateLimit><BitrateLimit>4096</BitrateLimit></RateControl><H264><GovLength>50</GovLength></H264></VideoEncoderConfiguration>' +
      '<VideoAnalyticsConfiguration token="va"/><PTZConfiguration token="pc"><NodeToken>pn</NodeToken></PTZConfiguration></Profiles>';
    expect(read(xml)).toEqual([
      {
        token: 'p',
        name: 'First',
        source: 'src',
        sourceConfiguration: 'vsc',
        sourceName: '문',
        encoding: 'H264',
        width: 1920,
        height: 1080,
        rate: 25,
        kbps: 4096,
        govLength: 50,
        sound: true,
        analytics: 'va',
        ptz: { configuration: 'pc', node: 'pn' },
      },
    ]);
  });

  it('by Media2, with H.265', () => {
    const xml =
      '<Profiles token="p"><Name>First</Name><Configurations><VideoSource token="vsc"><Name>문</Name><SourceToken>src</SourceToken></VideoSource>' +
      '<VideoEncoder token="e" GovLength="60"><Encoding>H265</Encoding><Resolution><Width>3840</Width><Height>2160</Height></Resolution>' +
      '<RateControl><FrameRateLimit>30</FrameRateLimit><BitrateLimit>8192</BitrateLimit></RateControl></VideoEncoder><Analytics token="va"/></Configurations></Profiles>';
    expect(read(xml)).toMatchObject([
      { encoding: 'H265', width: 3840, rate: 30, kbps: 8192, govLength: 60, sound: false, analytics: 'va', ptz: undefined },
    ]);
  });

  it('leaves out what has no video, and numbers that are none', () => {
    expect(read('<Profiles token="m"><Name>metadata</Name></Profiles>')).toEqual([]);
    const odd =
      '<Profiles token="p"><VideoSourceConfiguration><SourceToken>s</SourceToken></VideoSourceConfiguration><VideoEncoderConfiguration><Encoding>mjpeg</Encoding><Resolution><Width>-4</Width><Height>x</Height></Resolution></VideoEncoderConfiguration></Profiles>';
    expect(read(odd)).toMatchObject([{ encoding: 'JPEG', width: 0, height: 0, kbps: 0 }]);
  });
});
