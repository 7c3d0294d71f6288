// People's acts on alarms, by the command line and by the hub: on the audit first, then done, and refused in words.
import { beforeEach, describe, expect, it } from 'vitest';
import { openAlarms } from '#alarms';
import { openLog, systemRandom } from '#base';
import type { CallContext } from '#control';
import type { Command } from '#model';
import { openAlarmActs } from '../../src/gateway/alarm-acts.ts';
import { type CommandDeps, openCommands } from '../../src/gateway/commands.ts';
import { openTechnicianAlarms } from '../../src/gateway/technician-alarms.ts';
import { openTestAlarms, report } from '../alarms/thread.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openDirectStore } from '../outbox/direct-store.ts';

const context: CallContext = { origin: 'cli:kim (claimed)', signal: new AbortController().signal };

function opened() {
  const { db, world, entries: _, told, ...procedures } = openTestAlarms();
  const clock = openFakeClock(world.time);
  const env = { clock, random: systemRandom, log: openLog('silent') };
  const alarms = openAlarms({ store: openDirectStore(db, { alarms: procedures }, world.topics) }, env);
  const audit: string[] = [];
  const access = {
    account: async ({ act, subject, by, detail }: Record<'act' | 'subject' | 'by' | 'detail', string>) => {
      audit.push(`${by} ${act} ${subject} ${detail}`);
    },
  };
  const ended: string[] = [];
  const acts = openAlarmActs({
    alarms,
    access,
    hasDevice: (id) => id === 'smoke-1',
    ended: ({ device, channel, kind }) => void ended.push(`${device}/${channel}/${kind}`),
  });
  const commands = openCommands({ acts } as unknown as CommandDeps, env);
  const command = (name: string, body: object) => {
    const time = clock.now();
    return commands({ id: 'c-1', name, issuedAt: time, expiresAt: time + 60_000, body: { ...body } } satisfies Command);
  };
  return { alarms, audit, clock, ended, told, command, handlers: openTechnicianAlarms({ alarms, acts }, env) };
}

let site: ReturnType<typeof opened>;
let alarmId = '';
beforeEach(async () => {
  site = opened();
  alarmId = (await site.alarms.report(report({ latch: true }))).alarmId ?? '';
  site.told();
});

describe('the technician', () => {
  it('acknowledges and clears, and finds it in the history', async () => {
    const { handlers, audit, told } = site;
    expect(await handlers['alarm.acknowledge']({ id: alarmId, note: 'seen' }, context)).toEqual({ result: 'acknowledged' });
    expect(await handlers['alarm.acknowledge']({ id: alarmId, note: 'again' }, context)).toEqual({ result: 'unchanged' });
    expect(await handlers['alarm.clear']({ id: alarmId, reason: 'dust' }, context)).toEqual({ result: 'cleared' });
    expect(await handlers['alarm.clear']({ id: alarmId, reason: 'dust' }, context)).toEqual({ result: 'over' });
    expect(told()).toEqual(['updated acknowledged', 'cleared person']);
    // The sensor that told of it is told once.
    expect(site.ended).toEqual(['smoke-1/zone-1/smoke']);
    expect(audit[0]).toBe(`cli:kim (claimed) alarm.acknowledge smoke-1/zone-1 ${alarmId}: seen`);
    const shown = await handlers['alarm.show']({ id: alarmId }, context);
    expect(shown.transitions.map(({ transition }) => transition.act?.by)).toEqual([undefined, context.origin, context.origin]);
    await expect(handlers['alarm.show']({ id: 'nobody' }, context)).rejects.toThrow(/no such alarm/);
    await expect(handlers['alarm.clear']({ id: 'nobody', reason: 'dust' }, context)).rejects.toThrow(/no such alarm/);
    expect(audit).toHaveLength(4);
  });

  it('shelves for a time that ends by itself', async () => {
    const { handlers, audit, clock, alarms, told } = site;
    const forMs = 7_200_000;
    expect(await handlers['alarm.shelve']({ device: 'smoke-1', kind: 'smoke', forMs, reason: 'dust' }, context)).toEqual({
      until: clock.now() + forMs,
    });
    expect(await handlers['alarm.shelved']({}, context)).toMatchObject({ quiets: [{ form: 'shelf', kind: 'smoke', by: context.origin }] });
    clock.advance(forMs - 1);
    expect((await alarms.tick()).ended).toEqual([]);
    clock.advance(1);
    expect((await alarms.tick()).ended).toHaveLength(1);
    expect(told()).toEqual(['updated shelved', 'updated unshelved']);
    expect(await handlers['alarm.unshelve']({ device: 'smoke-1', kind: 'smoke', reason: '' }, context)).toEqual({ ended: [], left: [] });
    expect(audit).toEqual(['cli:kim (claimed) alarm.shelve smoke-1 smoke 120 min: dust']);
  });

  it('ends one shelf of a device by its kind, all of them without one, and no other device’s', async () => {
    const { handlers, audit } = site;
    const shelve = (kind?: 'smoke' | 'tamper') =>
      handlers['alarm.shelve']({ device: 'smoke-1', kind, forMs: 60_000, reason: 'dust' }, context);
    for (const kind of ['smoke', undefined, 'tamper'] as const) await shelve(kind);
    await handlers['device.maintenance']({ device: 'smoke-1', forMs: 60_000, reason: 'battery' }, context);
    const unshelve = handlers['alarm.unshelve'];
    expect(await unshelve({ device: 'smoke-1', kind: 'heat', reason: '' }, context)).toEqual({ ended: [], left: ['', 'smoke', 'tamper'] });
    expect(await unshelve({ device: 'smoke-1', kind: 'smoke', reason: '' }, context)).toEqual({ ended: ['smoke'], left: ['', 'tamper'] });
    expect(await unshelve({ device: 'smoke-2', reason: '' }, context)).toEqual({ ended: [], left: [] });
    expect(await unshelve({ device: 'smoke-1', reason: 'clean' }, context)).toEqual({ ended: ['', 'tamper'], left: [] });
    expect(await handlers['alarm.shelved']({}, context)).toMatchObject({ quiets: [{ form: 'maintenance' }] });
    expect(audit.filter((line) => line.includes('alarm.shelve-end'))).toHaveLength(3);
  });

  it('begins and ends maintenance of devices that there are', async () => {
    const { handlers, alarms, audit } = site;
    await handlers['device.maintenance']({ device: 'smoke-1', forMs: 60_000, reason: 'battery' }, context);
    expect(alarms.foresee(report({ channel: 'new' }), { entry: 'e', alarm: 'a' })).toMatchObject([{ test: true }]);
    expect(await handlers['device.maintenance-end']({ device: 'smoke-1', reason: 'done' }, context)).toEqual({ ended: true });
    await expect(handlers['device.maintenance']({ device: 'smoke-9', forMs: 60_000, reason: 'battery' }, context)).rejects.toThrow(
      /no such device/,
    );
    expect(audit.map((line) => line.split(' ')[2])).toEqual(['device.maintenance', 'device.maintenance-end']);
  });

  it.each([
    [{ from: { agoMs: 1000 } }, 0],
    [{ from: { agoMs: 1e12 } }, 1],
    [{ from: 1_760_000_000_000, to: 1_760_000_000_001 }, 1],
  ])('searches %j', async (filter, found) => {
    site.clock.advance(10_000);
    const answer = await site.handlers['alarm.search']({ limit: 10, openOnly: false, ...filter }, context);
    expect(answer.alarms).toHaveLength(found);
  });
});

