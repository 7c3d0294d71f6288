// The story of looking for cameras with rooms that only pretend: by calendar, at a Hello, broken off and resumed, and registering with one login.
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Access } from '#access';
import { type Env, openLog, systemRandom } from '#base';
import type { Cameras } from '#cameras';
import type { CallContext, Result } from '#control';
import type { Device, Finding } from '#model';
import type { Findings, KeptFinding, Registry } from '#registry';
import { openDiscoveryStory } from '../../src/gateway/discovery.ts';
import { openFakeClock } from '../fakes/clock.ts';

type Item = Result<'discover.look'>;
const rules = { ranges: ['10.0.0.0/24'], follow: true, listen: false };

function finding(host: number, problems: Finding['problems'] = ['needs-password']): Finding {
  const identity = { maker: '', model: '', firmware: '', serial: '' };
  return { address: `10.0.0.${host}`, endpoint: '', mac: '', identity, name: '', problems, clockOffsetMs: 0, way: 'unicast' };
}

/** Rooms that find `found` in a look of 100 addresses, which ends when `end` is called or the asker leaves. */
function openRooms(found: readonly Finding[], refuses: (address: string) => boolean = () => false) {
  const clock = openFakeClock(Date.UTC(2026, 10, 20, 3, 29));
  const env: Env = { clock, random: systemRandom, log: openLog('silent') };
  const noted: (readonly Finding[])[] = [];
  const looks: { readonly ranges: readonly string[]; readonly from: number }[] = [];
  const added: Device[] = [];
  const tried: string[] = [];
  let broken: { readonly ranges: readonly string[]; readonly resumeAt: number } | undefined;
  let done = 0;
  let end = Promise.withResolvers<void>();
  let came: (finding: Finding) => void = () => {};
  const cameras = {
    status: () => added.map(({ id }) => ({ id, state: 'connecting' })),
    discovery: {
      lookAround(request: { ranges: readonly string[]; from: number }, tell: (one: Finding) => void, signal: AbortSignal) {
        looks.push(request);
        end = Promise.withResolvers();
        done = request.from;
        for (const one of found) tell(one);
        signal.addEventListener('abort', () => end.resolve());
        const progress = () => ({ total: 100, done, resumeAt: done });
        return { ranges: request.ranges, progress, merged: () => found, done: end.promise };
      },
      listen(watch: { came(one: Finding): void }) {
        came = watch.came;
        return {
          name: 'ear',
          run: async (signal: AbortSignal) => await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
        };
      },
    },
    async identify(address: string) {
      tried.push(address);
      const said = { ko: '거부', en: 'refused' };
      if (refuses(address)) return { result: 'login-refused', message: said, hint: said };
      return {
        result: 'ok',
        identity: { maker: 'M', model: 'X', firmware: '1', serial: `SN-${address}` },
        channels: [{ number: 1, name: '' }],
      };
    },
  } as unknown as Cameras;
  const findings = {
    async note(all: readonly Finding[]) {
      noted.push(all);
      const kept = all.map((one): KeptFinding => ({ ...one, key: one.address, meaning: 'new', device: '', firstSeen: 1, lastSeen: 1 }));
      return { findings: kept, followed: [], proposed: [] };
    },
    async keepLook(look: typeof broken) {
      broken = look;
    },
    brokenLook: async () => broken,
  } as unknown as Findings;
  const registry = {
    find: (id: string) => added.find((device) => device.id === id),
    list: () => added,
    async add(device: Device) {
      added.push(device);
    },
  } as unknown as Registry;
  const audit: string[] = [];
  const access = {
    account: async (row: { act: string; subject: string }) => void audit.push(`${row.act} ${row.subject}`),
  } as unknown as Access;
  const deps = { access, cameras, findings, registry };
  return {
    deps,
    env,
    clock,
    noted,
    looks,
    added,
    audit,
    tried,
    broken: () => broken,
    hello: (one: Finding) => came(one),
    advance(to: number) {
      done = to;
      if (to === 100) end.resolve();
    },
  };
}
async function settle(): Promise<void> {
  for (let at = 0; at < 20; at += 1) await turn();
}
const context = (signal: AbortSignal): CallContext => ({ origin: 'cli:kim (claimed)', signal });

