// Encoding what the disk may have damaged: valid JSON of a wrong form is refused by the gateway itself, and never a crash.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, EntryBody } from '#model';
import { encodeEntry, openTopics } from '../../src/uplink/wire/index.ts';
import { alarmBody, auditBody, conditionBody, grantBody, readingBody } from '../outbox/bodies.ts';
import { alarmEntry } from './site.ts';

const alarm: object = alarmBody('a').value;
const topics = openTopics({ site: '52710', gateway: 'gw-1', bootId: 'boot-1' });

/** Damage is no type that the house knows. */
function damaged(name: string, value: unknown): Entry {
  return { ...alarmEntry(), body: JSON.parse(JSON.stringify({ class: name, value })) as EntryBody };
}

describe('encodeEntry', () => {
  it.each<[string, unknown, number]>([
    ['inventory', { change: 'added', devace: {}, time: 1 }, 0x99],
    ['reading', {}, 0x99],
    ['alarm', { ...alarm, time: undefined }, 0x99],
    ['alarm', { ...alarm, kind: undefined }, 0x90],
    ['blarm', alarm, 0x99],
    ['condition', null, 0x99],
  ])('refuses %s %j', (name, value, reasonCode) => {
    expect(encodeEntry(damaged(name, value), topics, { replay: false })).toEqual({ reasonCode });
  });

  it('never throws, whatever lies in the store', () => {
    const sound = [alarmBody('a'), auditBody(1), conditionBody('d'), grantBody('g'), readingBody()];
    const spoilt = fc
      .constantFrom(...sound)
      .chain(({ class: name, value }) =>
        fc
          .constantFrom(...Object.keys(value))
          .chain((key) => fc.json().map((text) => damaged(name, Object.assign({}, value, { [key]: JSON.parse(text) })))),
      );
    const strange = fc
      .tuple(fc.constantFrom('alarm', 'condition', 'inventory', 'grant', 'audit', 'reading', 'gap'), fc.json())
      .map(([name, text]) => damaged(name, JSON.parse(text)));
    fc.assert(fc.property(fc.oneof(spoilt, strange), (entry) => void encodeEntry(entry, topics, { replay: false })));
  });
});
