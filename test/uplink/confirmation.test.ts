// The hub's own confirmation: announced, heard, bounded, and remembered when the broker forgets.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EntryClass } from '#model';
import type { Store } from '#store';
import { maxRanges, parseConfirm, parseHubState } from '../../src/uplink/wire/confirm.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
import { alarmEntry, base, openObserver, openSite, openStoreBench, type StoreBench, until } from './site.ts';

let bench: StoreBench;
let store: Store;
beforeAll(async () => {
  bench = await openStoreBench();
  store = await bench.open('boot-1');
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

describe('parseHubState', () => {
  it.each([
    ['', undefined],
    [{ confirmation: 'hub' }, 'hub'],
    [{ confirmation: 'broker', more: 1 }, 'broker'],
    [{ specversion: '1.0', id: '1', source: '/hub', type: 'kr.bongsu.hub.state.v1', data: { confirmation: 'hub' } }, 'hub'],
    [{ specversion: '1.0', confirmation: 'hub' }, 'malformed'],
    [{ confirmation: 'both' }, 'malformed'],
    ['hub', 'malformed'],
    ['[]', 'malformed'],
    [{ confirmation: 'hub', deep: [[[[[[[[1]]]]]]]] }, 'malformed'],
    [' '.repeat(40_000), 'malformed'],
  ])('%j: %s', (payload, mode) => {
    expect(parseHubState(bytes(payload))).toBe(mode);
  });
});

describe('parseConfirm', () => {
  const confirmed = (value: unknown) => parseConfirm(bytes({ confirmed: value }));

  it('reads ranges by class, plain or in a CloudEvent, and passes over classes it does not know', () => {
    const ranges = {
      alarm: [
        [1, 1200],
        [1203, 1203],
      ],
      grant: [[4, 5]],
      weather: [[1, 2]],
      audit: [],
    };
    const expected = [
      {
        class: 'alarm',
        ranges: [
          [1, 1200],
          [1203, 1203],
        ],
      },
      { class: 'grant', ranges: [[4, 5]] },
    ];
    expect(confirmed(ranges)).toEqual(expected);
    expect(parseConfirm(bytes({ specversion: '1.0', data: { confirmed: ranges } }))).toEqual(expected);
  });

  it.each([
    [{ alarm: [[0, 1]] }],
    [{ alarm: [[2, 1]] }],
    [{ alarm: [[1, 1.5]] }],
    [{ alarm: [[1, 2 ** 53]] }],
    [{ alarm: [['1', '2']] }],
    [{ alarm: [[1]] }],
    [{ alarm: [[1, 2, 3]] }],
    [{ alarm: 7 }],
    [{ alarm: [[1, 2]], grant: [[3, 1]] }],
    [{ alarm: Array.from({ length: maxRanges + 1 }, (_, index) => [index + 1, index + 1]) }],
    [[[1, 2]]],
    [null],
  ])('takes nothing of %j', (value) => {
    expect(confirmed(value)).toBeUndefined();
  });

  it('takes what it should and never throws, whatever comes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => void parseConfirm(payload)));
    fc.assert(fc.property(fc.json(), (text) => void parseConfirm(Buffer.from(text))));
    const range = fc.tuple(fc.integer({ min: 1, max: 1e9 }), fc.nat(1000)).map(([from, more]) => [from, from + more]);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 50 }), (ranges) => {
        expect(confirmed({ reading: ranges })).toEqual([{ class: 'reading', ranges }]);
      }),
    );
  });
});

const hubState = 'bongsu/v1/hub/state';

function openEar() {
  const heard: [EntryClass, readonly (readonly [number, number])[]][] = [];
  return {
    heard,
    onConfirm: async (entryClass: EntryClass, ranges: readonly (readonly [number, number])[]) => void heard.push([entryClass, ranges]),
  };
}