describe('looking for cameras', () => {
  it('happens by calendar', async () => {
    const rooms = openRooms([finding(5)]);
    const { services } = openDiscoveryStory({ ...rules, schedule: '30 * * * *' }, rooms.deps, rooms.env);
    const stop = new AbortController();
    const running = services[0]?.run(stop.signal);
    await settle();
    rooms.clock.advance(60_000);
    await settle();
    expect(rooms.looks).toEqual([{ ranges: ['10.0.0.0/24'], multicast: true, from: 0 }]);
    rooms.advance(100);
    await settle();
    expect(rooms.noted).toHaveLength(1);
    stop.abort();
    await running;
  });

  it('keeps those that said Hello together, each once', async () => {
    const rooms = openRooms([]);
    const { services } = openDiscoveryStory({ ...rules, listen: true }, rooms.deps, rooms.env);
    const stop = new AbortController();
    const running = services[0]?.run(stop.signal);
    for (const host of [5, 6, 5]) rooms.hello(finding(host));
    await settle();
    rooms.clock.advance(3000);
    await settle();
    expect(rooms.noted.map((all) => all.map(({ address }) => address))).toEqual([['10.0.0.5', '10.0.0.6']]);
    stop.abort();
    await running;
  });

  it('that is left keeps what was found and where it was, and goes on from there', async () => {
    const rooms = openRooms([finding(5)]);
    const { handlers } = openDiscoveryStory(rules, rooms.deps, rooms.env);
    const stop = new AbortController();
    const input = { ranges: ['10.0.0.0/25'], multicast: true, resume: false, add: false };
    const items = handlers['discover.look'](input, context(stop.signal))[Symbol.asyncIterator]();
    const first = items.next();
    await settle();
    rooms.clock.advance(500);
    expect((await first).value).toMatchObject({ found: { address: '10.0.0.5' } });
    rooms.advance(40);
    stop.abort();
    await items.return?.();
    await settle();
    expect(rooms.broken()).toEqual({ ranges: ['10.0.0.0/25'], resumeAt: 40 });
    expect(rooms.noted).toHaveLength(1);
    const again = handlers['discover.look']({ ...input, ranges: [], resume: true }, context(new AbortController().signal))[
      Symbol.asyncIterator
    ]();
    const next = again.next();
    await settle();
    rooms.advance(100);
    await settle();
    rooms.clock.advance(500);
    await next;
    const rest: Item[] = [];
    for (let item = await again.next(); item.done !== true; item = await again.next()) rest.push(item.value);
    expect(rooms.looks.at(-1)).toMatchObject({ ranges: ['10.0.0.0/25'], from: 40 });
    expect(rest.at(-1)).toMatchObject({ summary: { addresses: 100, found: 1, complete: true } });
    expect(rooms.broken()).toBeUndefined();
  });

  it('that was never broken off is not resumed', async () => {
    const rooms = openRooms([finding(5)]);
    const { handlers } = openDiscoveryStory(rules, rooms.deps, rooms.env);
    const input = { ranges: [], multicast: true, resume: true, add: false };
    const items = handlers['discover.look'](input, context(new AbortController().signal))[Symbol.asyncIterator]();
    await expect(items.next()).rejects.toMatchObject({ code: 'gateway.no-broken-look' });
    expect(rooms.looks).toEqual([]);
  });

  it.each([
    [
      'registers those that take the login and tells of those that do not',
      (address: string) => address === '10.0.0.6',
      [1, 5, 6, 7, 8],
      [1, 5, 7, 8],
    ],
    ['stops when the first three refuse the login', () => true, [1, 5, 6], []],
  ])('%s', async (_, refuses, tried, added) => {
    const hopeless = [finding(2, ['not-onvif']), finding(3, ['factory-state']), finding(4, ['locked'])];
    const rooms = openRooms([finding(1, []), ...hopeless, finding(5), finding(6), finding(7, ['clock-wrong']), finding(8)], refuses);
    const { handlers } = openDiscoveryStory(rules, rooms.deps, rooms.env);
    const login = { user: 'gate', password: 'pass' };
    const input = { ranges: [], multicast: true, resume: false, add: true, login };
    const items: Item[] = [];
    const reading = (async () => {
      for await (const item of handlers['discover.look'](input, context(new AbortController().signal))) items.push(item);
    })();
    await settle();
    rooms.advance(100);
    await settle();
    await reading;
    expect(rooms.tried).toEqual(tried.map((host) => `10.0.0.${host}`));
    expect(rooms.added.map(({ id, address }) => [id, address])).toEqual(added.map((host) => [`cam-sn-10-0-0-${host}`, `10.0.0.${host}`]));
    expect(items.filter((item) => 'notAdded' in item)).toHaveLength(added.length === 0 ? 4 : 1);
    expect(rooms.audit).toEqual(['discover.look gateway', ...rooms.added.map(({ id }) => `camera.add ${id}`)]);
    // What was just registered needs no password any more; the wrong clock stays.
    expect(items.at(-1)).toMatchObject({ summary: { usable: added.length === 0 ? 1 : 3 } });
  });
});
