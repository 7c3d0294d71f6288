// The site's own rules for topics: patterns, items that must match, states of any words; and what of a message that fits none is kept.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventOptions } from '../../src/cameras/event-options.ts';
import { openCounters } from '../../src/cameras/events/counters.ts';
import { interpret } from '../../src/cameras/events/meaning.ts';
import { readNotifications } from '../../src/cameras/events/notification.ts';
import { openSamples } from '../../src/cameras/events/samples.ts';
import { openSiteRules } from '../../src/cameras/events/site-rules.ts';
import { listTopics } from '../../src/cameras/events/topic-list.ts';
import { fitsTopic, segmentsOf } from '../../src/cameras/events/topics.ts';
import { readXml } from '../../src/cameras/xml/index.ts';
import { message } from './fake-camera.ts';
import { circumstances, said } from './said.ts';

const open = (...rules: unknown[]) => openSiteRules(eventOptions.parse({ rules }).rules);

describe('rules of the site', () => {
  const rules = open(
    { topic: 'tnsx:VideoAnalytics/MyApp/Event', when: { eventtype: ['7', 'FALL'] }, kind: 'fall', state: 'Status', active: ['START'] },
    { topic: 'VideoAnalytics/MyApp/*', kind: 'none' },
    { topic: 'VideoSource/MotionAlarm', when: { Source: ['src1'] }, kind: 'intrusion', severity: 'critical' },
    { topic: 'Gate/*/Opened', kind: 'intrusion', state: 'pulse' },
  );
  const read = (topic: string, data: Record<string, string>, source?: Record<string, string>) => {
    const result = interpret(said(topic, data, source), { ...circumstances, rules });
    return result.result === 'sighting'
      ? { ...result.sighting.about, state: result.sighting.state, severity: result.sighting.severity }
      : result;
  };

  it.each([
    ['VideoAnalytics/MyApp/Event', { EventType: 'fall', Status: 'start' }, undefined, { alarm: 'fall', state: 'active' }],
    ['VideoAnalytics/MyApp/Event', { EventType: '7', Status: 'STOP' }, undefined, { alarm: 'fall', state: 'inactive' }],
    ['VideoAnalytics/MyApp/Event', { EventType: '8', Status: 'START' }, undefined, { result: 'known' }],
    ['VideoSource/MotionAlarm', { State: '1' }, { Source: 'src1' }, { alarm: 'intrusion', state: 'active', severity: 'critical' }],
    ['VideoSource/MotionAlarm', { State: '1' }, { Source: 'src0' }, { alarm: 'motion', state: 'active' }],
    ['Gate/7/Opened', { State: '0' }, undefined, { alarm: 'intrusion', state: 'pulse' }],
    ['Gate/7/8/Opened', { State: '0' }, undefined, { result: 'unknown' }],
  ] as const)('%s saying %j of %j', (topic, data, source, expected) => {
    expect(read(topic, data, source)).toMatchObject(expected);
  });

  it.each([
    [{ topic: '', kind: 'fall' }],
    [{ topic: '/a', kind: 'fall' }],
    [{ topic: 'a//b', kind: 'fall' }],
    [{ topic: 'a/b', kind: 'falling' }],
    [{ topic: 'a/b', kind: 'video-loss' }],
    [{ topic: 'a/b', kind: 'fall', when: { x: [] } }],
    [{ topic: 'a/b', kind: 'fall', also: 1 }],
  ])('refuses %j', (rule) => expect(eventOptions.safeParse({ rules: [rule] }).success).toBe(false));

  it('fit what they are made of, and nothing shorter', () => {
    const segment = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !text.includes('/') && text !== '*');
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), fc.nat(5), (segments, at) => {
        const topic = segmentsOf(segments.join('/'));
        const pattern = topic.with(at % topic.length, '*');
        expect(fitsTopic(pattern, topic)).toBe(true);
        expect(fitsTopic(topic, topic)).toBe(true);
        expect(fitsTopic(pattern, topic.slice(1))).toBe(false);
        expect(fitsTopic(topic, [...topic, 'x'])).toBe(false);
      }),
    );
  });
});

describe('samples', () => {
  const parsed = (xml: string) => {
    const read = readXml(`<R xmlns:wsnt="w" xmlns:tt="t">${xml}</R>`);
    return read.ok ? readNotifications(read.root) : [];
  };

  it('keep the first message of a topic as XML that can be read again, at most 4 KiB', () => {
    const samples = openSamples();
    for (const [index, text] of ['첫 <번째>', '둘째'].entries()) {
      for (const one of parsed(message('tnsx:A/B', 'Changed', { S: '1' }, { V: text.replace('<', '&lt;') })))
        samples.take('cam-1', one, index);
    }
    const [sample, ...more] = samples.list();
    expect(more).toEqual([]);
    expect(sample).toMatchObject({ topic: 'A/B', device: 'cam-1', at: 0 });
    expect(parsed(sample?.xml ?? '')).toMatchObject([{ topic: 'A/B', data: [{ name: 'V', value: '첫 <번째>' }] }]);
    for (const one of parsed(
      message('tnsx:C', 'Changed', {}, Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`이름${n}`, '값'.repeat(60)]))),
    ))
      samples.take('cam-1', one, 0);
    const xml = samples.list()[1]?.xml ?? '';
    expect(Buffer.byteLength(xml)).toBeLessThanOrEqual(4096);
    expect(xml.endsWith('…')).toBe(true);
    expect(xml).not.toContain('\ufffd');
  });

  it('are of 200 topics at most', () => {
    const samples = openSamples();
    for (let index = 0; index < 300; index += 1) for (const one of parsed(message(`T/${index}`, '', {}, {}))) samples.take('c', one, 0);
    expect(samples.list()).toHaveLength(200);
  });

  it('stand beside what is not understood, which comes first', () => {
    const counters = [openCounters(), openCounters()];
    for (const one of counters) {
      for (let time = 0; time < 9; time += 1) one.countKnown('VideoSource/MotionAlarm');
      for (let time = 0; time < 2; time += 1) one.countUnknown('A/B');
    }
    counters[0]?.countUnclear('Device/Trigger/DigitalInput', 'LogicalState=7');
    const samples = openSamples();
    for (const one of parsed(message('A/B', '', {}, {}))) samples.take('cam-1', one, 5);
    expect(listTopics(counters, samples)).toMatchObject([
      { topic: 'A/B', state: 'unknown', count: 4, cameras: 2, kind: undefined, sample: { device: 'cam-1', at: 5 } },
      { topic: 'Device/Trigger/DigitalInput LogicalState=7', state: 'unclear', count: 1, cameras: 1, kind: 'digital-input' },
      { topic: 'VideoSource/MotionAlarm', state: 'known', count: 18, cameras: 2, kind: 'motion', sample: undefined },
    ]);
  });
});