describe('the pages of the history', () => {
  it('go on before the last alarm of the page before, in the list and in the search', async () => {
    const { alarms, handlers } = site;
    for (const channel of ['b', 'c', 'd']) await alarms.report(report({ channel }));
    for (const [name, more] of [
      ['alarm.list', {}],
      ['alarm.search', { from: 0 }],
    ] as const) {
      const page = (before?: string) => handlers[name]({ limit: 2, openOnly: false, before, ...more }, context);
      const first = (await page()).alarms;
      expect(first.map(({ channel }) => channel)).toEqual(['d', 'c']);
      const second = (await page(first[1]?.alarmId)).alarms;
      expect(second.map(({ channel }) => channel)).toEqual(['b', 'zone-1']);
      expect((await page(second[1]?.alarmId)).alarms).toEqual([]);
      await expect(page('nobody')).rejects.toThrow(/no such alarm: nobody/);
    }
  });
});

describe('the hub', () => {
  it('acknowledges and resets in the name of its person', async () => {
    const { command, told, audit } = site;
    expect(await command('alarm.acknowledge', { alarm: alarmId, person: 'jb119-042' })).toMatchObject({
      result: 'done',
      acknowledged: 'now',
    });
    expect(await command('alarm.reset', { alarm: alarmId, person: 'jb119-042', reason: 'false alarm' })).toMatchObject({
      result: 'done',
      cleared: 'now',
    });
    expect(await command('alarm.reset', { alarm: alarmId, person: 'jb119-042', reason: 'again' })).toMatchObject({ cleared: 'before' });
    expect(told()).toEqual(['updated acknowledged', 'cleared person']);
    expect(audit.every((line) => line.startsWith('hub:jb119-042 alarm.'))).toBe(true);
  });

  it.each([
    ['alarm.acknowledge', { person: 'p' }, 'refused', 'command.body-wrong'],
    ['alarm.acknowledge', { alarm: 'x', person: '' }, 'refused', 'command.body-wrong'],
    ['alarm.reset', { alarm: 'x', person: 'p' }, 'refused', 'command.body-wrong'],
    ['alarm.reset', { alarm: 'x', person: 'p', reason: 'a\nb' }, 'refused', 'command.body-wrong'],
    ['alarm.reset', { alarm: 'nobody', person: 'p', reason: 'false' }, 'refused', 'gateway.alarm-unknown'],
  ])('%s %j is %s: %s', async (name, body, result, reason) => {
    expect(await site.command(name, body)).toMatchObject({ result, reason });
    expect(site.audit).toEqual([]);
  });
});
