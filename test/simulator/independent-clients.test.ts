// The virtual cameras as clients see them that were not written here: a strict one that reads by the schema, and one that looks for cameras by multicast.
import { describe, expect, it } from 'vitest';
import { openSimulatedSite } from '#simulator';
import { openCameraFleet } from '../peers/camera-fleet.ts';
import { openWire } from '../peers/network.ts';
import { askByOnvifUtil, type Finding, lookByZeep } from '../peers/onvif-clients.ts';
import { env } from './world.ts';

describe('onvif-zeep, which knows tokens alone, no Digest', () => {
  it.each([
    ['plain', { loginBy: 'either' }, 2],
    ['hanwha', {}, 5],
    ['hikvision', {}, 3],
    ['reolink', {}, 2],
    ['nvr', { loginBy: 'either' }, 64],
  ] as const)(
    '%s',
    async (personality, nature, profiles) => {
      await using site = await openSimulatedSite({ cameras: [{ id: 'one', personality, codec: 'h264', ...nature }] }, env);
      const [one] = site.cameras;
      if (!one) throw new Error('no camera');
      const { host, port, login, identity } = one;
      const found = await lookByZeep({ host, port, ...login }, () => one.trigger({ topic: 'motion', active: true }));
      const of = (what: string): Finding | undefined => found.find((finding) => finding.what === what);
      expect(of('information')).toMatchObject({ model: identity.model, firmware: identity.firmware });
      expect(of('network')).toMatchObject({ mac: identity.mac });
      expect(of('profiles')?.['profiles']).toHaveLength(profiles);
      expect(JSON.stringify(of('profiles'))).not.toContain('null');
      expect(of('addresses')).toMatchObject({
        stream: expect.stringMatching(`^rtsp://${host}:`),
        snapshot: expect.stringMatching(/^http:/),
      });
      expect(of('topics')?.['count']).toBeGreaterThan(0);
      expect(of('message')).toMatchObject({ operation: 'Changed', xml: expect.stringMatching(/Value="(true|1)"/) });
      expect(one.counts.failedLogins).toBe(0);
    },
    300_000,
  );
});

describe('onvif-util, on a wire of its own', () => {
  it('finds all cameras by multicast, logs in and reads what they are', async () => {
    const far = ['10.98.0.11', '10.98.0.12', '10.98.0.13'];
    await using wire = await openWire('10.98.0.1', far);
    await using _fleet = await openCameraFleet({
      cameras: 3,
      personalities: ['tapo', 'reolink', 'axis'],
      firstAddress: '10.98.0.11',
      port: 80,
      namespace: wire.far,
    });
    const all = await askByOnvifUtil(wire.near, ['-a']);
    expect(all).toContain('Found 3 cameras');
    for (const [at, model] of ['C310', 'RLC-810A', 'P3255-LVE'].entries()) expect(all).toMatch(new RegExp(`${far[at]} .*${model}\\)`));
    // It says the same token more than once within a millisecond: cameras that remember tokens refuse it now and then.
    for (const [address, profile] of [
      ['10.98.0.11', 'profile_2'],
      ['10.98.0.12', '001'],
    ] as const) {
      const said = await askByOnvifUtil(
        wire.near,
        ['-u', 'admin', '-p', 'bongsu-sim-1', address],
        ['get time', 'get profiles', 'get rtsp'],
      );
      expect(said).toContain('successfully connected to host');
      expect(said).toContain('Time Offset: 0 seconds');
      expect(said).toContain(profile);
      expect(said).toMatch(new RegExp(`rtsp://.*${address}:`));
    }
  }, 60_000);
});
