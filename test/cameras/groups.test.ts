// What is lost together is told as one: the rule, the way there and back, and who is told alone.
import { describe, expect, it } from 'vitest';
import type { Condition } from '#model';
import { isDown } from '../../src/cameras/watch/group.ts';
import { openGroups } from '../../src/cameras/watch/groups.ts';
import { openMovedTime, settle } from './moved-time.ts';

const options = { least: 4, share: 0.5, settle: 120_000, recheck: 10_000 };

/** A site of so many cameras in one network, or behind one named switch. */
function openSite(count: number, group?: string) {
  const { env, move } = openMovedTime();
  const steps: Condition[] = [];
  const dark = new Set<string>();
  const alone: string[] = [];
  const backs: number[] = [];
  let knocks = 0;
  const groups = openGroups(
    options,
    {
      async knock(url) {
        knocks += 1;
        return !dark.has(url.hostname);
      },
      async condition(step) {
        steps.push(step);
      },
    },
    env,
  );
  const host = (index: number): string => `10.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  const seats = Array.from({ length: count }, (_, index) =>
    groups.join({ id: `cam-${index}`, group, url: new URL(`http://${host(index)}/`), back: () => backs.push(index) }),
  );
  const lose = (index: number): void => seats[index]?.lost(() => alone.push(`cam-${index}`));
  const dim = (from: number, to: number): void => {
    for (let index = from; index < to; index += 1) dark.add(host(index));
  };
  return {
    seats,
    steps,
    alone,
    backs,
    forgetStrangers: groups.forgetStrangers,
    lose,
    move,
    told: () => steps.map(({ kind, state }) => `${kind} ${state}`),
    get knocks() {
      return knocks;
    },
    /** Nobody answers any more from..to. */
    dim,
    /** The same, and their loops find it out one after another. */
    async darken(from: number, to: number) {
      dim(from, to);
      for (let index = from; index < to; index += 1) {
        lose(index);
        await settle();
      }
    },
    brighten(from: number, to: number) {
      for (let index = from; index < to; index += 1) dark.delete(host(index));
    },
    find(from: number, to: number) {
      for (let index = from; index < to; index += 1) seats[index]?.found();
    },
  };
}

describe('the rule', () => {
  it.each([
    [3, 3, false],
    [4, 4, true],
    [4, 8, true],
    [4, 9, false],
    [200, 400, true],
    [199, 400, false],
    [0, 0, false],
  ])('%i of %i: %s', (gone, members, down) => {
    expect(isDown(gone, members, options)).toBe(down);
  });
});

describe('a group', () => {
  it('of 40 behind a dead switch is one condition, and one clear', async () => {
    const site = openSite(40);
    await site.darken(0, 40);
    expect(site.told()).toEqual(['camera-group-lost raised']);
    expect(site.steps[0]).toMatchObject({
      device: 'gateway',
      channel: expect.stringMatching(/^net-[0-9a-f]{8}$/),
      detail: '10.1.0.0/24',
      message: { en: expect.stringMatching(/^40 of 40 cameras .*cam-0/), ko: expect.stringMatching(/40대.*40대/) },
    });
    expect(JSON.stringify(site.steps[0]?.message)).not.toMatch(/\d+\.\d+\.\d+/);
    site.brighten(0, 40);
    await site.move(11_000);
    expect(site.told()).toEqual(['camera-group-lost raised', 'camera-group-lost cleared']);
    site.find(0, 40);
    await site.move(300_000);
    expect(site.alone).toEqual([]);
    expect(site.steps).toHaveLength(2);
  });

  it('that is back wakes those that had been lost, and only those', async () => {
    const site = openSite(10);
    await site.darken(0, 6);
    expect(site.backs).toEqual([]);
    site.brighten(0, 6);
    await site.move(11_000);
    expect(site.backs).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('that is no more leaves nothing standing; one that is, and other conditions, are left alone', async () => {
    const site = openSite(4, 'switch-7');
    const stood = (channel: string, kind: Condition['kind'] = 'camera-group-lost'): Condition => ({
      device: 'gateway',
      channel,
      kind,
      state: 'raised',
      severity: 'major',
      time: 0,
      message: { ko: '', en: '' },
    });
    await site.forgetStrangers([stood('switch-7'), stood('switch-9'), stood('media', 'media-down')]);
    expect(site.steps).toMatchObject([{ channel: 'switch-9', kind: 'camera-group-lost', state: 'cleared' }]);
  });

  it('of 400 behind one named switch is one condition', async () => {
    const site = openSite(400, 'switch-7');
    await site.darken(0, 400);
    expect(site.steps.map(({ channel }) => channel)).toEqual(['switch-7']);
    expect(site.alone).toEqual([]);
  });

  it('is not down for one camera, which is told alone at once', async () => {
    const site = openSite(40);
    await site.darken(7, 8);
    expect(site.alone).toEqual(['cam-7']);
    expect(site.steps).toEqual([]);
    expect(site.knocks).toBeLessThan(60);
  });

  it('tells alone, after a time, who stays away when the switch is back', async () => {
    const site = openSite(10);
    await site.darken(0, 10);
    site.brighten(0, 8);
    await site.move(11_000);
    expect(site.told()).toEqual(['camera-group-lost raised', 'camera-group-lost cleared']);
    site.find(0, 8);
    await site.move(60_000);
    expect(site.alone).toEqual([]);
    await site.move(70_000);
    expect(site.alone).toEqual(['cam-8', 'cam-9']);
    await site.move(300_000);
    expect(site.alone).toEqual(['cam-8', 'cam-9']);
  });

  it('that falls again while it settles is told again, and nobody alone', async () => {
    const site = openSite(10);
    await site.darken(0, 10);
    site.brighten(0, 10);
    await site.move(11_000);
    site.find(0, 10);
    await site.darken(0, 10);
    await site.move(300_000);
    expect(site.told()).toEqual(['camera-group-lost raised', 'camera-group-lost cleared', 'camera-group-lost raised']);
    expect(site.alone).toEqual([]);
  });

  it('knows who is dark before his own loop does', async () => {
    const site = openSite(10);
    site.dim(0, 10);
    site.lose(3);
    await settle();
    expect(site.told()).toEqual(['camera-group-lost raised']);
    expect(site.alone).toEqual([]);
  });

  it('clears what stood before the start when its cameras answer, and only then', async () => {
    const site = openSite(10);
    site.find(0, 1);
    await site.darken(1, 10);
    await site.move(300_000);
    expect(site.told()).toEqual(['camera-group-lost raised']);
    const well = openSite(10);
    well.find(0, 10);
    await well.move(130_000);
    expect(well.told()).toEqual(['camera-group-lost cleared']);
  });

  it('whose last camera is removed while it is down leaves nothing standing', async () => {
    const site = openSite(5);
    await site.darken(0, 5);
    for (const seat of site.seats) seat[Symbol.dispose]();
    await settle();
    expect(site.told()).toEqual(['camera-group-lost raised', 'camera-group-lost cleared']);
  });

  it('is no group for a camera of which only the name is known', async () => {
    const { env } = openMovedTime();
    const alone: string[] = [];
    const groups = openGroups(options, { knock: () => Promise.resolve(false), condition: () => Promise.resolve() }, env);
    using seat = groups.join({ id: 'cam', group: undefined, url: new URL('http://camera.local/') });
    seat.lost(() => alone.push('cam'));
    expect(alone).toEqual(['cam']);
  });
});
