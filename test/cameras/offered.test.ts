// What cameras offer to say: each vendor's set of topics read to the last one and understood, and sets that are none.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { camerasOptions } from '#cameras/options';
import { openSimulatedSite } from '#simulator';
import { askOffered, readTopicSet } from '../../src/cameras/events/offered.ts';
import { openLoginGate, openSession } from '../../src/cameras/soap/index.ts';
import { readXml } from '../../src/cameras/xml/index.ts';
import { personalityNames } from '../../src/simulator/cameras/index.ts';
import { personalities } from '../../src/simulator/cameras/personality/index.ts';
import { env } from './fake-deps.ts';

const never = new AbortController().signal;

it('asks every vendor, and understands all that it offers', async () => {
  await using site = await openSimulatedSite({ cameras: personalityNames.map((personality) => ({ id: personality, personality })) }, env);
  const options = camerasOptions.parse({});
  for (const { id, address, login } of site.cameras) {
    using session = openSession(
      options,
      { base: new URL(`http://${address}/onvif/device_service`), login, gate: openLoginGate(options, env.clock) },
      env,
    );
    const offered = await askOffered(session, new URL(`http://${address}/onvif/event_service`), never);
    const topics = offered.result === 'ok' ? offered.topics : [];
    expect(topics.length, id).toBeGreaterThanOrEqual(new Set(personalities[id as keyof typeof personalities].has).size - 2);
    expect(
      topics.filter(({ state }) => state !== 'known').map(({ topic }) => topic),
      id,
    ).toEqual([]);
    expect(
      topics.map(({ kind }) => kind),
      id,
    ).toContain('motion');
  }
});

function set(inside: string): readonly string[] {
  const read = readXml(`<TopicSet xmlns:t="urn:t">${inside}</TopicSet>`);
  return read.ok ? readTopicSet(read.root) : ['unread'];
}

it.each([
  ['<t:A><t:B t:topic="true"/></t:A>', ['A/B']],
  ['<A><B topic="1"><C topic="true"/></B></A>', ['A/B', 'A/B/C']],
  ['<A><B><MessageDescription><Source topic="true"/></MessageDescription></B></A>', ['A/B']],
  ['<A topic="false"><documentation topic="true"/></A>', []],
  ['<A topic="true"/><A topic="true"/>', ['A']],
  [Array.from({ length: 600 }, (_, at) => `<A${at} topic="true"/>`).join(''), expect.objectContaining({ length: 512 })],
])('reads %#', (inside, topics) => {
  expect(set(inside)).toEqual(topics);
});

it('tells each topic of a set once, down to 16 levels', () => {
  const topic = fc.array(fc.constantFrom('A', 'B', 'C'), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(topic, { maxLength: 8 }), (topics) => {
      const inside = topics.map((names) =>
        names.reduceRight((xml, name, at) => `<${name}${at === names.length - 1 ? ' topic="true"' : ''}>${xml}</${name}>`, ''),
      );
      const expected = topics.filter((names) => names.length <= 16).map((names) => names.join('/'));
      expect(set(inside.join('')).toSorted()).toEqual([...new Set(expected)].toSorted());
    }),
  );
});
