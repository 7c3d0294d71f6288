// Many virtual cameras: steered together, steered from another process, and four thousand of them in one.
import { describe, expect, it } from 'vitest';
import { openSimulatedSite } from '#simulator';
import { openCameraFleet } from '../peers/camera-fleet.ts';
import { ask, envelope, post, pull, subscribe } from './asking.ts';
import { env, until } from './world.ts';

describe('the crowd', () => {
  it('reports at a rate, in turn, and counts what became of it', async () => {
    await using site = await openSimulatedSite({ cameras: [{ loginBy: 'none' }, { id: 'b', loginBy: 'none' }, { id: 'c' }] }, env);
    const [first, second] = site.cameras;
    if (!first || !second) throw new Error('no cameras');
    const points = [await subscribe(first), await subscribe(second)] as const;
    const stream = site.crowd.report('motion', 200, { subscribedOnly: true });
    expect(await until(() => stream.sent >= 60)).toBe(true);
    stream[Symbol.dispose]();
    const { sent } = stream;
    const texts = [(await pull(first, points[0], 1)).text, (await pull(second, points[1], 1)).text];
    expect(texts.join('').match(/<wsnt:NotificationMessage/g)).toHaveLength(sent);
    expect(texts[0]).toMatch(/IsMotion" Value="true".*IsMotion" Value="false"/);
    const totals = site.crowd.totals();
    expect(totals).toMatchObject({ cameras: 3, subscribed: 2, pullPoints: 2, reported: sent, queued: sent, events: sent, overflowed: 0 });
  });

  it('counts failed logins for each camera from when it is told to', async () => {
    await using site = await openSimulatedSite({ cameras: 3 }, env);
    const [one] = site.cameras;
    if (!one) throw new Error('no camera');
    for (let at = 0; at < 2; at += 1) await ask(one, '<tds:GetUsers/>', { password: 'wrong' });
    expect(site.crowd.totals()).toMatchObject({ failedLogins: 2, failedLoginsPerCameraMax: 2 });
    site.crowd.watchLogins();
    await ask(one, '<tds:GetUsers/>', { password: 'wrong' });
    expect(site.crowd.totals()).toMatchObject({ failedLogins: 3, failedLoginsPerCameraMax: 1 });
  });

  it('all reboot at once', async () => {
    await using site = await openSimulatedSite({ cameras: 4 }, env);
    for (const one of site.cameras) await subscribe(one);
    expect(site.crowd.totals().subscribed).toBe(4);
    site.crowd.reboot(100);
    expect(site.crowd.totals().subscribed).toBe(0);
    const [one] = site.cameras;
    if (!one) throw new Error('no camera');
    await expect(post(one, envelope('<tds:GetServices/>'))).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (const each of site.cameras) expect((await post(each, envelope('<tds:GetServices/>'))).status).toBe(200);
  });
});

describe('four thousand cameras in one process of their own', () => {
  it('each at its address, light, and steered from outside', async () => {
    await using fleet = await openCameraFleet({
      cameras: 4000,
      personalities: ['plain', 'hanwha', 'axis'],
      firstAddress: '127.66.0.1',
      port: 8066,
      discoveryPort: 36702,
    });
    expect(new Set(fleet.facts.cameras.map(({ address }) => address)).size).toBe(4000);
    expect(fleet.facts.cameras.at(-1)?.address).toBe('127.66.15.250:8066');
    // Measured: 263, and 377 while each holds a pull.
    expect(await fleet.rssMiB()).toBeLessThan(400);
    const body = envelope('<tds:GetSystemDateAndTime/>');
    const response = await fetch('http://127.66.15.250:8066/onvif/device_service', { method: 'POST', body });
    expect(await response.text()).toContain('UTCDateTime');
    await fleet.ask({ do: 'trigger', camera: 'cam-4000', topic: 'motion', active: true });
    expect(await fleet.ask({ do: 'show', camera: 'cam-4000' })).toMatchObject({
      personality: 'plain',
      counts: { requests: 1, reported: 1 },
    });
    await fleet.ask({ do: 'fail', camera: '*', fault: 'busy' });
    expect((await fetch('http://127.66.0.1:8066/onvif/device_service', { method: 'POST', body })).status).toBe(503);
    await fleet.ask({ do: 'fail', camera: '*', fault: null });
    await fleet.ask({ do: 'rate', perSecond: 1000, topic: 'motion' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { sent } = (await fleet.ask({ do: 'rate', perSecond: 0, topic: 'motion' })) as { sent: number };
    expect(sent).toBeGreaterThan(100);
    expect(await fleet.ask({ do: 'totals' })).toMatchObject({ cameras: 4000, reported: sent + 1 });
    await expect(fleet.ask({ do: 'explode' })).rejects.toThrow();
    await expect(fleet.ask({ do: 'power', camera: 'nobody', on: true })).rejects.toThrow('no camera nobody');
  }, 60_000);
});