describe('confirmation by the hub', () => {
  it('counts when the hub announces it, before the first message is thought confirmed', async () => {
    await using broker = await openMosquitto();
    await using hub = await openObserver(broker.url);
    await hub.publish(hubState, '{"confirmation":"hub"}', { retain: true });
    const { heard, onConfirm } = openEar();
    await using site = openSite(store, { url: broker.url, resendAfter: '20s' }, { onConfirm });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'sent' });
    expect(session).toMatchObject({ confirmation: 'hub', resendAfterMs: 20_000 });
    expect(site.uplink.status().confirmation).toBe('hub');
    await hub.publish(`${base}/confirm`, 'garbage');
    await hub.publish(`${base}/confirm`, '{"confirmed":{"alarm":[[1,7]]}}', { retain: true });
    await hub.publish(`${base}/confirm`, '{"confirmed":{"alarm":[[1,7],[9,9]],"grant":[[1,1]]}}');
    await until(() => heard.length >= 2, 'the confirmation');
    // To one who is subscribed a retained message comes as it was published, with its flag (MQTT 5 retain as published).
    expect(heard).toEqual([
      [
        'alarm',
        [
          [1, 7],
          [9, 9],
        ],
      ],
      ['grant', [[1, 1]]],
    ]);
    expect(site.uplink.status().commands).toMatchObject({ accepted: 0, refused: 0 });
    await hub.publish(hubState, '{"confirmation":"broker"}', { retain: true });
    await until(() => session.confirmation === 'broker', 'the change');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
  });

  it('stays in force when the broker has forgotten the announcement', async () => {
    await using broker = await openMosquitto();
    await using hub = await openObserver(broker.url);
    await hub.publish(hubState, '{"confirmation":"hub"}', { retain: true });
    await using site = openSite(store, { url: broker.url }, openEar());
    const first = await until(() => site.session(), 'a session');
    expect(await first.send(alarmEntry(), { replay: false })).toEqual({ result: 'sent' });
    await broker.kill();
    await broker.start();
    const second = await until(() => site.session() !== first && site.session(), 'the next session');
    expect(await second.send(alarmEntry(), { replay: true })).toEqual({ result: 'sent' });
  });

  it('stays in force over a restart in which the broker has forgotten it, until it is taken back, and for that hub alone', async () => {
    await using broker = await openMosquitto();
    const announce = async (word: string): Promise<void> => {
      await using hub = await openObserver(broker.url);
      await hub.publish(hubState, word, { retain: true });
    };
    const send = async (url: string) => {
      await using hub = await openObserver(url);
      await using site = openSite(store, { url }, openEar());
      const session = await until(() => site.session(), 'a session');
      const { result } = await session.send(alarmEntry(), { replay: false });
      await hub.wait(`${base}/alarm/`);
      return result;
    };
    const restart = async (): Promise<void> => {
      await broker.kill();
      await broker.start();
    };
    await announce('{"confirmation":"hub"}');
    expect(await send(broker.url)).toBe('sent');
    await restart();
    expect(await send(broker.url)).toBe('sent');
    await using other = await openMosquitto();
    expect(await send(other.url)).toBe('confirmed');
    await restart();
    await announce('{"confirmation":"broker"}');
    expect(await send(broker.url)).toBe('confirmed');
    await restart();
    expect(await send(broker.url)).toBe('confirmed');
  });

  it('does not count when nobody announces it, or where the configuration says otherwise', async () => {
    await using broker = await openMosquitto();
    await using hub = await openObserver(broker.url);
    const results = async (confirmation: string, clientId: string) => {
      await using site = openSite(store, { url: broker.url, confirmation, clientId }, openEar());
      const session = await until(() => site.session(), 'a session');
      return [await session.send(alarmEntry(), { replay: false }), site.uplink.status().confirmation];
    };
    expect(await results('auto', 'a')).toEqual([{ result: 'confirmed' }, 'broker']);
    expect(await results('hub', 'b')).toEqual([{ result: 'sent' }, 'hub']);
    await hub.publish(hubState, '{"confirmation":"hub"}', { retain: true });
    expect(await results('broker', 'c')).toEqual([{ result: 'confirmed' }, 'broker']);
  });

  it('is not known before the hub was heard or kept silent', async () => {
    await using broker = await openMosquitto();
    await using site = openSite(store, { url: broker.url }, openEar());
    expect(site.uplink.status().confirmation).toBeUndefined();
    await until(() => site.session(), 'a session');
    expect(site.uplink.status().confirmation).toBeUndefined();
    await until(() => site.uplink.status().confirmation === 'broker', 'the silence');
  });

  it('goes on when a confirmation cannot be committed', async () => {
    await using broker = await openMosquitto();
    await using hub = await openObserver(broker.url);
    let asked = 0;
    const onConfirm = async (): Promise<void> => {
      asked += 1;
      if (asked === 1) throw new Error('disk');
    };
    await using site = openSite(store, { url: broker.url, confirmation: 'hub' }, { onConfirm });
    await until(() => broker.log().includes('gw-1/confirm (QoS 1)') && site.session(), 'the subscription');
    for (let turn = 0; turn < 2; turn += 1) await hub.publish(`${base}/confirm`, '{"confirmed":{"alarm":[[1,7]]}}');
    await until(() => asked === 2, 'the second');
    expect(site.uplink.status().connected).toBe(true);
  });
});
